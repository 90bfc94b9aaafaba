import * as z from 'zod';
import { openDeployments } from '../../aws/deployments.ts';
import { openDocuments } from '../../aws/documents.ts';
import { openEventBus } from '../../aws/eventBus.ts';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openMachines } from '../../aws/machines.ts';
import { openPromotionRecords } from '../../aws/promotionRecords.ts';
import { openRehearsalRecords } from '../../aws/rehearsalRecords.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { perKey } from '../../core/perKey.ts';
import { PromoteInput, PromoteOutput } from '../../events/promotion.ts';
import { entry } from '../_entry.ts';
import { BUCKET, EVALUATE_FUNCTION, PROMOTION_MACHINE, TABLE } from '../_settings.ts';
import { promote } from './run.ts';

export const handler = entry({
  name: 'promote',
  env: z.object({ TABLE, BUCKET, EVALUATE_FUNCTION, PROMOTION_MACHINE }),
  input: PromoteInput,
  output: PromoteOutput,
  make: (env, base) =>
    promote({
      table: openWatchTable(env.TABLE, base.sdk),
      records: openPromotionRecords(env.TABLE, base.sdk),
      rehearsals: openRehearsalRecords(env.TABLE, base.sdk),
      documents: openDocuments(env.BUCKET, base.sdk),
      functions: openFunctionCalls(base.sdk),
      evaluateFunction: env.EVALUATE_FUNCTION,
      machines: openMachines(base.sdk),
      promotionMachine: env.PROMOTION_MACHINE,
      bus: openEventBus(base.sdk),
      deploymentsIn: perKey((region: string) => openDeployments(region, base.sdk)),
      ...base,
    }),
});
