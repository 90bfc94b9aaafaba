/** A failover as `failover report <execution> --json` prints it: read from its record, and no more. */
import * as z from 'zod';
import { DecisionShape } from './evidenceRecord.ts';
import { RequestShape, VerificationShape } from './failoverEvidence.ts';
import { FailoverResult } from './failoverSummary.ts';
import { AbstainReason } from './healthVote.ts';
import { ObserverName, SampleShape } from './probeOutcome.ts';
import { EpochMs } from './region.ts';

/** One call of a step to the outside. */
export const CallShape = z.object({
  service: z.string(),
  operation: z.string(),
  region: z.string(),
  attempt: z.int().min(1),
  startedAtMs: EpochMs,
  tookMs: z.number().min(0),
  requestId: z.string().nullable(),
  result: z.string(),
});
export type CallShape = z.output<typeof CallShape>;

export const ReportMoment = z.strictObject({
  atMs: EpochMs,
  /** Kind of the entry of evidence, or what was worked out from several. */
  kind: z.string().max(40),
  text: z.string(),
});
export type ReportMoment = z.output<typeof ReportMoment>;

/** What one server answered to one question, over all rounds. */
export const ServerAnswers = z.strictObject({
  server: z.string(),
  role: z.enum(['authoritative', 'resolver']),
  transport: z.enum(['udp', 'tcp']),
  type: z.enum(['A', 'AAAA']),
  asked: z.int().min(1),
  /** Since when every answer has been the expected one; null while the last one was not. */
  goodSinceMs: EpochMs.nullable(),
  rcode: z.string(),
  values: z.array(z.string()),
  ttlS: z.number().nullable(),
  detail: z.string().nullable(),
});
export type ServerAnswers = z.output<typeof ServerAnswers>;

export const FailoverReport = z.strictObject({
  result: FailoverResult,
  /** The record that this was read from: its entries, and the hash of the last. */
  record: z.strictObject({ entries: z.int().min(1), head: z.string() }),
  /** Estimated by the first failed probe; null when the decision is not kept. */
  faultMs: EpochMs.nullable(),
  decision: DecisionShape.nullable(),
  timeline: z.array(ReportMoment),
  dns: z.array(ServerAnswers),
  request: RequestShape.nullable(),
  verification: VerificationShape.nullable(),
  calls: z.array(CallShape),
  probes: z.array(
    z.strictObject({
      observer: ObserverName,
      target: ObserverName,
      silenced: AbstainReason.nullable(),
      samples: z.array(SampleShape),
    }),
  ),
});
export type FailoverReport = z.output<typeof FailoverReport>;
