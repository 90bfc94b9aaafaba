// The project's templates and machines in a folder of their own, where a test may break them.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';

const COPIED = ['serverless.yml', 'buildspec.yml', 'resources', 'statemachines'];
const LINKED = ['functions', 'core', 'aws', 'events', 'probes'];

export type ProjectCopy = {
  readonly folder: string;
  /** Replaces a text that stands in a file; fails where it does not. */
  breakFile(file: string, from: string, to: string): void;
  remove(): void;
};

export const copyProject = (): ProjectCopy => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'failover-lint-'));
  for (const name of COPIED) {
    cpSync(path.join(PROJECT_FOLDER, name), path.join(folder, name), { recursive: true });
  }
  for (const name of LINKED) symlinkSync(path.join(PROJECT_FOLDER, name), path.join(folder, name));
  return {
    folder,
    breakFile: (file, from, to) => {
      const whole = path.join(folder, file);
      const text = readFileSync(whole, 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
      writeFileSync(whole, text.replace(from, to));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
