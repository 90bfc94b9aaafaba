import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openLeaseTable } from '../../aws/leases.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { perKey } from '../../core/perKey.ts';
import { AcquireLeaseInput, LeaseTaken } from '../../events/failoverFlip.ts';
import { PreflightOutput } from '../../events/failoverStep.ts';
import { entry } from '../_entry.ts';
import { SETTINGS } from '../_env.ts';
import { openTransitions } from '../_transition.ts';
import { acquireLease } from './run.ts';

const { TABLE } = SETTINGS;

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
    const leasesIn = perKey((name: string) => openLeaseTable(name, base.sdk));
    return acquireLease({ table, leasesIn, transitions, ...base });
  },
});
