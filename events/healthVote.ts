/** What one observer says of the regions that it probes. */
import * as z from 'zod';
import type { Vote } from '../core/health/vote.ts';
import { type BusEvent, busEvent } from './busEvent.ts';
import { ObserverName, ServiceName } from './probeOutcome.ts';
import { EpochMs, Ms } from './region.ts';

export const AbstainReason = z.enum([
  'canary-failed',
  'stale',
  'clock-skew',
  'inside-target',
  'starting',
]);

export const VoteShape = z.strictObject({
  observer: ObserverName,
  target: ObserverName,
  atMs: EpochMs,
  vote: z.enum(['UP', 'DEGRADED', 'DOWN', 'ABSTAIN']),
  reason: AbstainReason.nullable(),
  sinceMs: EpochMs.nullable(),
  doubtSinceMs: EpochMs.nullable(),
  p95Ms: Ms.nullable(),
  lastFailure: z.string().max(40).nullable(),
}) satisfies z.ZodType<Vote>;

/** All votes of an observer of one moment: together they cost one evaluation. */
export const HealthVote = z.strictObject({
  service: ServiceName,
  votes: z
    .array(
      VoteShape.refine(
        ({ vote, reason }) => (vote === 'ABSTAIN') === (reason !== null),
        'an abstention has a reason, and nothing else has',
      ),
    )
    .min(1)
    .max(4),
});
export type HealthVote = z.output<typeof HealthVote>;

export const healthVote = (service: string, votes: readonly Vote[]): BusEvent<HealthVote> =>
  busEvent('HealthVote', HealthVote.parse({ service, votes }));
