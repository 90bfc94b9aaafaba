import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openTasks } from '../../aws/tasks.ts';
import { PlacementPlan, RegisterTaskInput } from '../../events/placement.ts';
import { entry } from '../_entry.ts';
import { CLUSTER, NETWORK, TABLE, TASK_EXECUTION_ROLE, TASK_LOG_GROUP } from '../_settings.ts';
import { registerTask } from './run.ts';

export const handler = entry({
  name: 'register-task',
  env: z.object({ TABLE, CLUSTER, NETWORK, TASK_EXECUTION_ROLE, TASK_LOG_GROUP }),
  input: RegisterTaskInput,
  output: PlacementPlan,
  make: (env, base) =>
    registerTask({
      records: openDrillRecords(env.TABLE),
      tasks: openTasks({
        cluster: env.CLUSTER,
        network: env.NETWORK,
        executionRoleArn: env.TASK_EXECUTION_ROLE,
      }),
      logGroup: env.TASK_LOG_GROUP,
      ...base,
    }),
});
