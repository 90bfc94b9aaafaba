import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openHeartbeats } from '../../aws/heartbeats.ts';
import { openServices } from '../../aws/services.ts';
import { openTargetGroups } from '../../aws/targetGroups.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { perKey } from '../../core/perKey.ts';
import {
  PreflightInput,
  PreflightOutput,
  StepInput,
  StepOutput,
} from '../../events/failoverStep.ts';
import { httpProbe } from '../../probes/http.ts';
import { entry } from '../_entry.ts';
import { TABLE } from '../_settings.ts';
import { openTransitions } from '../_transition.ts';
import { scaleStandby } from './run.ts';

export const handler = entry({
  name: 'scale-standby',
  env: z.object({ TABLE }),
  input: z.union([PreflightInput, StepInput]),
  output: z.union([PreflightOutput, StepOutput]),
  make: (env, base) => {
    const table = openWatchTable(env.TABLE, base.sdk);
    const bus = openEventBus(base.sdk);
    return scaleStandby({
      table,
      transitions: openTransitions({ table, bus, ...base }),
      servicesIn: perKey((region: string) => openServices(region, base.sdk)),
      targetGroupsIn: perKey((region: string) => openTargetGroups(region, base.sdk)),
      heartbeatsIn: perKey((table: string, region: string) =>
        openHeartbeats(table, region, base.sdk),
      ),
      probe: httpProbe,
      ...base,
    });
  },
});
