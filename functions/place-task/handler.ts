import * as z from 'zod';
import { openTasks } from '../../aws/tasks.ts';
import { PlacedTask, PlaceTaskInput } from '../../events/placement.ts';
import { entry } from '../_entry.ts';
import { CLUSTER, NETWORK, TASK_EXECUTION_ROLE } from '../_settings.ts';
import { placeTask } from './run.ts';

export const handler = entry({
  name: 'place-task',
  env: z.object({ CLUSTER, NETWORK, TASK_EXECUTION_ROLE }),
  input: PlaceTaskInput,
  output: PlacedTask,
  make: (env) =>
    placeTask({
      tasks: openTasks({
        cluster: env.CLUSTER,
        network: env.NETWORK,
        executionRoleArn: env.TASK_EXECUTION_ROLE,
      }),
    }),
});
