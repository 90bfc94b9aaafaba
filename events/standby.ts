/** How the service that runs stands in its two regions, as a drill found it. No value of the environment is kept. */
import * as z from 'zod';
import { DrillId, EpochMs, Region } from './region.ts';

export const RunningService = z.strictObject({
  name: z.string(),
  desired: z.int(),
  running: z.int(),
  /** Of the images that run; empty when nothing does or the platform does not tell. */
  digests: z.array(z.string()),
  cpu: z.string().nullable(),
  memoryMb: z.string().nullable(),
  /** As `nofile=1024:4096`, sorted. */
  ulimits: z.array(z.string()),
});

export const SeenCertificate = z.strictObject({
  host: z.string(),
  /** Names it is for, as DNS names or addresses. */
  names: z.array(z.string()),
  expiresAtMs: EpochMs,
  /** Why a client would not trust it, names apart; null when it would. */
  distrust: z.string().nullable(),
});

export const StandbyRegion = z.strictObject({
  region: Region,
  service: RunningService.nullable(),
  certificate: SeenCertificate.nullable(),
});

export const StandbyRecord = z.strictObject({
  checkedAtMs: EpochMs,
  primary: StandbyRegion,
  standby: StandbyRegion,
  /** Names of variables; values were compared and forgotten. Null when not both regions run the service. */
  environment: z
    .strictObject({
      missing: z.array(z.string()),
      extra: z.array(z.string()),
      different: z.array(z.string()),
    })
    .nullable(),
  notMeasured: z.array(z.strictObject({ what: z.string(), why: z.string() })),
});
export type StandbyRecord = z.output<typeof StandbyRecord>;

export const InspectStandbyInput = z.strictObject({ drillId: DrillId });
export const InspectStandbyOutput = z.strictObject({ drifts: z.int() });
