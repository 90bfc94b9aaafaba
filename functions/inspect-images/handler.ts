import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openImageBuilds } from '../../aws/imageBuilds.ts';
import { openImageRegistry } from '../../aws/imageRegistry.ts';
import { InspectImagesInput, InspectImagesOutput } from '../../events/image.ts';
import { entry } from '../_entry.ts';
import { SETTINGS } from '../_env.ts';
import { inspectImages } from './run.ts';

const { TABLE, IMAGE_REPOSITORY } = SETTINGS;

export const handler = entry({
  name: 'inspect-images',
  env: z.object({ TABLE, IMAGE_REPOSITORY }),
  input: InspectImagesInput,
  output: InspectImagesOutput,
  make: (env, base) =>
    inspectImages({
      records: openDrillRecords(env.TABLE),
      builds: openImageBuilds(),
      registry: openImageRegistry(),
      repository: env.IMAGE_REPOSITORY,
      ...base,
    }),
});
