import { DatabaseSync } from 'node:sqlite';
import { DrillError } from '../../core/errors.ts';
import { corruptFile, notWritable } from './failures.ts';

/** Result codes of SQLite: https://www.sqlite.org/rescode.html */
const FULL = 13;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const READ_ONLY = 8;
const CANNOT_OPEN = 14;

/** What a person can do about a fault of SQLite; undefined for faults of other kinds. */
export const sqliteFailure = (file: string, error: unknown): DrillError | undefined => {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === FULL) {
    return new DrillError('DiskFull', `no space left to write ${file}; free some space`, {}, error);
  }
  if (code === CORRUPT || code === NOT_A_DATABASE) {
    return corruptFile(file, 'is no SQLite database', error);
  }
  if (code === READ_ONLY || code === CANNOT_OPEN) {
    return notWritable(file, error instanceof Error ? error.message : code, error);
  }
  return undefined;
};

/** Opens a database and brings its tables about. @throws DrillError `DataCorrupt`, `DiskFull` */
export const openDatabase = (file: string, schema: string): DatabaseSync => {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec(schema);
    return database;
  } catch (error) {
    database?.close();
    throw sqliteFailure(file, error) ?? error;
  }
};
