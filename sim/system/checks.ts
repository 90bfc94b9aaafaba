/**
 * The invariants of a failover, checked with every write and answer of a run. Who checks rests on
 * what was stored and answered, not on what the functions say of themselves.
 */
import { isMoving } from '../../core/failover/states.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { InvariantId, Violation } from './invariants.ts';
import type { Item } from './items.ts';
import { openRehearsalChecks } from './rehearsalChecks.ts';
import { openStoredChecks } from './storedChecks.ts';
import type { Asked, Caller } from './wire.ts';

export type CheckNeeds = {
  readonly plan: () => WatchPlan;
  readonly nowMs: () => number;
  readonly atMs: () => number;
  readonly found: (violation: Violation) => void;
  /** Whether the record gives a part of its answers to either region. */
  readonly isShared: () => boolean;
};

/** The longest that a move may stand between two steps, with all retries of its machine. */
const MOVE_MS_MAX = 900_000;

/** Three minutes of silence, a look each minute, and one more for where clients are sent. */
const CHARGED_MS_MAX = 480_000;

/** The facts are read every minute, and asked for again where that failed. */
const UNPROVED_MS = 150_000;

type Stored = ReturnType<typeof openStoredChecks>;
type Watching = {
  readonly plan: () => WatchPlan;
  readonly fail: (invariant: InvariantId, what: string) => void;
  readonly state: Stored['state'];
  /** Whether a part of the answers may be elsewhere now. */
  readonly shared: () => boolean;
};

/** What the name servers and the switch objects say. */
const openAnswerChecks = ({ plan, fail, state, shared }: Watching) => {
  const answers = new Map<number, string>();
  const objects = new Map<string, { epoch: number; state: string }>();
  let zoneEpoch = -1;

  /** What the name servers answer, with the epoch that stands beside it. */
  const answered = (values: readonly string[], epoch: number | null): void => {
    const { targets, switch: chosen } = plan();
    const known = targets.flatMap(({ answers: each }) => [
      ...(each.A ?? []),
      ...(each.CNAME ?? []),
    ]);
    if (values.length === 0) fail('I1', 'the record has no answer');
    const foreign = values.filter((value) => !known.includes(value));
    if (foreign.length > 0) fail('I1', `${foreign.join(' ')} belongs to no region of the service`);
    if (epoch === null || chosen.driver === 'quorum') return;
    if (epoch < zoneEpoch) fail('I8', `the zone went from epoch ${zoneEpoch} to ${epoch}`);
    zoneEpoch = Math.max(zoneEpoch, epoch);
    const text = [...values].sort().join(' ');
    const before = answers.get(epoch);
    const shares = shared() || state()?.execution?.cause === 'failback';
    if (before !== undefined && before !== text && !shares) {
      fail('I6', `epoch ${epoch} answered ${before}, now ${text}`);
    }
    // What is shared out is chosen anew for each question.
    if (!shares) answers.set(epoch, text);
  };

  /** A switch object as it is after a write; null where there is none. */
  const switched = (region: string, body: unknown): void => {
    const known = objects.get(region);
    if (body === null) {
      if (known) fail('I9', `the switch object in ${region} is gone`);
      return;
    }
    const { epoch, state: side } = Object(body);
    if (known && epoch < known.epoch)
      fail('I8', `the switch in ${region} went from epoch ${known.epoch} to ${epoch}`);
    if (known && epoch === known.epoch && side !== known.state) {
      fail('I6', `the switch in ${region} said ${known.state} at epoch ${epoch}, now ${side}`);
    }
    objects.set(region, { epoch, state: side });
  };

  return { answered, switched };
};

/** Functions that a move waits for. */
const PATH = new Set(['evaluate', 'acquire-lease', 'scale-standby', 'flip', 'verify', 'finish']);
const checkAsked = (
  { plan, fail, state }: Watching,
  { region, service: called, operation }: Asked,
  { part, event, region: own }: Caller,
): void => {
  // Nobody waits for what is only tried out, and a shadow has a switch of its own.
  const { service, detail, preflight } = Object(event());
  const about: unknown = service ?? Object(detail).service ?? plan().service;
  if (about !== plan().service || preflight === true) return;
  const execution = state()?.execution;
  const { switch: chosen } = plan();
  if (chosen.driver !== 'quorum' || !PATH.has(part) || execution?.cause !== 'down') return;
  // Whoever runs in the lost region is not waited for: it is the controller that is not in charge, if it runs at all.
  if (plan().controllers !== undefined && own === region) return;
  const isSwitch = called === 's3' && chosen.objects.some((object) => object.region === region);
  if (isSwitch) return;
  if (region === 'us-east-1' || region === execution.from) {
    fail('I11', `${part} called ${called} ${operation} in ${region}`);
  }
};

export const openChecks = ({ plan, nowMs, atMs, found, isShared }: CheckNeeds) => {
  const said = new Set<InvariantId>();
  const fail = (invariant: InvariantId, what: string): void => {
    if (said.has(invariant)) return;
    said.add(invariant);
    found({ invariant, atMs: atMs(), what });
  };
  const { wrote: wroteState, proved, state: stored, charged } = openStoredChecks(plan, fail);
  const rehearsals = openRehearsalChecks({ plan, state: stored, fail, isShared });
  const watching = { plan, fail, state: stored, shared: rehearsals.shared };
  const wrote = (region: string, item: Item): void => {
    wroteState(region, item);
    rehearsals.wrote(item);
  };
  const { answered, switched } = openAnswerChecks(watching);
  const asked = (call: Asked, caller: Caller): void => checkAsked(watching, call, caller);

  /** Regions to which traffic may be sent now, by what is stored. */
  const eligible = (): readonly string[] => {
    const state = stored();
    if (state === null) return [plan().primary];
    const { execution, phase, phaseSinceMs, active, other } = state;
    // A move that was not proved: a person was called, and where clients are sent is read within
    // the next minutes.
    const unproved = !proved() && nowMs() - phaseSinceMs < UNPROVED_MS;
    const open =
      execution !== null || isMoving(phase) || phase === 'HOLD' || unproved || rehearsals.shared();
    return open ? [active, other] : [active];
  };

  /** At rest or under way: a move that stands still for longer than it may is left in the middle. */
  const settled = (quietMs: number): void => {
    if (quietMs > CHARGED_MS_MAX) charged();
    rehearsals.settled(quietMs);
    const state = stored();
    if (state === null || !isMoving(state.phase)) return;
    const forMs = nowMs() - state.phaseSinceMs;
    if (forMs > MOVE_MS_MAX) fail('settles', `${state.phase} for ${Math.round(forMs / 1_000)} s`);
  };

  const served = (region: string | undefined, eligibleThen: readonly string[]): void => {
    if (region !== undefined && eligibleThen.includes(region)) return;
    fail(
      'served',
      `a client was sent to ${region ?? 'nobody'} while ${eligibleThen.join(' or ')} was eligible`,
    );
  };

  return {
    ...{ wrote, eligible, answered, switched, asked, settled, served, state: stored },
    ...{ removed: rehearsals.removed, rehearsed: rehearsals.ended, rehearsals: rehearsals.told },
  };
};

export type Checks = ReturnType<typeof openChecks>;
