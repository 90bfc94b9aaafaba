import * as z from 'zod';
import { openDocuments } from '../../aws/documents.ts';
import { KeepRehearsalInput, KeepRehearsalOutput } from '../../events/drillEnd.ts';
import { entry } from '../_entry.ts';
import { BUCKET } from '../_settings.ts';
import { keepRehearsal } from './run.ts';

export const handler = entry({
  name: 'keep-rehearsal',
  env: z.object({ BUCKET }),
  input: KeepRehearsalInput,
  output: KeepRehearsalOutput,
  make: (env) => keepRehearsal({ documents: openDocuments(env.BUCKET) }),
});
