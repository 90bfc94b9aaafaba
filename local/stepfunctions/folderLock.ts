import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeFailure } from '../state/failures.ts';
import { sqliteFailure } from '../state/sqlite.ts';

/** Keeps a folder to one process. */
export type FolderLock = { release(): void };

const ownerOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown';
  }
};

const openFile = (file: string): DatabaseSync => {
  try {
    return new DatabaseSync(file);
  } catch (error) {
    throw sqliteFailure(file, error) ?? error;
  }
};

/**
 * Takes the lock of a folder. The kernel gives it back when the process ends, however it ends. An
 * SQLite file is used because it locks with what each platform has. Throws when another has it.
 */
export const lockFolder = (folder: string): FolderLock => {
  mkdirSync(folder, { recursive: true });
  const owner = path.join(folder, 'owner');
  const file = path.join(folder, 'lock.sqlite');
  const database = openFile(file);
  try {
    database.exec('PRAGMA busy_timeout = 0');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const named = sqliteFailure(file, error);
    if (named) throw named;
    throw new Error(
      `the executions in ${folder} belong to process ${ownerOf(owner)}: end it, or use another data folder`,
    );
  }
  try {
    writeFileSync(owner, `${process.pid}\n`);
  } catch (error) {
    database.close();
    throw writeFailure(owner, error);
  }
  return { release: () => database.close() };
};
