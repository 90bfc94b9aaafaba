import * as z from 'zod';
import { openEventBus } from '../../aws/eventBus.ts';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openHeartbeats } from '../../aws/heartbeats.ts';
import { openServices } from '../../aws/services.ts';
import { openTargetGroups } from '../../aws/targetGroups.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { perKey } from '../../core/perKey.ts';
import { FactsShape } from '../../events/failoverState.ts';
import { PrepareInput } from '../../events/prepareInput.ts';
import { entry } from '../_entry.ts';
import {
  ACQUIRE_LEASE_FUNCTION,
  FLIP_FUNCTION,
  SCALE_STANDBY_FUNCTION,
  TABLE,
  VERIFY_FUNCTION,
} from '../_settings.ts';
import { prepare } from './run.ts';

export const handler = entry({
  name: 'prepare',
  env: z.object({
    TABLE,
    ACQUIRE_LEASE_FUNCTION,
    FLIP_FUNCTION,
    SCALE_STANDBY_FUNCTION,
    VERIFY_FUNCTION,
  }),
  input: PrepareInput,
  output: FactsShape,
  make: (env, base) =>
    prepare({
      table: openWatchTable(env.TABLE, base.sdk),
      bus: openEventBus(base.sdk),
      functions: openFunctionCalls(base.sdk),
      acquireLeaseFunction: env.ACQUIRE_LEASE_FUNCTION,
      flipFunction: env.FLIP_FUNCTION,
      scaleStandbyFunction: env.SCALE_STANDBY_FUNCTION,
      verifyFunction: env.VERIFY_FUNCTION,
      servicesIn: perKey((region: string) => openServices(region, base.sdk)),
      targetGroupsIn: perKey((region: string) => openTargetGroups(region, base.sdk)),
      heartbeatsIn: perKey((table: string, region: string) =>
        openHeartbeats(table, region, base.sdk),
      ),
      ...base,
    }),
});
