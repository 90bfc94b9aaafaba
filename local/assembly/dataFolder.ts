/** One process at a time holds a data folder; it says there where it can be reached. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { writeFailure } from '../state/failures.ts';
import { makeFolder, whyNoFolder } from '../state/makeFolder.ts';
import { type FolderLock, lockFolder } from '../stepfunctions/folderLock.ts';

const ENDPOINT_FILE = 'endpoint';

const firstLine = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
};

/** Endpoint of the process that holds a data folder; undefined when none says so. */
export const runningEndpoint = (dataDir: string): string | undefined =>
  firstLine(path.join(dataDir, ENDPOINT_FILE));

const inUse = (dataDir: string, cause: unknown): DrillError => {
  const owner = firstLine(path.join(dataDir, 'owner')) ?? 'unknown';
  const endpoint = runningEndpoint(dataDir);
  const where = endpoint === undefined ? '' : ` (${endpoint})`;
  return new DrillError(
    'DataFolderInUse',
    `the data folder ${dataDir} is in use by process ${owner}${where}. Wait for it, stop it, or use another with --data`,
    { dataDir, owner },
    cause,
  );
};

const makeDataFolder = (dataDir: string): void => {
  try {
    makeFolder(dataDir, 0o700);
  } catch (error) {
    const why = whyNoFolder(dataDir, error);
    if (why === undefined) throw writeFailure(dataDir, error);
    throw new DrillError(
      'InputInvalid',
      `the data folder ${dataDir} cannot be made: ${why}. Name another with --data`,
      { dataDir },
      error,
    );
  }
};

/** @throws DrillError `DataFolderInUse`, `DiskFull`, `InputInvalid` when the folder cannot be made. */
export const holdDataFolder = (dataDir: string): FolderLock => {
  makeDataFolder(dataDir);
  try {
    return lockFolder(dataDir);
  } catch (cause) {
    if (cause instanceof DrillError) throw cause;
    const named = writeFailure(dataDir, cause);
    throw named instanceof DrillError ? named : inUse(dataDir, cause);
  }
};

/** Writes down where the cloud is; the answer takes it back. */
export const announceEndpoint = (dataDir: string, endpoint: string): (() => void) => {
  const file = path.join(dataDir, ENDPOINT_FILE);
  try {
    writeFileSync(file, `${endpoint}\n`, { mode: 0o600 });
  } catch (error) {
    throw writeFailure(file, error);
  }
  return () => rmSync(file, { force: true });
};
