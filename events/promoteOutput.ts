/** What `failover promote --json` and `failover rollback --json` print. */
import type * as z from 'zod';
import { OperatedPlace } from './operatedPlace.ts';
import { PromoteOutput, PromotionRecord } from './promotion.ts';

export const PromotionOrder = PromoteOutput.extend({
  /** Null for the embedded cloud. */
  place: OperatedPlace.nullable(),
  /** How it stands or ended; null where nothing was begun. */
  record: PromotionRecord.nullable(),
});
export type PromotionOrder = z.output<typeof PromotionOrder>;
