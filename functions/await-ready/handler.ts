import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openTasks } from '../../aws/tasks.ts';
import { AwaitReadyInput, Placement } from '../../events/placement.ts';
import { httpProbe } from '../../probes/http.ts';
import { entry } from '../_entry.ts';
import { SETTINGS } from '../_env.ts';
import { awaitReady } from './run.ts';

const { TABLE, CLUSTER, SUBNETS, TASK_EXECUTION_ROLE } = SETTINGS;

export const handler = entry({
  name: 'await-ready',
  env: z.object({ TABLE, CLUSTER, SUBNETS, TASK_EXECUTION_ROLE }),
  input: AwaitReadyInput,
  output: Placement,
  make: (env, base) =>
    awaitReady({
      records: openDrillRecords(env.TABLE),
      tasks: openTasks({
        cluster: env.CLUSTER,
        subnets: env.SUBNETS,
        executionRoleArn: env.TASK_EXECUTION_ROLE,
      }),
      probe: httpProbe,
      ...base,
    }),
});
