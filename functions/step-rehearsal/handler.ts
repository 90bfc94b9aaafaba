import * as z from 'zod';
import { openDnsRecord } from '../../aws/dnsRecord.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openNetworkInterfaces } from '../../aws/networkInterfaces.ts';
import { openTasks } from '../../aws/tasks.ts';
import { openVantages } from '../../aws/vantages.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { StepRehearsalInput, StepRehearsalOutput } from '../../events/rehearsal.ts';
import { httpProbe } from '../../probes/http.ts';
import { entry } from '../_entry.ts';
import {
  CLUSTER,
  DRILL_TABLE,
  EVALUATE_FUNCTION,
  NETWORK,
  OBSERVE_FUNCTION,
  TABLE,
  TASK_EXECUTION_ROLE,
} from '../_settings.ts';
import { taskAddress } from '../_taskAddress.ts';
import { stepOfRehearsal } from './run.ts';

export const handler = entry({
  name: 'step-rehearsal',
  env: z.object({
    TABLE,
    DRILL_TABLE,
    CLUSTER,
    NETWORK,
    TASK_EXECUTION_ROLE,
    EVALUATE_FUNCTION,
    OBSERVE_FUNCTION,
  }),
  input: StepRehearsalInput,
  output: StepRehearsalOutput,
  make: (env, base) =>
    stepOfRehearsal({
      table: openWatchTable(env.TABLE, base.sdk),
      records: openDrillRecords(env.DRILL_TABLE, base.sdk),
      tasks: openTasks(
        {
          cluster: env.CLUSTER,
          network: env.NETWORK,
          executionRoleArn: env.TASK_EXECUTION_ROLE,
        },
        base.sdk,
      ),
      addressOf: taskAddress(env.NETWORK, openNetworkInterfaces(base.sdk)),
      dnsRecord: openDnsRecord({ ...base.sdk, maxAttempts: 8 }),
      functions: openFunctionCalls(base.sdk),
      evaluateFunction: env.EVALUATE_FUNCTION,
      observers: openVantages(env.OBSERVE_FUNCTION, base.sdk),
      probe: httpProbe,
      ...base,
    }),
});
