import * as z from 'zod';
import { openDnsRecord } from '../../aws/dnsRecord.ts';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openRehearsalRecords } from '../../aws/rehearsalRecords.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { BeginRehearsalOutput, RehearsalInput } from '../../events/rehearsal.ts';
import { entry } from '../_entry.ts';
import { EVALUATE_FUNCTION, PREPARE_FUNCTION, TABLE } from '../_settings.ts';
import { beginRehearsal } from './run.ts';

export const handler = entry({
  name: 'begin-rehearsal',
  env: z.object({ TABLE, EVALUATE_FUNCTION, PREPARE_FUNCTION }),
  input: RehearsalInput,
  output: BeginRehearsalOutput,
  make: (env, base) =>
    beginRehearsal({
      table: openWatchTable(env.TABLE, base.sdk),
      rehearsals: openRehearsalRecords(env.TABLE, base.sdk),
      dnsRecord: openDnsRecord({ ...base.sdk, maxAttempts: 8 }),
      functions: openFunctionCalls(base.sdk),
      evaluateFunction: env.EVALUATE_FUNCTION,
      prepareFunction: env.PREPARE_FUNCTION,
      ...base,
    }),
});
