/** The configuration as the functions find it, with what its sources told when they were stored. */
import * as z from 'zod';
import { Config } from './config.ts';
import { Dockerfile } from './dockerfile.ts';
import { ScanSummary } from './scan.ts';

/** What the configuration as it is stored tells of the images that are built. */
export const InspectedSources = z.object({
  /** The Dockerfile of the sources, read when they were stored. */
  dockerfile: Dockerfile.optional(),
  /** What scanners found, by variant. */
  scans: z.record(z.string(), ScanSummary).default({}),
});
export type InspectedSources = z.output<typeof InspectedSources>;

/** The configuration as it is stored for the functions: the file's content, and where its sources are. */
export const ConfigDocument = z.strictObject({
  config: Config,
  source: z.strictObject({ key: z.string(), sha256: z.string() }).optional(),
  ...InspectedSources.shape,
});
export type ConfigDocument = z.output<typeof ConfigDocument>;
