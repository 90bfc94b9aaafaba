import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openFences } from '../../aws/fences.ts';
import { openListenerFences } from '../../aws/listenerFence.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { FenceInput, FenceOutput } from '../../events/failoverFlip.ts';
import { PreflightOutput } from '../../events/failoverStep.ts';
import { entry } from '../_entry.ts';
import { TABLE } from '../_settings.ts';
import { openTransitions } from '../_transition.ts';
import { fence } from './run.ts';

export const handler = entry({
  name: 'fence',
  env: z.object({ TABLE }),
  input: FenceInput,
  output: z.union([PreflightOutput, FenceOutput]),
  make: (env, base) => {
    const table = openWatchTable(env.TABLE, base.sdk);
    const transitions = openTransitions({
      table,
      bus: openEventBus(base.sdk),
      ...base,
    });
    const fences = openFences(base.sdk);
    return fence({ table, transitions, fences, listeners: openListenerFences(base.sdk), ...base });
  },
});
