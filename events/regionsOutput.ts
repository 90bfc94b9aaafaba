/** What `failover regions --json` prints, and what is known of a pair of regions. */
import * as z from 'zod';
import { Region } from './region.ts';

export const RegionPair = z.strictObject({
  primary: Region,
  standby: Region,
  distanceKm: z.int(),
  rttMs: z.int(),
  rttEstimated: z.boolean(),
  band: z.enum(['together', 'near', 'apart', 'far']),
  sameCountry: z.boolean(),
  optIn: z.boolean(),
  why: z.array(z.string()).readonly(),
});

export const RegionsOutput = z.strictObject({
  primary: Region,
  /** Best first. */
  candidates: z.array(RegionPair.extend({ rank: z.int() })).readonly(),
  /** Those that the residency rule leaves out. */
  refused: z.array(z.strictObject({ standby: Region, why: z.string() })).readonly(),
});
