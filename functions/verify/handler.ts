import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import {
  PreflightInput,
  PreflightOutput,
  StepInput,
  VerifyOutput,
} from '../../events/failoverStep.ts';
import { askServer } from '../../probes/dnsExchange.ts';
import { httpProbe } from '../../probes/http.ts';
import { entry } from '../_entry.ts';
import { TABLE } from '../_settings.ts';
import { openTransitions } from '../_transition.ts';
import { delegatedServers } from './nameServers.ts';
import { verify } from './run.ts';

export const handler = entry({
  name: 'verify',
  env: z.object({ TABLE }),
  input: z.union([PreflightInput, StepInput]),
  output: z.union([PreflightOutput, VerifyOutput]),
  make: (env, base) => {
    const table = openWatchTable(env.TABLE, base.sdk);
    const bus = openEventBus(base.sdk);
    const transitions = openTransitions({ table, bus, ...base });
    return verify({ table, transitions, askServer, delegatedServers, probe: httpProbe, ...base });
  },
});
