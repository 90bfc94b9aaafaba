/** The invariants of what is stored: leases, decisions, and the state with its flips. */

import { canonicalJson } from '../../core/evidence/canonical.ts';
import { type Decision, type DecisionInput, decide } from '../../core/evidence/decision.ts';
import { reproduces } from '../../core/evidence/replay.ts';
import { isIdle } from '../../core/failover/charge.ts';
import type { State } from '../../core/failover/states.ts';
import { continentOf } from '../../core/health/continents.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { openControllerChecks } from './controllerChecks.ts';
import type { InvariantId } from './invariants.ts';
import type { Item } from './items.ts';

/** Of so many flips the oldest are forgotten. */
const FLIPS_KEPT = 50;
const DAY_MS = 86_400_000;
const QUORUM_CONTINENTS = 2;
const storedIn = (item: Item): unknown => JSON.parse(String(item['value']?.['S'] ?? 'null'));

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

type Fail = (invariant: InvariantId, what: string) => void;
type Decisions = Map<string, { input: DecisionInput; decision: Decision }>;

type FlipNeeds = {
  readonly plan: () => WatchPlan;
  readonly fail: Fail;
  readonly decisions: Decisions;
};

/** A flip that has been written into the state. */
const onFlip = (
  { plan, fail, decisions }: FlipNeeds,
  before: State,
  next: State,
  flip: State['flips'][number],
): void => {
  const { failover } = plan();
  const execution = next.execution;
  if (
    failover.failback === 'manual' &&
    flip.to === next.home &&
    flip.automatic &&
    execution?.cause === 'failback' &&
    // The way home of a rehearsal, of which its own controller was lost, is part of what was ordered.
    before.leftAway !== true
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

export const openStoredChecks = (plan: () => WatchPlan, fail: Fail) => {
  const holders = new Map<number, string>();
  const decisions: Decisions = new Map();
  const controllers = openControllerChecks(fail);
  let verified: { epoch: number; active: string } | null = null;

  const onLease = (region: string, value: unknown): void => {
    const { epoch, holder, controller } = Object(value);
    controllers.leased(region, { epoch, controller });
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

  const onState = (region: string, value: unknown): void => {
    const next: State = Object(value).state;
    const before = controllers.before(region);
    controllers.stated(region, next);
    if (before === null) return;
    if (next.epoch < before.epoch)
      fail('I8', `the state went from epoch ${before.epoch} to ${next.epoch}`);
    for (const flip of next.flips) {
      if (!before.flips.some(({ epoch }) => epoch === flip.epoch))
        onFlip({ plan, fail, decisions }, before, next, flip);
    }
    const proof = verified;
    const missing = before.flips.find(
      ({ epoch }) =>
        proof !== null &&
        epoch <= proof.epoch &&
        next.flips.length < FLIPS_KEPT &&
        !next.flips.some((flip) => flip.epoch === epoch),
    );
    if (missing) fail('kept', `the verified flip of epoch ${missing.epoch} is not remembered`);
    if (before.phase === 'VERIFY' && (next.phase === 'STABILIZE' || next.phase === 'STEADY')) {
      verified = { epoch: next.epoch, active: next.active };
    }
    if (
      verified &&
      !isIdle(next) &&
      next.epoch === verified.epoch &&
      next.active !== verified.active
    ) {
      fail(
        'kept',
        `epoch ${verified.epoch} was verified for ${verified.active} and says ${next.active}`,
      );
    }
  };

  const wrote = (region: string, item: Item): void => {
    const [pk = '', sk = ''] = [item['pk']?.['S'], item['sk']?.['S']].map(String);
    if (!pk.endsWith(`#${plan().service}`)) return;
    if (sk === 'LEASE') onLease(region, storedIn(item));
    else if (sk === 'STATE') onState(region, storedIn(item));
    else if (pk.startsWith('DECISION#')) onDecision(storedIn(item), sk);
  };

  /** Whether the last move has been proved from outside, or there was none. */
  const proved = (): boolean => {
    const state = controllers.acting();
    return state === null || state.flips.length === 0 || verified?.epoch === state.epoch;
  };

  return { wrote, proved, state: controllers.acting, charged: controllers.settled };
};
