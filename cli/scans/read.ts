/** Finds the scans that `drill.gates.vulnerabilities` names. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import type { ScanSummary } from '../../events/scan.ts';
import { parseScan } from './parse.ts';

/** Reports of large images have a few megabytes. */
const BYTES_MAX = 64_000_000;
const PLACEHOLDER = '{variant}';

export type Scans = {
  /** By variant. */
  readonly scans: Readonly<Record<string, ScanSummary>>;
  /** Files that are not there yet; their variants are not judged. */
  readonly missing: readonly string[];
  readonly faults: readonly string[];
};

const sizeOf = (file: string): number | undefined =>
  statSync(file, { throwIfNoEntry: false })?.size;

const readOne = (folder: string, name: string): ScanSummary | undefined => {
  const file = path.resolve(folder, name);
  const bytes = sizeOf(file);
  if (bytes === undefined) return undefined;
  if (bytes > BYTES_MAX) {
    throw new DrillError('InputInvalid', `${name} is larger than ${formatBytes(BYTES_MAX)}`);
  }
  return parseScan(readFileSync(file, 'utf8'), name);
};

/**
 * Reads one file for all variants, or one for each where the name holds `{variant}`.
 * @param folder is that of the configuration.
 */
export const readScans = (name: string, folder: string, variants: readonly string[]): Scans => {
  const scans: Record<string, ScanSummary> = {};
  const missing = new Set<string>();
  const faults = new Set<string>();
  for (const variant of variants) {
    const own = name.replaceAll(PLACEHOLDER, variant);
    try {
      const scan = readOne(folder, own);
      if (scan) scans[variant] = scan;
      else missing.add(own);
    } catch (error) {
      faults.add(error instanceof Error ? error.message : String(error));
    }
  }
  const absent = name.includes(PLACEHOLDER) ? [] : [...missing].map((own) => `there is no ${own}`);
  return { scans, missing: [...missing], faults: [...absent, ...faults] };
};
