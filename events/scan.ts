/** What a scan of an image found, taken out of the file of a scanner when a drill is started. */
import * as z from 'zod';

export const ScanSeverity = z.enum(['low', 'medium', 'high', 'critical']);
export type ScanSeverity = z.output<typeof ScanSeverity>;

const Counts = z.strictObject({
  critical: z.int(),
  high: z.int(),
  medium: z.int(),
  low: z.int(),
  /** Also what the scanner calls negligible. */
  unknown: z.int(),
});

export const ScanSummary = z.strictObject({
  /** As the configuration names it, with the name of the variant filled in. */
  file: z.string(),
  tool: z.enum(['trivy', 'grype']),
  scannedAt: z.string().nullable(),
  /** What was scanned, in the words of the scanner. */
  target: z.string(),
  /** Digests of the manifest and the configuration of what was scanned; empty for a file system. */
  digests: z.array(z.string()),
  all: Counts,
  /** Those for which the scanner knows a version without the fault. */
  fixable: Counts,
  /** The worst ones, at most ten. */
  worst: z.array(
    z.strictObject({
      id: z.string(),
      severity: z.string(),
      component: z.string(),
      version: z.string(),
      fixedIn: z.string().nullable(),
    }),
  ),
});
export type ScanSummary = z.output<typeof ScanSummary>;
