/**
 * Bodies of the entries of a failover's evidence, by kind. Steps may write kinds that are not
 * named here: a record keeps them all, and reports show their words.
 */
import * as z from 'zod';
import type { DnsObservation } from '../core/failover/verification.ts';
import { EpochMs, Region } from './region.ts';

const text = z.string().max(2_000);

/** One answer of one server, or why there was none. */
export const DnsAnswerShape = z.strictObject({
  server: z.string().max(100),
  role: z.enum(['authoritative', 'resolver']),
  transport: z.enum(['udp', 'tcp']),
  type: z.enum(['A', 'AAAA']),
  /** The response code; `no answer` when there was none. */
  rcode: z.string().max(40),
  values: z.array(z.string().max(300)).max(100),
  ttlS: z.number().nullable(),
  atMs: EpochMs,
  ms: z.number().min(0),
  detail: text.nullable(),
}) satisfies z.ZodType<DnsObservation>;
export type DnsAnswerShape = z.output<typeof DnsAnswerShape>;

/** A request to the service by its name, and what proves where it was answered. */
export const RequestShape = z.strictObject({
  url: text,
  address: z.string().max(300),
  atMs: EpochMs,
  ms: z.number().min(0),
  ok: z.boolean(),
  status: z.int().nullable(),
  /** What the answer names, or whose address it came from; null when nothing tells. */
  region: z.string().max(100).nullable(),
  /** `header`: the service named its region. `address`: it does not, but the address is the region's own. */
  proof: z.enum(['header', 'address']).nullable(),
  detail: text.nullable(),
});
export type RequestShape = z.output<typeof RequestShape>;

/** Kind `dns`: one round of questions. Kind `request`: the request of that round. */
export const DnsRound = z.strictObject({
  round: z.int().min(1),
  name: z.string().max(253),
  answers: z.array(DnsAnswerShape).max(400),
});

/** Kind `verification`: what the rounds came to. */
export const VerificationShape = z.strictObject({
  ok: z.boolean(),
  outcome: z.enum(['verified', 'failed']),
  why: text,
  expected: z.record(z.enum(['A', 'AAAA']), z.array(z.string().max(300))),
  expectedRegion: Region,
  rounds: z.int().min(0),
  authoritative: z.strictObject({ good: z.int().min(0), of: z.int().min(0) }),
  resolvers: z.strictObject({ good: z.int().min(0), of: z.int().min(0) }),
  stragglers: z.array(z.string().max(100)).max(50),
  authoritativeMs: EpochMs.nullable(),
  effectiveMs: EpochMs.nullable(),
  oldSideNoWorse: z.boolean(),
});
export type VerificationShape = z.output<typeof VerificationShape>;
