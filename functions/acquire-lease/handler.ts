import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openLeaseTables } from '../../aws/leases.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { AcquireLeaseInput, LeaseTaken } from '../../events/failoverFlip.ts';
import { PreflightOutput } from '../../events/failoverStep.ts';
import { entry } from '../_entry.ts';
import { TABLE } from '../_settings.ts';
import { openTransitions } from '../_transition.ts';
import { acquireLease } from './run.ts';

export const handler = entry({
  name: 'acquire-lease',
  env: z.object({ TABLE }),
  input: AcquireLeaseInput,
  output: z.union([PreflightOutput, LeaseTaken]),
  make: (env, base) => {
    const table = openWatchTable(env.TABLE, base.sdk);
    const transitions = openTransitions({
      table,
      bus: openEventBus(base.sdk),
      ...base,
    });
    const leasesIn = openLeaseTables(base.sdk);
    return acquireLease({ table, leasesIn, transitions, ...base });
  },
});
