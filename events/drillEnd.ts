import * as z from 'zod';
import { DrillId } from './region.ts';
import { RehearsalResult } from './rehearsal.ts';

export const CleanUpInput = z.strictObject({ drillId: DrillId });
export const CleanUpOutput = z.strictObject({ stopped: z.int() });

export const RankInput = z.strictObject({ drillId: DrillId });
/** Where the report is; the ranking itself is too large for a state. */
export const RankOutput = z.strictObject({
  drillId: DrillId,
  reportKey: z.string(),
  headline: z.string(),
});

export const KeepRehearsalInput = z.strictObject({
  drillId: DrillId,
  reportKey: z.string(),
  rehearsal: RehearsalResult,
});
export const KeepRehearsalOutput = z.strictObject({
  outcome: RehearsalResult.shape.outcome,
  why: z.string(),
});

/** The error a state caught, as Step Functions gives it. */
export const Failure = z.strictObject({ Error: z.string(), Cause: z.string().optional() });

export const NotifyInput = z.strictObject({
  drillId: DrillId,
  reportKey: z.string().nullable(),
  failure: Failure.nullable(),
});
export const NotifyOutput = z.strictObject({
  status: z.enum(['sent', 'already-sent', 'not-configured', 'failed']),
  reason: z.string().nullable(),
});
