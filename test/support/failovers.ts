/**
 * A service in two regions as the failover decisions see it: settings, votes, facts, and a driver.
 */
import { type Decision, type DecisionInput, decide } from '../../core/evidence/decision.ts';
import { reduce } from '../../core/failover/machine.ts';
import type { FailoverSettings } from '../../core/failover/settings.ts';
import { type Action, type Event, initialState, type State } from '../../core/failover/states.ts';
import { type Facts, NO_FACTS } from '../../core/failover/view.ts';
import type { HealthSettings } from '../../core/health/settings.ts';
import { judgeRegion } from '../../core/health/verdict.ts';
import type { Vote } from '../../core/health/vote.ts';
import { DEFAULTS } from './traces.ts';

export const HOME = 'eu-west-1';
export const STANDBY = 'eu-central-1';
export const OBSERVERS = ['us-east-2', 'ap-northeast-1', 'sa-east-1', 'eu-north-1', 'ca-central-1'];
export const START_MS = Date.UTC(2026, 10, 20, 12);

export const settingsWith = (over: Partial<FailoverSettings> = {}): FailoverSettings => ({
  service: 'shop',
  mode: 'auto',
  failback: 'manual',
  confirm: { downMs: 30_000, degradedMs: 300_000, unstableMs: 600_000 },
  suspectMs: 7_500,
  clearMs: 120_000,
  rpoMs: 60_000,
  cooldownMs: 1_800_000,
  perDay: 2,
  maintenance: [],
  timeZone: 'UTC',
  evidenceMs: 30_000,
  approvalTtlMs: 900_000,
  lease: { ttlMs: 30_000, skewMs: 2_000 },
  soakMs: 1_800_000,
  homeUpMs: 7_200_000,
  replicated: true,
  managedCapacity: true,
  residency: ['EU'],
  driver: 'quorum',
  ttlMs: 60_000,
  ...over,
});

export const goodFacts = (nowMs: number): Facts => ({
  replicationMs: { value: 1_200, source: 'heartbeat table', atMs: nowMs },
  capacity: { value: { ready: 4, wanted: 4, scalable: true }, source: 'ECS', atMs: nowMs },
  preflight: { value: { writable: 3, needed: 2, of: 3 }, source: 'S3', atMs: nowMs },
  digests: { value: { active: 'sha256:a', other: 'sha256:a' }, source: 'ECS', atMs: nowMs },
  deployInProgress: { value: false, source: 'ECS', atMs: nowMs },
});

/** `STEADY` is UP for so long that the p95 is known, and well within the budget. */
export type Opinion = Vote['vote'] | 'DOUBT' | 'STEADY';

const STEADY_P95_MS = 40;

/** The same opinion from every observer, or one from each; `forMs` is how long it has lasted. */
export const votesOn = (
  target: string,
  opinions: Opinion | readonly Opinion[],
  nowMs: number,
  forMs = 60_000,
): Vote[] =>
  OBSERVERS.map((observer, index) => {
    const opinion = typeof opinions === 'string' ? opinions : (opinions[index] ?? 'ABSTAIN');
    const doubt = opinion === 'DOUBT';
    const steady = opinion === 'STEADY';
    return {
      observer,
      target,
      atMs: nowMs,
      vote: doubt || steady ? 'UP' : opinion,
      reason: opinion === 'ABSTAIN' ? 'canary-failed' : null,
      sinceMs: opinion === 'ABSTAIN' ? null : nowMs - (doubt ? 3_600_000 : forMs),
      doubtSinceMs: doubt ? nowMs - forMs : null,
      p95Ms: steady ? STEADY_P95_MS : null,
      lastFailure: null,
    };
  });

/** What each observer says of both regions at a moment, one list of two votes each. */
export const voices = (
  nowMs: number,
  home: Opinion,
  forMs: number,
  standby: Opinion = 'UP',
): Vote[][] => {
  const [first, second] = [votesOn(HOME, home, nowMs, forMs), votesOn(STANDBY, standby, nowMs)];
  return OBSERVERS.map((_name, index) => [first[index]!, second[index]!]);
};

export type Situation = {
  active: Opinion | readonly Opinion[];
  other?: Opinion | readonly Opinion[];
  /** How long the active region has been so. */
  forMs?: number;
  otherForMs?: number;
};

/** Everything a decision needs, in the state given. */
export const inputAt = (
  state: State,
  nowMs: number,
  { active, other = 'UP', forMs = 60_000, otherForMs = 86_400_000 }: Situation,
  over: { settings?: Partial<FailoverSettings>; facts?: Partial<Facts> } = {},
): DecisionInput => ({
  nowMs,
  health: DEFAULTS,
  settings: settingsWith(over.settings),
  observers: OBSERVERS,
  areas: { active: 'EU', other: 'EU' },
  state,
  votes: [
    ...votesOn(state.active, active, nowMs, forMs),
    ...votesOn(state.other, other, nowMs, otherForMs),
  ],
  facts: { ...goodFacts(nowMs), ...over.facts },
});

/** A state of suspicion in which a decision is due. */
export const evaluating = (over: Partial<State> = {}): State => ({
  ...initialState(HOME, STANDBY, START_MS - 86_400_000),
  phase: 'EVALUATE',
  cause: 'down',
  troubleSinceMs: START_MS - 60_000,
  clearSinceMs: null,
  episodes: 1,
  ...over,
});

export type Told = { atMs: number; action: Action };

/** How the outside answers the actions of a machine; each may be replaced. */
export type Outside = {
  facts: (nowMs: number) => Facts;
  lease: boolean;
  enough: boolean;
  flipDone: boolean;
  verified: boolean;
  oldSideNoWorse: boolean;
  rolledBack: boolean;
};

export const WELL: Outside = {
  facts: goodFacts,
  lease: true,
  enough: true,
  flipDone: true,
  verified: true,
  oldSideNoWorse: true,
  rolledBack: true,
};

/** A machine with an outside that answers at once; collects all actions and decisions. */
export const drive = (
  settings: FailoverSettings,
  outside: Partial<Outside> = {},
  { health, observers }: { health: HealthSettings; observers: readonly string[] } = {
    health: DEFAULTS,
    observers: OBSERVERS,
  },
) => {
  const around = { ...WELL, ...outside };
  let state = initialState(HOME, STANDBY, START_MS);
  const told: Told[] = [];
  const decisions: Decision[] = [];
  const inputs: DecisionInput[] = [];
  let votes: Vote[] = [];

  const answer = (action: Action, nowMs: number): Event | null => {
    if (action.do === 'plan') {
      const input = {
        nowMs,
        health,
        settings,
        observers,
        areas: { active: 'EU', other: 'EU' },
        state,
        votes,
        facts: around.facts(nowMs),
      };
      const decision = decide(input);
      decisions.push(decision);
      inputs.push(input);
      const decisionId = `decision-${decisions.length}`;
      return { kind: 'planned', nowMs, epoch: state.epoch, decisionId, plan: decision.plan };
    }
    if (!('execution' in action) || action.do === 'finish') return null;
    const result = { nowMs, execution: action.execution.name };
    const why = 'as told';
    switch (action.do) {
      case 'start':
        return { kind: 'lease', won: around.lease, ...result };
      case 'fence':
        return { kind: 'fenced', ...result };
      case 'scale':
        return { kind: 'scaled', enough: around.enough, why, ...result };
      case 'flip':
        return { kind: 'flipped', done: around.flipDone, why, ...result };
      case 'verify': {
        const { verified: ok, oldSideNoWorse } = around;
        return { kind: 'verified', ok, oldSideNoWorse, why, ...result };
      }
      default:
        return { kind: 'rolledBack', done: around.rolledBack, why, ...result };
    }
  };

  const send = (event: Event): void => {
    const step = reduce(state, event, settings);
    state = step.state;
    told.push(...step.actions.map((action) => ({ atMs: event.nowMs, action })));
    for (const action of step.actions) {
      const reply = answer(action, event.nowMs);
      if (reply !== null) send(reply);
    }
  };

  /** The votes of a moment, about both regions. */
  const hear = (nowMs: number, some: Vote[]): void => {
    votes = some;
    const judge = (region: string) => judgeRegion(region, votes, observers, nowMs, health);
    send({ kind: 'verdicts', nowMs, active: judge(state.active), other: judge(state.other) });
  };

  /** Both regions as a situation has them, by votes cast now. */
  const see = (nowMs: number, situation: Situation): void => {
    const { active, other = 'UP', forMs = 60_000, otherForMs = 86_400_000 } = situation;
    hear(nowMs, [
      ...votesOn(state.active, active, nowMs, forMs),
      ...votesOn(state.other, other, nowMs, otherForMs),
    ]);
  };

  const did = (kind: Action['do']): Told[] => told.filter(({ action }) => action.do === kind);
  const notices = (): string[] =>
    told.flatMap(({ action }) => (action.do === 'notify' ? [action.notice] : []));
  return { send, see, hear, did, notices, told, decisions, inputs, around, state: () => state };
};

export const nothingKnown = (): Facts => NO_FACTS;
