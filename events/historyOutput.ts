import * as z from 'zod';
import { DrillState } from './drillRecord.ts';
import { FailoverSummary } from './failoverSummary.ts';
import { PromotionLine } from './promotion.ts';
import { Region } from './region.ts';

/** A drill as `failover history` lists it. One that no process works on any more was interrupted. */
export const DrillLine = DrillState.extend({
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'INTERRUPTED']),
});
export type DrillLine = z.output<typeof DrillLine>;

/** What `failover history --json` prints, newest first; rehearsals are among the failovers. */
export const HistoryOutput = z.strictObject({
  drills: z.array(DrillLine),
  /** Of two controllers each keeps what it has moved; both may have a move of one name. */
  failovers: z.array(FailoverSummary.extend({ keptIn: Region })),
  promotions: z.array(PromotionLine),
  /** Regions that did not answer: what is kept there is missing. */
  unread: z.array(Region),
});
export type HistoryOutput = z.output<typeof HistoryOutput>;
