import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openNetworkInterfaces } from '../../aws/networkInterfaces.ts';
import { openTasks } from '../../aws/tasks.ts';
import { AwaitReadyInput, Placement } from '../../events/placement.ts';
import { httpProbe } from '../../probes/http.ts';
import { entry } from '../_entry.ts';
import { CLUSTER, NETWORK, TABLE, TASK_EXECUTION_ROLE } from '../_settings.ts';
import { taskAddress } from '../_taskAddress.ts';
import { awaitReady } from './run.ts';

export const handler = entry({
  name: 'await-ready',
  env: z.object({ TABLE, CLUSTER, NETWORK, TASK_EXECUTION_ROLE }),
  input: AwaitReadyInput,
  output: Placement,
  make: (env, base) =>
    awaitReady({
      records: openDrillRecords(env.TABLE),
      tasks: openTasks({
        cluster: env.CLUSTER,
        network: env.NETWORK,
        executionRoleArn: env.TASK_EXECUTION_ROLE,
      }),
      addressOf: taskAddress(env.NETWORK, openNetworkInterfaces()),
      probe: httpProbe,
      ...base,
    }),
});
