import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import {
  PreflightInput,
  PreflightOutput,
  StepInput,
  VerifyOutput,
} from '../../events/failoverStep.ts';
import { entry } from '../_entry.ts';
import { SETTINGS } from '../_env.ts';
import { openTransitions } from '../_transition.ts';
import { verify } from './run.ts';

const { TABLE } = SETTINGS;

export const handler = entry({
  name: 'verify',
  env: z.object({ TABLE }),
  input: z.union([PreflightInput, StepInput]),
  output: z.union([PreflightOutput, VerifyOutput]),
  make: (env, base) => {
    const table = openWatchTable(env.TABLE);
    const bus = openEventBus();
    const transitions = openTransitions({ table, bus, random: Math.random, ...base });
    return verify({ table, transitions, ...base });
  },
});
