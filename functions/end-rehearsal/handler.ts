import * as z from 'zod';
import { openDnsRecord } from '../../aws/dnsRecord.ts';
import { openRehearsalRecords } from '../../aws/rehearsalRecords.ts';
import { openTasks } from '../../aws/tasks.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { EndRehearsalInput, RehearsalResult } from '../../events/rehearsal.ts';
import { entry } from '../_entry.ts';
import { CLUSTER, NETWORK, TABLE, TASK_EXECUTION_ROLE } from '../_settings.ts';
import { endRehearsal } from './run.ts';

export const handler = entry({
  name: 'end-rehearsal',
  env: z.object({ TABLE, CLUSTER, NETWORK, TASK_EXECUTION_ROLE }),
  input: EndRehearsalInput,
  output: RehearsalResult,
  make: (env, base) =>
    endRehearsal({
      table: openWatchTable(env.TABLE, base.sdk),
      rehearsals: openRehearsalRecords(env.TABLE, base.sdk),
      dnsRecord: openDnsRecord({ ...base.sdk, maxAttempts: 8 }),
      tasks: openTasks(
        {
          cluster: env.CLUSTER,
          network: env.NETWORK,
          executionRoleArn: env.TASK_EXECUTION_ROLE,
        },
        base.sdk,
      ),
      ...base,
    }),
});
