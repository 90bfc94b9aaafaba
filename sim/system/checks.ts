/**
 * The invariants of a failover, checked with every write and answer of a run. Who checks rests on
 * what was stored and answered, not on what the functions say of themselves.
 */

import { canonicalJson } from '../../core/evidence/canonical.ts';
import { type Decision, type DecisionInput, decide } from '../../core/evidence/decision.ts';
import { reproduces } from '../../core/evidence/replay.ts';
import type { State } from '../../core/failover/states.ts';
import { continentOf } from '../../core/health/continents.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Item } from './tables.ts';
import type { Asked, Caller } from './wire.ts';

export type InvariantId =
  | 'I1'
  | 'I2'
  | 'I3'
  | 'I4'
  | 'I5'
  | 'I6'
  | 'I7'
  | 'I8'
  | 'I9'
  | 'I11'
  | 'served'
  | 'kept'
  | 'settles';

export type Violation = {
  readonly invariant: InvariantId;
  /** Milliseconds from the start of the trace. */
  readonly atMs: number;
  readonly what: string;
};

export const INVARIANTS: Readonly<Record<InvariantId, string>> = {
  I1: 'never an empty answer, nor one of nobody',
  I2: 'at most one holder per epoch',
  I3: 'no flip without fresh evidence of a quorum',
  I4: 'at most as many automatic flips in 24 hours as are allowed',
  I5: 'no failback by itself',
  I6: 'what an epoch has set, nothing else of that epoch changes',
  I7: 'a decision is reproduced bit for bit from what is stored of it',
  I8: 'an older epoch never replaces a younger one',
  I9: 'what answers is never deleted',
  I11: 'nothing that moves traffic calls the region that is lost, nor us-east-1',
  served: 'a client is served by a region that was eligible when its name was answered',
  kept: 'what a verified flip wrote is not lost',
  settles: 'no move is left in the middle',
};

type Needs = {
  readonly plan: () => WatchPlan;
  readonly nowMs: () => number;
  readonly atMs: () => number;
  readonly found: (violation: Violation) => void;
};

const DAY_MS = 86_400_000;
const QUORUM_CONTINENTS = 2;
/** The longest that a move may stand between two steps, with all retries of its machine. */
const MOVE_MS_MAX = 900_000;

const storedIn = (item: Item): unknown => JSON.parse(String(item['value']?.['S'] ?? 'null'));

const MOVING = new Set([
  'ACQUIRE',
  'FENCE',
  'SCALE',
  'FLIP',
  'VERIFY',
  'ROLLBACK_FLIP',
  'FAILBACK_SHIFT',
]);

/** Whether those who spoke against the active region were enough, counted here once more. */
const quorumFault = ({
  votes,
  observers,
  health,
  settings,
  state,
  nowMs,
}: DecisionInput): string | null => {
  const against = votes.filter(
    (vote) =>
      vote.target === state.active &&
      observers.includes(vote.observer) &&
      vote.observer !== state.active &&
      (vote.vote === 'DOWN' || vote.vote === 'DEGRADED') &&
      nowMs - vote.atMs <= settings.evidenceMs,
  );
  const eligible = votes.filter(
    (vote) =>
      vote.target === state.active &&
      vote.vote !== 'ABSTAIN' &&
      vote.observer !== state.active &&
      nowMs - vote.atMs <= settings.evidenceMs,
  );
  const least = health.quorum.kind === 'share' ? health.quorum.eligibleMin : health.quorum.votes;
  if (eligible.length < least) return `${eligible.length} of ${least} observers had fresh votes`;
  const share =
    health.quorum.kind === 'share' ? health.quorum.share * eligible.length : health.quorum.votes;
  if (against.length + 1e-9 < share)
    return `${against.length} of ${eligible.length} spoke against it`;
  const continentsOf = (some: typeof votes) =>
    new Set(some.map(({ observer }) => continentOf(observer))).size;
  if (continentsOf(eligible) < QUORUM_CONTINENTS) return null;
  return continentsOf(against) < QUORUM_CONTINENTS ? 'they stand on one continent' : null;
};

export const openChecks = ({ plan, nowMs, atMs, found }: Needs) => {
  const holders = new Map<number, string>();
  const decisions = new Map<string, { input: DecisionInput; decision: Decision }>();
  const answers = new Map<number, string>();
  const objects = new Map<string, { epoch: number; state: string }>();
  const said = new Set<InvariantId>();
  let state: State | null = null;
  let zoneEpoch = -1;
  let verified: { epoch: number; active: string } | null = null;

  const fail = (invariant: InvariantId, what: string): void => {
    if (said.has(invariant)) return;
    said.add(invariant);
    found({ invariant, atMs: atMs(), what });
  };

  const onLease = (value: unknown): void => {
    const { epoch, holder } = Object(value);
    if (typeof epoch !== 'number' || typeof holder !== 'string' || holder === 'nobody') return;
    const known = holders.get(epoch);
    if (known !== undefined && known !== holder) {
      fail('I2', `epoch ${epoch} was held by ${known}, now by ${holder}`);
    }
    holders.set(epoch, holder);
  };

  const onDecision = (value: unknown, id: string): void => {
    const { input, decision }: { input: DecisionInput; decision: Decision } = Object(value);
    const { same, differences } = reproduces(input, decision);
    if (!same) fail('I7', `decision ${id}: ${differences.join('; ')}`);
    if (canonicalJson(decide(input)) !== canonicalJson(decision))
      fail('I7', `decision ${id} differs`);
    decisions.set(id, { input, decision });
  };

  const onFlip = (next: State, flip: State['flips'][number]): void => {
    const { failover } = plan();
    const execution = next.execution;
    if (
      failover.failback === 'manual' &&
      flip.to === next.home &&
      flip.automatic &&
      execution?.cause === 'failback'
    ) {
      fail('I5', `${flip.to} was moved back to at epoch ${flip.epoch} by nobody's order`);
    }
    const lastDay = next.flips.filter((each) => each.automatic && flip.atMs - each.atMs < DAY_MS);
    if (failover.perDay !== null && lastDay.length > failover.perDay) {
      fail('I4', `${lastDay.length} automatic flips within a day`);
    }
    if (!flip.automatic || execution === null) return;
    const known = decisions.get(execution.decisionId);
    if (known === undefined) {
      fail('I3', `the decision ${execution.decisionId} of ${execution.name} is not kept`);
      return;
    }
    const { cause } = known.decision;
    const fault = cause === 'down' || cause === 'degraded' ? quorumFault(known.input) : null;
    if (fault !== null) fail('I3', `${execution.name} moved, and ${fault}`);
  };

  const onState = (value: unknown): void => {
    const next: State = Object(value).state;
    const before = state;
    state = next;
    if (before === null) return;
    if (next.epoch < before.epoch)
      fail('I8', `the state went from epoch ${before.epoch} to ${next.epoch}`);
    for (const flip of next.flips) {
      if (!before.flips.some(({ epoch }) => epoch === flip.epoch)) onFlip(next, flip);
    }
    if (before.flips.length > next.flips.length && next.flips.length < 50) {
      fail('kept', `flips of the state were lost: ${before.flips.length} to ${next.flips.length}`);
    }
    if (before.phase === 'VERIFY' && !MOVING.has(next.phase)) {
      verified = { epoch: next.epoch, active: next.active };
    }
    if (verified && next.epoch === verified.epoch && next.active !== verified.active) {
      fail(
        'kept',
        `epoch ${verified.epoch} was verified for ${verified.active} and says ${next.active}`,
      );
    }
  };

  const wrote = (_region: string, item: Item): void => {
    const [pk = '', sk = ''] = [item['pk']?.['S'], item['sk']?.['S']].map(String);
    if (!pk.endsWith(`#${plan().service}`)) return;
    if (sk === 'LEASE') onLease(storedIn(item));
    else if (sk === 'STATE') onState(storedIn(item));
    else if (pk.startsWith('DECISION#')) onDecision(storedIn(item), sk);
  };

  /** Regions to which traffic may be sent now, by what is stored. */
  const eligible = (): readonly string[] => {
    if (state === null) return [plan().primary];
    const { execution, phase, active, other } = state;
    return execution !== null || MOVING.has(phase) ? [active, other] : [active];
  };

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
    const shares = state?.execution?.cause === 'failback';
    if (before !== undefined && before !== text && !shares) {
      fail('I6', `epoch ${epoch} answered ${before}, now ${text}`);
    }
    answers.set(epoch, text);
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

  /** Functions that a move waits for. */
  const PATH = new Set(['evaluate', 'acquire-lease', 'scale-standby', 'flip', 'verify', 'finish']);
  const asked = ({ region, service, operation }: Asked, { part }: Caller): void => {
    const { switch: chosen } = plan();
    if (chosen.driver !== 'quorum' || !PATH.has(part) || state?.execution?.cause !== 'down') return;
    const isSwitch = service === 's3' && chosen.objects.some((object) => object.region === region);
    if (isSwitch) return;
    if (region === 'us-east-1' || region === state.execution.from) {
      fail('I11', `${part} called ${service} ${operation} in ${region}`);
    }
  };

  /** At rest or under way: a move that stands still for longer than it may is left in the middle. */
  const settled = (): void => {
    if (state === null || !MOVING.has(state.phase)) return;
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

  return { wrote, eligible, answered, switched, asked, settled, served, state: () => state };
};

export type Checks = ReturnType<typeof openChecks>;
