import * as z from 'zod';
import { openHeartbeats } from '../../aws/heartbeats.ts';
import { openServices } from '../../aws/services.ts';
import { BeatInput, BeatOutput } from '../../events/beat.ts';
import { entry } from '../_entry.ts';
import { AWS_REGION, CLUSTER, DATA_TABLE, ECS_SERVICE } from '../_settings.ts';
import { beat } from './run.ts';

export const handler = entry({
  name: 'beat',
  env: z.object({ AWS_REGION, CLUSTER, DATA_TABLE, ECS_SERVICE }),
  input: BeatInput,
  output: BeatOutput,
  make: (env, base) =>
    beat({
      heartbeats: openHeartbeats(env.DATA_TABLE, env.AWS_REGION, base.sdk),
      services: openServices(env.AWS_REGION, base.sdk),
      region: env.AWS_REGION,
      place: { cluster: env.CLUSTER, service: env.ECS_SERVICE },
      ...base,
    }),
});
