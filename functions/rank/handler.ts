import * as z from 'zod';
import { openDocuments } from '../../aws/documents.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openStandbyRecords } from '../../aws/standbyRecords.ts';
import { RankInput, RankOutput } from '../../events/drillEnd.ts';
import { entry } from '../_entry.ts';
import { BUCKET, TABLE } from '../_settings.ts';
import { rank } from './run.ts';

export const handler = entry({
  name: 'rank',
  env: z.object({ TABLE, BUCKET }),
  input: RankInput,
  output: RankOutput,
  make: (env, base) =>
    rank({
      records: openDrillRecords(env.TABLE),
      standbys: openStandbyRecords(env.TABLE),
      documents: openDocuments(env.BUCKET),
      ...base,
    }),
});
