/**
 * Driver `quorum`: one object in each of three regions, read by health checks of which two must
 * find `"state":"standby"` in it. A flip rewrites the objects, each by a conditional put, and never
 * deletes one: the object carries the epoch on which the next condition rests, and a put on an
 * absent object is the one write that a stale executor could still win.
 */
import { canonicalJson } from '../evidence/canonical.ts';
import type { Serving } from './view.ts';

/** What a switch object says: which side may serve. */
export type SwitchState = 'home' | 'standby';

export type SwitchBody = {
  readonly state: SwitchState;
  readonly epoch: number;
  readonly decisionId: string;
  readonly evidenceHash: string;
  /** A rehearsal sends clients to the standby: whoever takes charge meanwhile brings them home. */
  readonly rehearsal?: true;
  /** When a person should look at it again. Nothing deletes or ignores the object after it. */
  readonly expiresAtMs: number;
};

/** The text that the endpoint checks search for; it lies in the first 5,120 bytes. */
export const ASSERTED_TEXT = '"state":"standby"';

/** Canonical JSON with a signature over the rest. */
export const switchText = (body: SwitchBody, sign: (text: string) => string): string =>
  canonicalJson({ ...body, signature: sign(canonicalJson(body)) });

/** A switch as it was read; `etag` is null when there is no object, `epoch` too. */
export type FoundSwitch = {
  readonly region: string;
  readonly reachable: boolean;
  readonly etag: string | null;
  readonly epoch: number | null;
  readonly decisionId: string | null;
  readonly state: SwitchState | null;
  readonly rehearsal?: boolean;
};

export type SwitchWrite = {
  readonly region: string;
  readonly condition: { readonly ifMatch: string } | { readonly ifNoneMatch: '*' };
};

export type SwitchPlan =
  | {
      readonly kind: 'write';
      readonly writes: readonly SwitchWrite[];
      /** Regions that already say so at this epoch. */
      readonly done: readonly string[];
      readonly needed: number;
    }
  | { readonly kind: 'superseded'; readonly why: string };

/** A majority: 2 of 3. */
export const switchesNeeded = (switches: number): number => Math.floor(switches / 2) + 1;

/** Which switches to write, and under which conditions, for `body` to hold. */
export const planSwitchWrites = (found: readonly FoundSwitch[], body: SwitchBody): SwitchPlan => {
  const newer = found.find(({ epoch }) => epoch !== null && epoch > body.epoch);
  if (newer) {
    return {
      kind: 'superseded',
      why: `${newer.region} is at epoch ${newer.epoch}, this flip is ${body.epoch}`,
    };
  }
  const isDone = ({ epoch, decisionId, state }: FoundSwitch) =>
    epoch === body.epoch && decisionId === body.decisionId && state === body.state;
  const writes = found
    .filter((each) => each.reachable && !isDone(each))
    .map(({ region, etag }) => ({
      region,
      condition: etag === null ? { ifNoneMatch: '*' as const } : { ifMatch: etag },
    }));
  return {
    kind: 'write',
    writes,
    done: found.filter(isDone).map(({ region }) => region),
    needed: switchesNeeded(found.length),
  };
};

/** A switch as it was read, with what stands in it. */
export type SwitchText = FoundSwitch & { readonly text: string | null };

/**
 * What gives switches that missed the flip to `epoch`, or were lost since, the text of the majority
 * again, each only over what was found. Without it the standby serves on with nothing to spare.
 * Nothing is written where no majority holds that epoch.
 */
export const planSwitchMend = (
  found: readonly SwitchText[],
  epoch: number,
): (SwitchWrite & { readonly text: string })[] => {
  const needed = switchesNeeded(found.length);
  const isHeld = ({ text }: SwitchText) =>
    found.filter((each) => each.epoch === epoch && each.text === text).length >= needed;
  const text = found.find(isHeld)?.text ?? null;
  if (text === null) return [];
  return found
    .filter((each) => each.reachable && (each.epoch ?? -1) < epoch)
    .map(({ region, etag }) => ({
      region,
      text,
      condition: etag === null ? { ifNoneMatch: '*' as const } : { ifMatch: etag },
    }));
};

export type WriteResult = {
  readonly region: string;
  readonly result: 'written' | 'condition-failed' | 'failed';
};

/** Whether enough switches say so now. A refused condition means that another executor wrote. */
export const judgeSwitchWrites = (
  plan: Extract<SwitchPlan, { kind: 'write' }>,
  results: readonly WriteResult[],
): { readonly done: boolean; readonly superseded: boolean; readonly why: string } => {
  const written = results.filter(({ result }) => result === 'written').length;
  const refused = results.filter(({ result }) => result === 'condition-failed').length;
  const holding = plan.done.length + written;
  return {
    done: holding >= plan.needed,
    superseded: refused > 0 && holding < plan.needed,
    why: `${holding} switches hold it, ${plan.needed} are needed; ${refused} refused by condition`,
  };
};

/** Where a majority of the switches send clients at one epoch; null where there is no such majority. */
export const servingOf = (
  found: readonly FoundSwitch[],
  regions: Readonly<Record<SwitchState, string>>,
): Serving | null => {
  for (const { epoch, state, rehearsal = false } of found) {
    if (epoch === null || state === null) continue;
    const agreeing = found.filter((each) => each.epoch === epoch && each.state === state).length;
    if (agreeing < switchesNeeded(found.length)) continue;
    return { region: regions[state], epoch, ...(rehearsal ? { rehearsal } : {}) };
  }
  return null;
};
