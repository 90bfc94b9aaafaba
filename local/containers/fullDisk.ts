import { statfsSync } from 'node:fs';
import { DrillError } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';

/** Below this no image of a service can be built; above it, a tool that finds no space means something else. */
const NEEDED_BYTES = 100_000_000;
const NEEDED_FILES = 1_000;

export type DiskRoom = {
  readonly freeBytes: number;
  /** Null where the file system does not count files. */
  readonly freeFiles: number | null;
};

export const roomOf = (folder: string): DiskRoom => {
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  return { freeBytes: bavail * bsize, freeFiles: files === 0 ? null : ffree };
};

/**
 * Why a tool that could not build the first image is no worse than another one: the disk of the data folder is
 * full. The kernel says the same where it refuses a namespace, so the disk is asked, too.
 * @returns undefined where the disk has room, or the tool failed for another reason.
 */
export const fullDisk = (
  tool: string,
  said: string,
  dataDir: string,
  { freeBytes, freeFiles }: DiskRoom,
): DrillError | undefined => {
  if (!/no space left|disk quota exceeded/i.test(said)) return undefined;
  const isOutOfFiles = freeFiles !== null && freeFiles < NEEDED_FILES;
  if (freeBytes >= NEEDED_BYTES && !isOutOfFiles) return undefined;
  const left = isOutOfFiles ? `room for ${freeFiles} more files` : `${formatBytes(freeBytes)} free`;
  return new DrillError(
    'DiskFull',
    `no space left on the disk of ${dataDir} (${left}): ${tool} could not build its first image. Free some space, or name a folder on another disk with --data`,
    { dataDir, freeBytes },
  );
};
