import * as z from 'zod';
import { openDocuments } from '../../aws/documents.ts';
import { openEventBus } from '../../aws/eventBus.ts';
import { openLeaseTables } from '../../aws/leases.ts';
import { openListenerFences } from '../../aws/listenerFence.ts';
import { openServices } from '../../aws/services.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { perKey } from '../../core/perKey.ts';
import { FinishInput, FinishOutput } from '../../events/finishStep.ts';
import { entry } from '../_entry.ts';
import { BUCKET, TABLE } from '../_settings.ts';
import { openTransitions } from '../_transition.ts';
import { finish } from './run.ts';

export const handler = entry({
  name: 'finish',
  env: z.object({ TABLE, BUCKET }),
  input: FinishInput,
  output: FinishOutput,
  make: (env, base) => {
    const table = openWatchTable(env.TABLE, base.sdk);
    const bus = openEventBus(base.sdk);
    const transitions = openTransitions({ table, bus, ...base });
    const documents = openDocuments(env.BUCKET, base.sdk);
    const servicesIn = perKey((region: string) => openServices(region, base.sdk));
    const leasesIn = openLeaseTables(base.sdk);
    const listeners = openListenerFences(base.sdk);
    const stores = { table, leasesIn, documents };
    return finish({ ...stores, servicesIn, listeners, bus, transitions, ...base });
  },
});
