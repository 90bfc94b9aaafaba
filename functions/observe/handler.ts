import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { ObserveInput, ObserveOutput } from '../../events/observation.ts';
import { httpProbe } from '../../probes/http.ts';
import { entry } from '../_entry.ts';
import { AWS_REGION, HOME_REGIONS, TABLE } from '../_settings.ts';
import { allBuses } from './buses.ts';
import { observe } from './run.ts';

export const handler = entry({
  name: 'observe',
  env: z.object({ AWS_REGION, HOME_REGIONS, TABLE }),
  input: ObserveInput,
  output: ObserveOutput,
  make: (env, base) => {
    let heard: (dateMs: number) => void = () => {};
    const [home, ...others] = env.HOME_REGIONS;
    const at = (region: string) => ({ ...base.sdk, region });
    const openBus = (region: string) => openEventBus(at(region), (dateMs) => heard(dateMs));
    // One client with its connections for all invocations of a sandbox, which come one by one.
    const bus = allBuses(openBus(home), others.map(openBus));
    return observe({
      table: openWatchTable(env.TABLE, at(home)),
      otherTables: others.map((region) => openWatchTable(env.TABLE, at(region))),
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
