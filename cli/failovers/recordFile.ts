/** Records of evidence in files. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DrillError } from '../../core/errors.ts';
import type { Entry } from '../../core/evidence/chain.ts';
import { EvidenceRecord } from '../../events/evidenceRecord.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const invalid = (file: string, why: string, cause?: unknown): DrillError =>
  new DrillError('InputInvalid', `${file}: ${why}`, { file }, cause);

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw invalid(file, `cannot be read (${String(code)}). Name a record's file`, error);
  }
};

/** @throws DrillError `InputInvalid` when the file cannot be read or holds no record. */
export const readRecordFile = (file: string): Entry[] => {
  let value: unknown;
  try {
    value = JSON.parse(textOf(file));
  } catch (error) {
    if (error instanceof DrillError) throw error;
    throw invalid(file, 'is not JSON, so it is no record, or it has been changed', error);
  }
  const read = EvidenceRecord.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
  throw invalid(file, `is not a record of evidence, or it has been changed${where}`);
};
