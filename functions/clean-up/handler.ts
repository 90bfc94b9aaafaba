import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openTasks } from '../../aws/tasks.ts';
import { CleanUpInput, CleanUpOutput } from '../../events/drillEnd.ts';
import { entry } from '../_entry.ts';
import { CLUSTER, NETWORK, TABLE, TASK_EXECUTION_ROLE } from '../_settings.ts';
import { cleanUp } from './run.ts';

export const handler = entry({
  name: 'clean-up',
  env: z.object({ TABLE, CLUSTER, NETWORK, TASK_EXECUTION_ROLE }),
  input: CleanUpInput,
  output: CleanUpOutput,
  make: (env, base) =>
    cleanUp({
      records: openDrillRecords(env.TABLE),
      tasks: openTasks({
        cluster: env.CLUSTER,
        network: env.NETWORK,
        executionRoleArn: env.TASK_EXECUTION_ROLE,
      }),
      ...base,
    }),
});
