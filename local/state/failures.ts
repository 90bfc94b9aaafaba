import { DrillError } from '../../core/errors.ts';

const codeOf = (error: unknown): unknown =>
  error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined;

export const isMissingFile = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/** A failed write, named so that a person knows what to do about it. */
export const writeFailure = (file: string, error: unknown): unknown =>
  codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT'
    ? new DrillError('DiskFull', `no space left to write ${file}; free some space`, { file }, error)
    : error;

export const corruptFile = (file: string, found: string, cause?: unknown): DrillError =>
  new DrillError(
    'DataCorrupt',
    `${file} ${found}; restore it from a copy, or move it away to start without it`,
    { file },
    cause,
  );
