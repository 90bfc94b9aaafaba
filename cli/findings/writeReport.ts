/** Writes findings to the file that an option names. */
import { writeFileSync } from 'node:fs';
import { DrillError } from '../../core/errors.ts';

/** @throws DrillError `InputInvalid` when the file cannot be written. */
export const writeReport = (option: string, file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DrillError('InputInvalid', `--${option} ${file}: cannot write it: ${why}`);
  }
};
