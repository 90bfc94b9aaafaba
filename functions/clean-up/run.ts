/** Stops whatever a drill left running, in every region that serves. */
import type * as z from 'zod';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { Tasks } from '../../aws/tasks.ts';
import { DrillError } from '../../core/errors.ts';
import type { CleanUpInput, CleanUpOutput } from '../../events/drillEnd.ts';
import type { Base } from '../_entry.ts';
import { stopStarted } from '../_starter.ts';

type Needs = Base & { records: DrillRecords; tasks: Tasks };
type Output = z.output<typeof CleanUpOutput>;

export const cleanUp =
  ({ records, tasks, log }: Needs) =>
  async ({ drillId }: z.output<typeof CleanUpInput>, signal: AbortSignal): Promise<Output> => {
    const plan = await records.plan(drillId, signal).catch((error: unknown) => {
      // A drill that failed while it was planned has started nothing.
      if (error instanceof DrillError && error.name === 'DrillNotFound') return undefined;
      throw error;
    });
    const stopped = await Promise.all(
      (plan?.servingRegions ?? []).map((region) =>
        stopStarted(tasks, { drillId, region, why: 'clean-up of' }, signal),
      ),
    );
    const total = stopped.reduce((sum, some) => sum + some, 0);
    if (total > 0) log.warn('stopped tasks that were left', { drillId, stopped: total });
    return { stopped: total };
  };
