import * as z from 'zod';
import { openDocuments } from '../../aws/documents.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openSecrets } from '../../aws/secrets.ts';
import { NotifyInput, NotifyOutput } from '../../events/drillEnd.ts';
import { entry } from '../_entry.ts';
import { postWebhook } from '../_postWebhook.ts';
import { BUCKET, TABLE } from '../_settings.ts';
import { notify } from './run.ts';

export const handler = entry({
  name: 'notify',
  env: z.object({ TABLE, BUCKET }),
  input: NotifyInput,
  output: NotifyOutput,
  make: (env, base) =>
    notify({
      records: openDrillRecords(env.TABLE),
      documents: openDocuments(env.BUCKET),
      secrets: openSecrets(),
      post: postWebhook,
      ...base,
    }),
});
