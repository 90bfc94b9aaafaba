/** The last state of both machines: also reached when a step failed. */
import * as z from 'zod';
import { StepInput } from './failoverStep.ts';
import { FailoverResult } from './failoverSummary.ts';

export const FinishInput = StepInput.extend({
  /** What a `Catch` caught; absent when every step came to its end. */
  failure: z
    .object({ Error: z.string().max(256).default('Unknown'), Cause: z.string().default('') })
    .nullable()
    .default(null),
});
export type FinishInput = z.output<typeof FinishInput>;

export const FinishOutput = z.strictObject({
  outcome: FailoverResult.shape.outcome,
  active: FailoverResult.shape.active,
  reason: z.string(),
  leftovers: FailoverResult.shape.leftovers,
  record: z.string(),
  head: z.string(),
});
export type FinishOutput = z.output<typeof FinishOutput>;
