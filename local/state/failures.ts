import { DrillError } from '../../core/errors.ts';

const codeOf = (error: unknown): unknown =>
  error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined;

export const isMissingFile = (error: unknown): boolean => codeOf(error) === 'ENOENT';

const FULL = new Set<unknown>(['ENOSPC', 'EDQUOT']);
const REFUSED = new Set<unknown>(['EROFS', 'EACCES', 'EPERM']);

/** What nobody may write to, with the reason that the machine gives. */
export const notWritable = (file: string, reason: unknown, cause: unknown): DrillError =>
  new DrillError(
    'InputInvalid',
    `${file} cannot be written (${String(reason)}): let it be written to, or name another data folder with --data`,
    { file },
    cause,
  );

/** A failed write, named so that a person knows what to do about it. */
export const writeFailure = (file: string, error: unknown): unknown => {
  const code = codeOf(error);
  if (REFUSED.has(code)) return notWritable(file, code, error);
  return FULL.has(code)
    ? new DrillError('DiskFull', `no space left to write ${file}; free some space`, { file }, error)
    : error;
};

export const corruptFile = (file: string, found: string, cause?: unknown): DrillError =>
  new DrillError(
    'DataCorrupt',
    `${file} ${found}; restore it from a copy, or move it away to start without it`,
    { file },
    cause,
  );
