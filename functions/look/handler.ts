import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { LookInput, LookOutput } from '../../events/roundOutcome.ts';
import { entry } from '../_entry.ts';
import { TABLE } from '../_settings.ts';
import { look } from './run.ts';

export const handler = entry({
  name: 'look',
  env: z.object({ TABLE }),
  input: LookInput,
  output: LookOutput,
  make: (env, base) => look({ records: openDrillRecords(env.TABLE), ...base }),
});
