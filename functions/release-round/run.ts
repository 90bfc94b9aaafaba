/** Stops the tasks of a round, and tells which were dead before. */
import type * as z from 'zod';
import type { Tasks } from '../../aws/tasks.ts';
import type { DeadTask, PlacedTask, ReleaseRoundInput } from '../../events/placement.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & { tasks: Tasks };
type Dead = z.output<typeof DeadTask>;

const releaseRegion = async (
  tasks: Tasks,
  region: string,
  placed: readonly PlacedTask[],
  reason: string,
  signal: AbortSignal,
): Promise<Dead[]> => {
  const seen = await tasks.describe(
    region,
    placed.map(({ taskArn }) => taskArn),
    signal,
  );
  const dead = seen.filter(({ status }) => status === 'STOPPED');
  const alive = seen.filter(({ status }) => status !== 'STOPPED');
  await Promise.all(alive.map(({ taskArn }) => tasks.stop(region, taskArn, reason, signal)));
  return dead.flatMap(({ taskArn, stoppedReason, interrupted }) => {
    const task = placed.find((one) => one.taskArn === taskArn);
    return task ? [{ ...task, reason: stoppedReason ?? 'no reason given', interrupted }] : [];
  });
};

export const releaseRound =
  ({ tasks, log }: Needs) =>
  async (
    { drillId, round, tasks: placed }: z.output<typeof ReleaseRoundInput>,
    signal: AbortSignal,
  ): Promise<{ dead: Dead[] }> => {
    const byRegion = Map.groupBy(placed, ({ region }) => region);
    const dead = await Promise.all(
      [...byRegion].map(([region, some]) =>
        releaseRegion(tasks, region, some, `round ${round} of ${drillId} is over`, signal),
      ),
    );
    if (dead.flat().length > 0) log.warn('tasks died in the round', { round, dead: dead.flat() });
    return { dead: dead.flat() };
  };
