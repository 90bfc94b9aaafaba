/** Rows of `failover export`: columns of the CSV are the fields, in this order. Null is an empty field. */
import * as z from 'zod';

const ms = z.number().nullable();

/** One variant in one cell and round; phases are medians, null where not available. */
export const RoundRow = z.strictObject({
  drill: z.string(),
  round: z.int(),
  region: z.string(),
  vantage: z.string(),
  variant: z.string(),
  role: z.enum(['reference', 'control', 'candidate']),
  valid: z.boolean(),
  n: z.int(),
  failures: z.int(),
  p50_ms: ms,
  p95_ms: ms,
  p99_ms: ms,
  service_p50_ms: ms,
  dns_p50_ms: ms,
  tcp_p50_ms: ms,
  tls_p50_ms: ms,
  wait_p50_ms: ms,
  transfer_p50_ms: ms,
  floor_p50_ms: z.number(),
  runner: z.string(),
});
export type RoundRow = z.output<typeof RoundRow>;

export const PlacementRow = z.strictObject({
  drill: z.string(),
  round: z.int(),
  region: z.string(),
  variant: z.string(),
  schedule_ms: ms,
  pull_ms: ms,
  start_ms: ms,
  ready_ms: ms,
  error: z.string().nullable(),
});
export type PlacementRow = z.output<typeof PlacementRow>;

export const RankingLine = z.strictObject({
  drill: z.string(),
  scenario: z.string(),
  metric: z.string(),
  quantile: z.number(),
  rank_low: z.int(),
  rank_high: z.int(),
  variant: z.string(),
  level_ms: z.number(),
  effect_pct: z.number().nullable(),
  ci_low_pct: z.number().nullable(),
  ci_high_pct: z.number().nullable(),
  rounds: z.int(),
  aa: z.string(),
});
export type RankingLine = z.output<typeof RankingLine>;

/** One variant on one night in one series; nights that may not be compared have other conditions. */
export const NightRow = z.strictObject({
  night: z.iso.date(),
  drill: z.string(),
  scope: z.string(),
  metric: z.string(),
  unit: z.enum(['ms', 'bytes']),
  /** Null where no image is concerned. */
  variant: z.string().nullable(),
  role: z.enum(['reference', 'control', 'candidate']),
  value: z.number().nullable(),
  /** By what ran on that night; null for that itself. */
  by_reference: z.number().nullable(),
  conditions: z.string(),
});
export type NightRow = z.output<typeof NightRow>;

/** What `failover export --json` prints. */
export const ExportOutput = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('rounds'), rows: z.array(RoundRow) }),
  z.strictObject({ what: z.literal('placements'), rows: z.array(PlacementRow) }),
  z.strictObject({ what: z.literal('rankings'), rows: z.array(RankingLine) }),
  z.strictObject({ what: z.literal('nights'), rows: z.array(NightRow) }),
]);
export type ExportOutput = z.output<typeof ExportOutput>;
