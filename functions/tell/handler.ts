import * as z from 'zod';
import { openSecrets } from '../../aws/secrets.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { entry } from '../_entry.ts';
import { TABLE } from '../_settings.ts';
import { TellInput, TellOutput, tell } from './run.ts';
import { send } from './send.ts';

export const handler = entry({
  name: 'tell',
  env: z.object({ TABLE }),
  input: TellInput,
  output: TellOutput,
  make: (env, base) =>
    tell({
      table: openWatchTable(env.TABLE, base.sdk),
      secrets: openSecrets(base.sdk),
      send,
      ...base,
    }),
});
