/**
 * Moves traffic. Every way of it is idempotent by epoch: a switch that already says so is left
 * alone, one that says something younger is not touched.
 */
import { answerSets } from '../../core/failover/answerSets.ts';
import type { RecordSet } from '../../core/failover/switchRecord.ts';
import type { FlipInput, Flipped } from '../../events/failoverFlip.ts';
import type { PreflightOutput } from '../../events/failoverStep.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { begin, conclude, type FlipNeeds, moveAll, nameOf, placeOf } from './attempt.ts';
import { settle } from './settle.ts';
import { shift } from './shift.ts';

const valuesOf = (sets: readonly RecordSet[]): string =>
  JSON.stringify(
    sets
      .map(({ type, values, alias, share }) => [
        type,
        alias?.name ?? [...values].sort(),
        share ?? null,
      ])
      .sort(),
  );

/** The region whose answers a record holds, whole and alone. */
const answeringWith = (plan: WatchPlan, sets: readonly RecordSet[]): string | null =>
  plan.targets.find(({ answers }) => valuesOf(answerSets(nameOf(plan), answers)) === valuesOf(sets))
    ?.region ?? null;

const preflight = async (
  { transitions, recordSwitch, quorumSwitch }: FlipNeeds,
  service: string,
  signal: AbortSignal,
): Promise<PreflightOutput> => {
  const { plan, stored } = await transitions.situationOf(service, signal);
  if (plan.switch.driver === 'quorum') {
    // Whoever is under way writes switches of a younger epoch: nothing is mended beside it.
    const { execution, epoch, charge } = stored?.state ?? { execution: null, epoch: null };
    // What a controller knows that has not taken charge yet may be long past.
    const atRest = execution === null && charge?.held !== false ? epoch : null;
    return quorumSwitch.prove(plan, atRest, signal);
  }
  const ownerOf = (sets: readonly RecordSet[]) => answeringWith(plan, sets);
  return recordSwitch.prove(placeOf(plan), stored?.state.epoch ?? 0, signal, ownerOf);
};

export const flip =
  (needs: FlipNeeds) =>
  async (input: FlipInput, signal: AbortSignal): Promise<Flipped | PreflightOutput> => {
    if ('preflight' in input) return preflight(needs, input.service, signal);
    if (input.move === 'settle') return settle(needs, input, signal);
    if (input.move === 'shift') return shift(needs, input, signal);
    const attempt = await begin(needs, input, signal);
    if ('done' in attempt) return conclude(needs, input, { moved: attempt, calls: null }, signal);
    const moved = await moveAll(needs, attempt, signal);
    return conclude(needs, input, { moved, calls: attempt.calls }, signal);
  };
