/**
 * Puts back what a failover changed besides the switch, once traffic is home again, and says what is
 * still not as it was. Best effort: what cannot be put back is a leftover, not a failure.
 */
import * as z from 'zod';
import type { Services } from '../../aws/services.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { type Footprint, leftovers } from '../../core/failover/failback.ts';
import type { StepInput } from '../../events/failoverStep.ts';
import { FailoverSummary } from '../../events/failoverSummary.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { StepEvidence } from '../../events/watchState.ts';
import type { Base } from '../_entry.ts';

export type CleanUpNeeds = Pick<Base, 'log'> & {
  readonly table: Pick<WatchTable, 'summaries' | 'evidence'>;
  readonly servicesIn: (region: string) => Pick<Services, 'state' | 'scaleBack'>;
};

type Execution = StepInput['execution'];

/** What a step that made a region bigger wrote down of it. */
const Scaled = z.looseObject({
  region: z.string(),
  before: z
    .looseObject({ desired: z.int().min(0) })
    .nullable()
    .default(null),
});

/** Far more failovers than lie between leaving home and coming back. */
const SUMMARIES_MAX = 50;

/** Tasks that were wanted before, by region; the first to change a region counts. */
const countsBefore = (pieces: readonly StepEvidence[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { kind, body } of pieces) {
    const scaled = kind === 'scale' ? Scaled.safeParse(body).data : undefined;
    if (scaled?.before && !counts.has(scaled.region)) {
      counts.set(scaled.region, scaled.before.desired);
    }
  }
  return counts;
};

/** What was written down since traffic left home, the earliest first. */
const sinceHome = async (
  { table }: CleanUpNeeds,
  service: string,
  own: readonly StepEvidence[],
  signal: AbortSignal,
): Promise<StepEvidence[]> => {
  const summaries = await table.summaries(service, FailoverSummary, SUMMARIES_MAX, signal);
  const cameHome = summaries.findIndex(
    ({ cause, outcome }) => cause === 'failback' && outcome === 'done',
  );
  const away = summaries.slice(0, cameHome === -1 ? summaries.length : cameHome);
  const earlier = away.toReversed().map(({ execution }) => table.evidence(execution, signal));
  return [...(await Promise.all(earlier)).flat(), ...own];
};

const capacityOf = ({ targets }: WatchPlan, region: string) =>
  targets.find((target) => target.region === region)?.capacity ?? null;

const footprint = (desiredCounts: Record<string, number>): Footprint => ({
  ...{ desiredCounts, alarmsSilenced: [], schedulesDisabled: [], fences: [] },
});

/** What is left in one region; where traffic has gone home from it, it is first put back. */
const leftIn = async (
  { servicesIn, log }: CleanUpNeeds,
  plan: WatchPlan,
  { region, tasks, putBack }: { region: string; tasks: number; putBack: boolean },
  signal: AbortSignal,
): Promise<string[]> => {
  const place = capacityOf(plan, region);
  if (place === null) return [];
  const name = `${place.service} in ${region}`;
  try {
    const services = servicesIn(region);
    const now = putBack
      ? await services.scaleBack(place, tasks, signal)
      : (await services.state(place, signal)).desired;
    return leftovers(footprint({ [name]: tasks }), footprint({ [name]: now }));
  } catch (error) {
    log.warn('capacity not put back', { region, cause: String(error) });
    return [`${name} cannot be read; tasks wanted before: ${tasks}`];
  }
};

export const cleanUp = async (
  needs: CleanUpNeeds,
  plan: WatchPlan,
  {
    execution,
    own,
    isHome,
  }: { execution: Execution; own: readonly StepEvidence[]; isHome: boolean },
  signal: AbortSignal,
): Promise<string[]> => {
  const pieces = isHome ? await sinceHome(needs, plan.service, own, signal) : own;
  const before = countsBefore(pieces);
  if (before.size === 0) return [];
  const left = [...before].map(([region, tasks]) =>
    leftIn(needs, plan, { region, tasks, putBack: isHome && region === execution.from }, signal),
  );
  return (await Promise.all(left)).flat();
};
