import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { GateImagesInput, GateImagesOutput } from '../../events/image.ts';
import { entry } from '../_entry.ts';
import { TABLE } from '../_settings.ts';
import { gateImages } from './run.ts';

export const handler = entry({
  name: 'gate-images',
  env: z.object({ TABLE }),
  input: GateImagesInput,
  output: GateImagesOutput,
  make: (env, base) => gateImages({ records: openDrillRecords(env.TABLE), ...base }),
});
