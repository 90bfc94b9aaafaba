/** Starts one arm in one region, for one round. */
import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { Tasks } from '../../aws/tasks.ts';
import type { PlacedTask, PlaceTaskInput } from '../../events/placement.ts';
import { starterOf } from '../_starter.ts';

/** ECS bounds the token; a hash keeps it the same for a retry and different for every round. */
const tokenOf = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 36);

export const placeTask =
  ({ tasks }: { tasks: Tasks }) =>
  async (
    { drillId, round, region, armId, taskDefinition }: z.output<typeof PlaceTaskInput>,
    signal: AbortSignal,
  ): Promise<PlacedTask> => {
    const taskArn = await tasks.run(
      region,
      {
        taskDefinition,
        startedBy: starterOf(drillId),
        clientToken: tokenOf([drillId, round, region, armId]),
      },
      signal,
    );
    return { region, armId, taskArn };
  };
