import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openHeartbeats } from '../../aws/heartbeats.ts';
import { openServices } from '../../aws/services.ts';
import { openTargetGroups } from '../../aws/targetGroups.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import {
  PreflightInput,
  PreflightOutput,
  StepInput,
  StepOutput,
} from '../../events/failoverStep.ts';
import { httpProbe } from '../../probes/http.ts';
import { entry } from '../_entry.ts';
import { SETTINGS } from '../_env.ts';
import { perKey } from '../_perKey.ts';
import { openTransitions } from '../_transition.ts';
import { scaleStandby } from './run.ts';

const { TABLE } = SETTINGS;

export const handler = entry({
  name: 'scale-standby',
  env: z.object({ TABLE }),
  input: z.union([PreflightInput, StepInput]),
  output: z.union([PreflightOutput, StepOutput]),
  make: (env, base) => {
    const table = openWatchTable(env.TABLE);
    const bus = openEventBus();
    return scaleStandby({
      table,
      transitions: openTransitions({ table, bus, random: Math.random, ...base }),
      servicesIn: perKey((region: string) => openServices(region)),
      targetGroupsIn: perKey((region: string) => openTargetGroups(region)),
      heartbeatsIn: perKey((table: string, region: string) => openHeartbeats(table, region)),
      probe: httpProbe,
      ...base,
    });
  },
});
