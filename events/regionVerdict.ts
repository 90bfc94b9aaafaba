/** What a quorum of votes says of a region. */
import * as z from 'zod';
import type { Verdict } from '../core/health/verdict.ts';
import { type BusEvent, busEvent } from './busEvent.ts';
import { VoteShape } from './healthVote.ts';
import { ObserverName, ServiceName } from './probeOutcome.ts';
import { EpochMs } from './region.ts';

export const VerdictShape = z.strictObject({
  region: ObserverName,
  state: z.enum(['UP', 'DEGRADED', 'DOWN', 'UNKNOWN']),
  atMs: EpochMs,
  sinceMs: EpochMs.nullable(),
  doubtSinceMs: EpochMs.nullable(),
  vantage: z.enum(['quorum', 'single']),
  needed: z.int().min(1),
  eligible: z.int().min(0),
  votes: z.array(VoteShape).max(20),
  why: z.string().max(2_000),
}) satisfies z.ZodType<Verdict>;

export const RegionVerdict = VerdictShape.extend({ service: ServiceName });
export type RegionVerdict = z.output<typeof RegionVerdict>;

export const regionVerdict = (service: string, verdict: Verdict): BusEvent<RegionVerdict> =>
  busEvent('RegionVerdict', RegionVerdict.parse({ service, ...verdict }));
