import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openVantages } from '../../aws/vantages.ts';
import { DispatchProbeInput } from '../../events/probeRequest.ts';
import { entry } from '../_entry.ts';
import { AWS_REGION, PROBE_FUNCTION, TABLE } from '../_settings.ts';
import { dispatchProbe } from './run.ts';

export const handler = entry({
  name: 'dispatch-probe',
  env: z.object({ AWS_REGION, TABLE, PROBE_FUNCTION }),
  input: DispatchProbeInput,
  output: z.null(),
  make: (env, base) =>
    dispatchProbe({
      records: openDrillRecords(env.TABLE),
      vantages: openVantages(env.PROBE_FUNCTION),
      homeRegion: env.AWS_REGION,
      ...base,
    }),
});
