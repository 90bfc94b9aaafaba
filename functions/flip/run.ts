/**
 * Moves traffic. Every way of it is idempotent by epoch: a switch that already says so is left
 * alone, one that says something younger is not touched.
 */
import type { FlipInput, Flipped } from '../../events/failoverFlip.ts';
import type { PreflightOutput } from '../../events/failoverStep.ts';
import { begin, conclude, type FlipNeeds, moveAll, placeOf } from './attempt.ts';
import { settle } from './settle.ts';
import { shift } from './shift.ts';

const preflight = async (
  { table, transitions, recordSwitch, quorumSwitch }: FlipNeeds,
  service: string,
  signal: AbortSignal,
): Promise<PreflightOutput> => {
  const [plan, stored] = await Promise.all([
    transitions.planOf(service, signal),
    table.state(service, signal),
  ]);
  // Whoever is under way writes switches of a younger epoch: nothing is mended beside it.
  const atRest = stored?.state.execution === null ? stored.state.epoch : null;
  return plan.switch.driver === 'quorum'
    ? quorumSwitch.prove(plan, atRest, signal)
    : recordSwitch.prove(placeOf(plan), stored?.state.epoch ?? 0, signal);
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
