import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openLeaseTables } from '../../aws/leases.ts';
import { openMachines } from '../../aws/machines.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { EvaluateInput, EvaluateOutputShape } from '../../events/evaluation.ts';
import { entry } from '../_entry.ts';
import {
  FAILBACK_MACHINE,
  FAILOVER_MACHINE,
  PREPARE_FUNCTION,
  SERVICE,
  TABLE,
} from '../_settings.ts';
import { evaluate } from './run.ts';

export const handler = entry({
  name: 'evaluate',
  env: z.object({ TABLE, SERVICE, PREPARE_FUNCTION, FAILOVER_MACHINE, FAILBACK_MACHINE }),
  input: EvaluateInput,
  output: EvaluateOutputShape,
  make: (env, base) =>
    evaluate({
      table: openWatchTable(env.TABLE, base.sdk),
      leasesIn: openLeaseTables(base.sdk),
      bus: openEventBus(base.sdk),
      machines: openMachines(base.sdk),
      functions: openFunctionCalls(base.sdk),
      service: env.SERVICE,
      prepareFunction: env.PREPARE_FUNCTION,
      machineArns: { failover: env.FAILOVER_MACHINE, failback: env.FAILBACK_MACHINE },
      ...base,
    }),
});
