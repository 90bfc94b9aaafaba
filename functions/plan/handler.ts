import * as z from 'zod';
import { openDocuments } from '../../aws/documents.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { PlanInput, PlanOutput } from '../../events/drillInput.ts';
import { entry } from '../_entry.ts';
import { AWS_REGION, BUCKET, IMAGE_REPOSITORY, REGISTRY, TABLE } from '../_settings.ts';
import { plan } from './run.ts';

export const handler = entry({
  name: 'plan',
  env: z.object({ AWS_REGION, BUCKET, TABLE, REGISTRY, IMAGE_REPOSITORY }),
  input: PlanInput,
  output: PlanOutput,
  make: (env, base) =>
    plan({
      documents: openDocuments(env.BUCKET),
      records: openDrillRecords(env.TABLE),
      homeRegion: env.AWS_REGION,
      bucket: env.BUCKET,
      repository: `${env.REGISTRY}/${env.IMAGE_REPOSITORY}`,
      ...base,
    }),
});
