import { createHash } from 'node:crypto';
import type { Tasks } from '../aws/tasks.ts';

/** ECS allows 36 characters in `startedBy`, so the drill's id is hashed into it. Clean-up finds tasks by it. */
export const starterOf = (drillId: string): string =>
  `drill-${createHash('sha256').update(drillId).digest('hex').slice(0, 30)}`;

/** Stops whatever a drill has running in a region, and tells how many tasks that were. */
export const stopStarted = async (
  tasks: Pick<Tasks, 'startedBy' | 'stop'>,
  { drillId, region, why }: { drillId: string; region: string; why: string },
  signal: AbortSignal,
): Promise<number> => {
  const found = await tasks.startedBy(region, starterOf(drillId), signal);
  await Promise.all(
    found.map((taskArn) => tasks.stop(region, taskArn, `${why} ${drillId}`, signal)),
  );
  return found.length;
};
