import * as z from 'zod';
import { DrillState } from './drillRecord.ts';

/** A drill as `failover history` lists it. One that no process works on any more was interrupted. */
export const DrillLine = DrillState.extend({
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'INTERRUPTED']),
});
export type DrillLine = z.output<typeof DrillLine>;

/** What `failover history --json` prints, newest first. */
export const HistoryOutput = z.strictObject({ drills: z.array(DrillLine) });
export type HistoryOutput = z.output<typeof HistoryOutput>;
