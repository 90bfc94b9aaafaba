/** Writes a file that an option names. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { makeFolder } from '../../local/state/makeFolder.ts';

/**
 * Writes it, its folders too, and answers where it is.
 * @throws DrillError `InputInvalid` when the file cannot be written.
 */
export const writeReport = (option: string, file: string, text: string): string => {
  const place = path.resolve(file);
  try {
    makeFolder(path.dirname(place));
    writeFileSync(place, text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DrillError('InputInvalid', `--${option} ${file}: cannot write it: ${why}`);
  }
  return place;
};
