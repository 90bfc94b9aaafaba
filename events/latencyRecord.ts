import * as z from 'zod';
import { ArmId, Cell, DrillId, EpochMs, Round } from './region.ts';

/** The arm under which facts of a cell are kept that do not depend on an image: DNS and database. */
export const CELL_ARM_ID = '-';

/**
 * The latency record: all that one burst of probes found out about one arm in one cell and round.
 * Failures are counted here and are in no sketch; ranking censors them at the timeout.
 */
export const LatencyRecord = z.strictObject({
  drillId: DrillId,
  round: Round,
  cell: Cell,
  armId: ArmId,
  /** Place of the arm in the cell's random order, from 0. */
  order: z.int(),
  startedAt: EpochMs,
  /** False when more than 5 % of the samples were sent late: the round is dropped for all arms. */
  valid: z.boolean(),
  sent: z.record(z.string(), z.int()),
  late: z.record(z.string(), z.int()),
  warmup: z.record(z.string(), z.int()),
  timeoutMs: z.record(z.string(), z.number()),
  /** Failures by kind and reason, as `http.timeout`. */
  errors: z.record(z.string(), z.int()),
  counters: z.record(z.string(), z.int()),
  floorP50Us: z.number(),
  floorP95Us: z.number(),
  runner: z.string(),
  /** What could not be measured here, and why. */
  notAvailable: z.record(z.string(), z.string()),
  /** Values in microseconds, by metric such as `http.total`, `http.wait`, `tcp.connect`. */
  sketches: z.record(
    z.string(),
    z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  ),
});
export type LatencyRecord = z.output<typeof LatencyRecord>;
