import * as z from 'zod';
import { Placement } from './placement.ts';
import { ProbeSpec } from './probeSpec.ts';
import { ArmId, Cell, DrillId, Region, Round } from './region.ts';

/** Input of `dispatch-probe`: one cell of one round, and the token that the answer must carry. */
export const DispatchProbeInput = z.strictObject({
  drillId: DrillId,
  round: Round,
  cell: Cell,
  placements: z.array(Placement),
  taskToken: z.string(),
});
export type DispatchProbeInput = z.output<typeof DispatchProbeInput>;

/** What the `probe` function of a vantage region is asked to do; it knows nothing else of the drill. */
export const ProbeRequest = z.strictObject({
  drillId: DrillId,
  round: Round,
  seed: z.string(),
  homeRegion: Region,
  cell: Cell,
  targets: z.array(
    z.strictObject({ armId: ArmId, host: z.string(), port: z.int(), runner: z.string() }),
  ),
  probes: z.array(ProbeSpec),
  /** Serving regions other than the cell's: where replication is read. */
  replicaRegions: z.array(Region),
  sampling: z.strictObject({
    samples: z.int().min(1),
    warmup: z.int().min(0),
    ratePerS: z.number().positive(),
  }),
  taskToken: z.string(),
});
export type ProbeRequest = z.output<typeof ProbeRequest>;

/** What `probe` answers with its token: counts, so that the next state can see a broken cell. */
export const ProbeResult = z.strictObject({
  cell: Cell,
  status: z.enum(['measured', 'unreachable']),
  reason: z.string().nullable(),
  arms: z.array(
    z.strictObject({ armId: ArmId, sent: z.int(), failed: z.int(), valid: z.boolean() }),
  ),
});
export type ProbeResult = z.output<typeof ProbeResult>;
