import * as z from 'zod';
import { openBuildLogs } from '../../aws/buildLogs.ts';
import { openDocuments } from '../../aws/documents.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openImageBuilds } from '../../aws/imageBuilds.ts';
import { openImageRegistry } from '../../aws/imageRegistry.ts';
import { InspectImagesInput, InspectImagesOutput } from '../../events/image.ts';
import { entry } from '../_entry.ts';
import { BUCKET, IMAGE_REPOSITORY, TABLE } from '../_settings.ts';
import { inspectImages } from './run.ts';

export const handler = entry({
  name: 'inspect-images',
  env: z.object({ TABLE, BUCKET, IMAGE_REPOSITORY }),
  input: InspectImagesInput,
  output: InspectImagesOutput,
  make: (env, base) =>
    inspectImages({
      records: openDrillRecords(env.TABLE),
      documents: openDocuments(env.BUCKET),
      builds: openImageBuilds(),
      logs: openBuildLogs(),
      registry: openImageRegistry(),
      repository: env.IMAGE_REPOSITORY,
      ...base,
    }),
});
