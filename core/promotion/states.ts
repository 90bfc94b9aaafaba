/** What a promotion remembers, sees and does: plain data, handed from one step to the next. */
import type { Comparison, GateView } from './gate.ts';

/** `rollback` undoes an earlier promotion; the other two make one. */
export type Mode = 'canary' | 'bluegreen' | 'rollback';

export type Role = 'staging' | 'standby' | 'primary';

export type PlaceStage =
  | 'waiting'
  /** The new version is started beside the old one, and gets no traffic. */
  | 'raise'
  /** A share of the traffic goes to it; the last share is all of it, and the old version stays. */
  | 'shift'
  /** The service itself takes the new version on, behind the one that serves meanwhile. */
  | 'settle'
  /** The service serves; what served meanwhile is taken away. */
  | 'lower'
  | 'done'
  /** All traffic is on its way back to the old version. */
  | 'revert'
  /** The service itself goes back to the old version. */
  | 'restore'
  | 'reverted'
  /** Runs what was wanted already, or something that this promotion did not put there. */
  | 'kept';

export type PlaceMemory = {
  readonly role: Role;
  readonly region: string;
  readonly stage: PlaceStage;
  /** Task definitions: of the old version, and of the new one once it is registered. */
  readonly before: string | null;
  readonly after: string | null;
};

export type Ending = {
  readonly kind: 'ROLLED_BACK' | 'INTERRUPTED' | 'FAILED';
  readonly why: string;
};

export type PromotionMemory = {
  readonly mode: Mode;
  /** Of the image that is promoted, or undone. */
  readonly digest: string;
  /** One more with every step: a step that is late changes nothing. */
  readonly seq: number;
  readonly startedAtMs: number;
  readonly places: readonly PlaceMemory[];
  /** The place that is worked on. There is never more than one. */
  readonly at: number;
  /** Index of the share in `PromotionLimits.shares`. */
  readonly share: number;
  readonly sinceMs: number;
  /**
   * Whether what this stage or share is for was ordered. A deployment that is not there then, ECS gave up;
   * a share that is there then, is watched from now on.
   */
  readonly ordered: boolean;
  /** What was measured at this share. */
  readonly measured: readonly Comparison[];
  /** Why it does not go on; null while it does. */
  readonly ending: Ending | null;
  readonly over: boolean;
};

export type ServiceSeen = {
  readonly definition: string;
  /** Digest of the image that the definition names; null where it names none. */
  readonly digest: string | null;
  readonly desired: number;
  /** Tasks of the definition that run and that the load balancer finds healthy. */
  readonly ready: number;
  readonly rollout: 'done' | 'under-way' | 'failed';
  /** What ECS said last. */
  readonly said: string | null;
};

/** The place that is worked on, and what speaks against going on. */
export type PromotionSeen = {
  readonly nowMs: number;
  readonly main: ServiceSeen;
  /** The service beside it that runs the new version meanwhile; null in staging, which has none. */
  readonly next: ServiceSeen | null;
  /** Percent of the traffic that goes to `next`; null where nothing is shared. */
  readonly percent: number | null;
  /** What observers say against the region; null when nothing. */
  readonly trouble: string | null;
  /** A failover, a suspicion, a rehearsal: whatever must have the place for itself. */
  readonly stopper: string | null;
  /** A person has ordered it to be undone. */
  readonly undo: boolean;
  /** Of what was measured at this share, this step's included. */
  readonly gate: GateView;
};

export type PromotionLimits = {
  /** Percent of the traffic, rising from 0 to 100. */
  readonly shares: readonly number[];
  /** How long each share is watched, and the last one. */
  readonly holdMs: number;
  readonly soakMs: number;
  /** Longest start of a version, and longest wait for a gate that cannot be judged. */
  readonly deployMs: number;
  readonly gateMs: number;
};

export type PromotionDeed =
  /** Registers a task definition with the new image. */
  | { readonly do: 'register' }
  /** Runs the new version beside the old one, as many tasks as that has. */
  | { readonly do: 'raise'; readonly tasks: number }
  | { readonly do: 'share'; readonly percent: number }
  /** Has the service run a definition. */
  | { readonly do: 'deploy'; readonly definition: string }
  | { readonly do: 'lower' };

export type PromotionStep = {
  readonly memory: PromotionMemory;
  readonly deeds: readonly PromotionDeed[];
};

/** How it stands, in one word. */
export type PromotionOutcome = 'RUNNING' | 'PROMOTED' | Ending['kind'];

export const outcomeOf = ({ over, ending }: PromotionMemory): PromotionOutcome =>
  over ? (ending?.kind ?? 'PROMOTED') : 'RUNNING';

/** Shares of a mode. The new version is first looked at while it has no traffic. */
export const sharesOf = (mode: Mode, canary: readonly number[]): number[] => {
  const between = mode === 'canary' ? canary.filter((percent) => percent > 0 && percent < 100) : [];
  return [0, ...between, 100];
};

/** Staging, then the standby, then the primary. */
const ORDER: Readonly<Record<Role, number>> = { staging: 0, standby: 1, primary: 2 };

export const startPromotion = (
  { mode, digest }: { readonly mode: Exclude<Mode, 'rollback'>; readonly digest: string },
  places: readonly { readonly role: Role; readonly region: string }[],
  nowMs: number,
): PromotionMemory => ({
  mode,
  digest,
  seq: 0,
  startedAtMs: nowMs,
  places: places
    .toSorted((a, b) => ORDER[a.role] - ORDER[b.role])
    .map(({ role, region }) => ({ role, region, stage: 'waiting', before: null, after: null })),
  at: 0,
  share: 0,
  sinceMs: nowMs,
  ordered: false,
  measured: [],
  ending: null,
  over: places.length === 0,
});

/** Undoes what an earlier promotion did, the place that serves first. */
export const startRollback = (
  { digest, places, seq }: PromotionMemory,
  why: string,
  nowMs: number,
): PromotionMemory => {
  const at = places.findLastIndex(({ stage, before }) => stage === 'done' && before !== null);
  return {
    mode: 'rollback',
    digest,
    seq,
    startedAtMs: nowMs,
    places: places.map((place, index) => (index === at ? { ...place, stage: 'restore' } : place)),
    at: Math.max(0, at),
    share: 0,
    sinceMs: nowMs,
    ordered: false,
    measured: [],
    ending: { kind: 'ROLLED_BACK', why },
    over: at < 0,
  };
};
