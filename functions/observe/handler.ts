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
  make: (env, base) => {
    const home = { ...base.sdk, region: env.HOME_REGION };
    let heard: (dateMs: number) => void = () => {};
    // One client with its connections for all invocations of a sandbox, which come one by one.
    const bus = openEventBus(home, (dateMs) => heard(dateMs));
    return observe({
      table: openWatchTable(env.TABLE, home),
      openBus: (hears) => {
        heard = hears;
        return { ...bus, close: () => {} };
      },
      region: env.AWS_REGION,
      newHolder: randomUUID,
      probe: httpProbe,
      ...base,
    });
  },
});
