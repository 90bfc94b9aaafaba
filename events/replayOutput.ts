/** What `failover replay --json` and `failover verify --json` print. */
import * as z from 'zod';
import { DecisionShape } from './evidenceRecord.ts';
import { EpochMs } from './region.ts';

const Relived = z.strictObject({
  moved: z.boolean(),
  /** When it would have moved, or until when the evidence reaches. */
  atMs: EpochMs,
  decision: DecisionShape,
});

export const ReplayOutput = z.strictObject({
  execution: z.string(),
  /** Decided again from the record: bit for bit what was decided then. */
  same: z.boolean(),
  differences: z.array(z.string()),
  /** With other settings; null when none were given. */
  whatIf: z
    .strictObject({
      set: z.array(z.string()),
      asSet: Relived,
      asAsked: Relived,
      lines: z.array(z.string()),
    })
    .nullable(),
});
export type ReplayOutput = z.output<typeof ReplayOutput>;

export const RecordCheck = z.strictObject({
  file: z.string(),
  ok: z.boolean(),
  entries: z.int().min(0),
  /** Hash of the last entry, as it was found. */
  head: z.string().nullable(),
  /** Whether the head was compared with one that was kept elsewhere: a cut end shows only so. */
  headChecked: z.boolean(),
  /** The first entry that is wrong, and why; null when none is. */
  index: z.int().min(0).nullable(),
  why: z.string().nullable(),
});
export type RecordCheck = z.output<typeof RecordCheck>;
