/** The report of a drill: what `--json` prints, what the page shows, what Slack is told of. */
import * as z from 'zod';
import { GateResult } from './gates.ts';
import { ImageFacts } from './image.ts';
import { NightsReport } from './nights.ts';
import { PromoteOutput } from './promotion.ts';
import { Ranking } from './ranking.ts';
import { Cell, DrillId } from './region.ts';
import { RehearsalResult } from './rehearsal.ts';
import { StandbyRecord } from './standby.ts';

/** Quantiles of one metric in milliseconds, over all valid rounds, failures left out but counted beside. */
export const Quantiles = z.strictObject({
  n: z.int(),
  p5: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
});
export type Quantiles = z.output<typeof Quantiles>;

/** One arm in one cell. */
export const CellArm = z.strictObject({
  armId: z.string(),
  /** By metric, such as `http.total` (from due time), `http.service` (from sending), `http.wait`. */
  metrics: z.record(z.string(), Quantiles),
  /** p50 of `http.total` in each round; null where the round has none. */
  p50ByRoundMs: z.array(z.number().nullable()),
  sent: z.int(),
  failed: z.int(),
  errors: z.record(z.string(), z.int()),
});

export type CellArm = z.output<typeof CellArm>;

export const CellReport = z.strictObject({
  cell: Cell,
  /** Known median round-trip time between the two regions, from the project's region table. */
  knownRttMs: z.number(),
  arms: z.array(CellArm),
  /** What does not depend on an image: DNS and database. */
  environment: z.record(z.string(), Quantiles),
  environmentErrors: z.record(z.string(), z.int()),
});
export type CellReport = z.output<typeof CellReport>;

/** One line of the overview: a variant with everything known of it. */
export const VariantReport = z.strictObject({
  id: z.string(),
  role: z.enum(['reference', 'candidate']),
  target: z.string(),
  args: z.record(z.string(), z.string()),
  image: ImageFacts.nullable(),
  /** All gates that were asked for, those on the image first. */
  gates: z.array(GateResult).default([]),
  /** Medians over all placements, in milliseconds; null where not measured. */
  placement: z.strictObject({
    placements: z.int(),
    failures: z.int(),
    scheduleMs: z.number().nullable(),
    pullMs: z.number().nullable(),
    startMs: z.number().nullable(),
    readyMs: z.number().nullable(),
  }),
  /** Weighted geometric mean of the ratios to the reference, less one, in percent; null where not ranked. */
  scorePct: z.number().nullable(),
  pareto: z.boolean(),
});
export type VariantReport = z.output<typeof VariantReport>;

/** One placement: how long its parts took, null where the platform does not tell, or why it failed. */
export const PlacementLine = z.strictObject({
  round: z.int(),
  region: z.string(),
  armId: z.string(),
  scheduleMs: z.number().nullable(),
  pullMs: z.number().nullable(),
  startMs: z.number().nullable(),
  readyMs: z.number().nullable(),
  error: z.string().nullable(),
});
export type PlacementLine = z.output<typeof PlacementLine>;

/** Something that went wrong without ending the drill. */
export const Problem = z.strictObject({
  kind: z.string(),
  where: z.string(),
  what: z.string(),
});
export type Problem = z.output<typeof Problem>;

/** What is known of primary and standby as a pair, and the round trip that was measured between them. */
export const Pair = z.strictObject({
  distanceKm: z.number(),
  band: z.enum(['together', 'near', 'apart', 'far']),
  knownRttMs: z.number(),
  measuredRttMs: z.number().nullable(),
  why: z.array(z.string()).readonly(),
});

/** Replication in one direction, by heartbeats. */
export const Replication = z.strictObject({
  from: z.string(),
  to: z.string(),
  /** Such as `primary → standby`. */
  roles: z.string(),
  heartbeats: z.int(),
  unseen: z.int(),
  failed: z.int(),
  lag: Quantiles.nullable(),
});

export const StandbyReport = StandbyRecord.extend({
  drifts: z.array(
    z.strictObject({
      of: z.enum(['image', 'environment', 'capacity', 'limits', 'certificate']),
      where: z.string(),
      what: z.string(),
    }),
  ),
});

export const DrillReport = z.strictObject({
  version: z.literal(1),
  drillId: DrillId,
  service: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  profile: z.string(),
  seed: z.string(),
  regions: z.strictObject({
    primary: z.string(),
    standby: z.string(),
    witness: z.string().nullable(),
    home: z.string(),
  }),
  vantages: z.array(z.string()),
  reference: z.string(),
  runner: z.array(z.string()),
  roundsDone: z.int(),
  roundsPlanned: z.int(),
  samplesPerBurst: z.int(),
  ratePerS: z.number(),
  sent: z.int(),
  failed: z.int(),
  /** Self-noise of the probers: p50 and p95 of loopback probes, median over the bursts. */
  floorP50Ms: z.number(),
  floorP95Ms: z.number(),
  /** One for each scenario and quantile; the first is the primary table. */
  rankings: z.array(Ranking),
  variants: z.array(VariantReport),
  placements: z.array(PlacementLine),
  cells: z.array(CellReport),
  problems: z.array(Problem),
  /** The two serving regions together; null where a region is not known. */
  pair: Pair.nullable().default(null),
  /** How far data is behind between the serving regions; empty where it was not measured. */
  replication: z.array(Replication).default([]),
  /** The service that runs in both regions, and where the standby differs; null when nobody looked. */
  standby: StandbyReport.nullable().default(null),
  /** Tonight against the nights before; null until they were looked at. */
  nights: NightsReport.nullable().default(null),
  /** Null where none was asked for. */
  rehearsal: RehearsalResult.nullable().default(null),
  /** What came of the promotion that `drill.promote` asks for; null when a person is to say so. */
  promotion: PromoteOutput.nullable().default(null),
  /** What could not be measured, and why. */
  notMeasured: z.array(z.strictObject({ what: z.string(), why: z.string() })),
  /** One sentence: what moved, and how sure. */
  headline: z.string(),
  /** What a person may do next, most useful first. */
  next: z.array(z.string()),
  /** SHA-256 over everything the rankings were computed from. */
  inputsHash: z.string(),
});
export type DrillReport = z.output<typeof DrillReport>;

/** What a promotion reads of a report; the rest is kept as it is. */
export const PromotableReport = z.looseObject({
  drillId: DrillId,
  headline: z.string(),
  reference: z.string(),
  rankings: z.array(Ranking),
  variants: z.array(
    z.looseObject({
      id: z.string(),
      image: z.looseObject({ digest: z.string().nullable() }).nullable(),
      gates: z.array(GateResult).default([]),
    }),
  ),
  next: z.array(z.string()),
});
