import * as z from 'zod';
import { openDeployments } from '../../aws/deployments.ts';
import { openEventBus } from '../../aws/eventBus.ts';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openListenerShares } from '../../aws/listenerShares.ts';
import { openPromotionRecords } from '../../aws/promotionRecords.ts';
import { openRehearsalRecords } from '../../aws/rehearsalRecords.ts';
import { openTargetGroups } from '../../aws/targetGroups.ts';
import { perKey } from '../../core/perKey.ts';
import { StepPromotionInput, StepPromotionOutput } from '../../events/promotion.ts';
import { entry } from '../_entry.ts';
import { EVALUATE_FUNCTION, TABLE } from '../_settings.ts';
import { stepOfPromotion } from './run.ts';

export const handler = entry({
  name: 'step-promotion',
  env: z.object({ TABLE, EVALUATE_FUNCTION }),
  input: StepPromotionInput,
  output: StepPromotionOutput,
  make: (env, base) =>
    stepOfPromotion({
      records: openPromotionRecords(env.TABLE, base.sdk),
      rehearsals: openRehearsalRecords(env.TABLE, base.sdk),
      functions: openFunctionCalls(base.sdk),
      evaluateFunction: env.EVALUATE_FUNCTION,
      bus: openEventBus(base.sdk),
      deploymentsIn: perKey((region: string) => openDeployments(region, base.sdk)),
      targetGroupsIn: perKey((region: string) => openTargetGroups(region, base.sdk)),
      sharesIn: perKey((region: string) => openListenerShares(region, base.sdk)),
      ...base,
    }),
});
