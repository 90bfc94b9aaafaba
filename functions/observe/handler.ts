import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { ObserveInput, ObserveOutput } from '../../events/observation.ts';
import { httpProbe } from '../../probes/http.ts';
import { entry } from '../_entry.ts';
import { SETTINGS } from '../_env.ts';
import { observe } from './run.ts';

const { AWS_REGION, HOME_REGION, TABLE } = SETTINGS;

export const handler = entry({
  name: 'observe',
  env: z.object({ AWS_REGION, HOME_REGION, TABLE }),
  input: ObserveInput,
  output: ObserveOutput,
  make: (env, base) =>
    observe({
      table: openWatchTable(env.TABLE, { ...base.sdk, region: env.HOME_REGION }),
      openBus: (heard) => openEventBus({ ...base.sdk, region: env.HOME_REGION }, heard),
      region: env.AWS_REGION,
      newHolder: randomUUID,
      probe: httpProbe,
      ...base,
    }),
});
