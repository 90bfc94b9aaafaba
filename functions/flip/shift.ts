/**
 * Goes back home by weights: each share of answers is watched before the next one, a home in doubt
 * pauses it, a bad one gets nothing any more. Where the driver has no weights, all at once.
 */
import { sharedSets } from '../../core/failover/answerSets.ts';
import { nextShift, type ShiftStep } from '../../core/failover/failback.ts';
import type { RecordSet } from '../../core/failover/switchRecord.ts';
import { judgeRegion } from '../../core/health/verdict.ts';
import type { FlipOrder, Flipped } from '../../events/failoverFlip.ts';
import { targetOf, type WatchPlan } from '../../events/watchPlan.ts';
import {
  type Attempt,
  begin,
  conclude,
  type FlipNeeds,
  lost,
  moveAll,
  nameOf,
  placeOf,
} from './attempt.ts';

const SECOND_MS = 1_000;
const ALL = 100;

/** A shift that has not come to an end by then goes back. */
const SHIFT_MS_MAX = 3_600_000;

/**
 * How long a share is watched: until resolvers have forgotten the old answer, and as long again as
 * it takes to find a region down.
 */
export const holdMsOf = ({ failover }: WatchPlan): number =>
  failover.ttlMs + failover.confirm.downMs;

/** Record sets of a share; null where it cannot be had. */
const setsAt = (
  plan: WatchPlan,
  { from, to }: FlipOrder['execution'],
  weight: number,
): RecordSet[] | null => {
  const side = (region: string) => ({ region, answers: targetOf(plan, region).answers });
  return sharedSets(nameOf(plan), { from: side(from), to: side(to) }, weight);
};

const stepOf = (
  { plan, stored, execution }: Attempt,
  { weight, weightSinceMs }: FlipOrder,
  nowMs: number,
): ShiftStep => {
  const judge = (region: string) =>
    judgeRegion(region, stored.votes, plan.observers, nowMs, plan.health);
  if (weight > 0 && nowMs - stored.state.phaseSinceMs > SHIFT_MS_MAX) {
    return { do: 'retreat', weight: 0, why: 'home was in doubt for too long' };
  }
  return nextShift({
    weight,
    home: judge(execution.to),
    away: judge(execution.from),
    heldMs: weightSinceMs === null ? 0 : nowMs - weightSinceMs,
    holdMs: holdMsOf(plan),
  });
};

const underWay = (
  order: Pick<FlipOrder, 'weight' | 'weightSinceMs'>,
  plan: WatchPlan,
  why: string,
): Flipped => ({
  ok: true,
  why,
  done: false,
  superseded: false,
  flippedAtMs: null,
  changeId: null,
  shift: {
    weight: order.weight,
    weightSinceMs: order.weightSinceMs,
    holdSeconds: Math.max(1, Math.ceil(holdMsOf(plan) / SECOND_MS)),
  },
});

/** Sets one share, and says how to go on; the last one, and a retreat, end the shift. */
const setShare = async (
  needs: FlipNeeds,
  attempt: Attempt,
  order: FlipOrder,
  wanted: { readonly weight: number; readonly sets: RecordSet[]; readonly why: string },
  signal: AbortSignal,
): Promise<Flipped> => {
  const { plan, calls, epoch, guard, execution } = attempt;
  const { weight, sets, why } = wanted;
  const previous = setsAt(plan, execution, order.weight);
  const moved = await needs.recordSwitch.move(
    {
      place: placeOf(plan),
      epoch,
      sets,
      ...(previous === null ? {} : { previous }),
      comment: `${execution.name}: ${weight} % to ${execution.to}`,
      guard,
    },
    calls,
    signal,
  );
  const ends = weight === ALL || weight === 0 || !moved.done;
  if (ends) {
    const retreated = weight === 0 && moved.done ? lost(why, false) : moved;
    return conclude(needs, order, { moved: retreated, calls }, signal);
  }
  const nowMs = needs.clock.now();
  const body = { move: 'shift', weight, why, calls: calls.made.map((call) => ({ ...call })) };
  await needs.table.putEvidence(execution.name, { kind: 'shift', atMs: nowMs, body }, signal);
  return underWay({ weight, weightSinceMs: nowMs }, plan, why);
};

export const shift = async (
  needs: FlipNeeds,
  order: FlipOrder,
  signal: AbortSignal,
): Promise<Flipped> => {
  const attempt = await begin(needs, order, signal);
  if ('done' in attempt) return conclude(needs, order, { moved: attempt, calls: null }, signal);
  const { plan, calls, execution } = attempt;
  // The quorum switch knows home and standby, and no shares.
  const canShare = plan.switch.driver === 'record' && setsAt(plan, execution, 1) !== null;
  if (!canShare) {
    const moved = await moveAll(needs, attempt, signal);
    const why = `${moved.why}; all at once: shares need driver "record" and addresses of one kind`;
    return conclude(needs, order, { moved: { ...moved, why }, calls }, signal);
  }
  const step = stepOf(attempt, order, needs.clock.now());
  if (step.do === 'wait') return underWay(order, plan, step.why);
  const weight = step.do === 'done' ? ALL : step.weight;
  const why = step.do === 'retreat' ? step.why : `${weight} % go to ${execution.to}`;
  const sets = setsAt(plan, execution, weight);
  if (sets === null) throw new RangeError(`${plan.record} has no sets for ${weight} %`);
  return setShare(needs, attempt, order, { weight, sets, why }, signal);
};
