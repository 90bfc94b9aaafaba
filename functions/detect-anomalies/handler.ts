import * as z from 'zod';
import { openDocuments } from '../../aws/documents.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openEventBus } from '../../aws/eventBus.ts';
import { openNightRecords } from '../../aws/nightRecords.ts';
import { DetectAnomaliesInput, DetectAnomaliesOutput } from '../../events/nights.ts';
import { entry } from '../_entry.ts';
import { BUCKET, TABLE } from '../_settings.ts';
import { detectAnomalies } from './run.ts';

export const handler = entry({
  name: 'detect-anomalies',
  env: z.object({ TABLE, BUCKET }),
  input: DetectAnomaliesInput,
  output: DetectAnomaliesOutput,
  make: (env, base) =>
    detectAnomalies({
      records: openDrillRecords(env.TABLE),
      nights: openNightRecords(env.TABLE),
      documents: openDocuments(env.BUCKET),
      bus: openEventBus(),
      ...base,
    }),
});
