/** One run of vitest, and what of it failed. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type FailedFile, failedFiles } from './failedTests.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const VITEST = path.join(ROOT, 'node_modules/vitest/vitest.mjs');

/** Gives way to whoever wants the processor, but not to nothing at all. */
const NICE = ['nice', '-n', '19'];

export type Outcome = {
  readonly passed: boolean;
  readonly failed: readonly FailedFile[];
  /** Empty where it was shown at once. */
  readonly printed: string;
};

type Request = {
  /** Projects of vitest.config.ts. */
  readonly projects: readonly string[];
  /** All of the projects' where it is left out. */
  readonly files?: readonly string[];
  /** Shown at once and at full priority; what is not shown gives way, and is returned. */
  readonly isShown: boolean;
};

const readReport = (file: string): FailedFile[] => {
  try {
    return failedFiles(readFileSync(file, 'utf8'), ROOT);
  } catch {
    // It was killed, or could not start: that it failed is still known, by its exit code.
    return [];
  }
};

export const vitestRun = async ({ projects, files = [], isShown }: Request): Promise<Outcome> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'failover-tests-'));
  const report = path.join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [...projects.flatMap((name) => ['--project', name]), ...reporters, ...files];
  const command = [...(isShown ? [] : NICE), process.execPath, VITEST, 'run', ...args];
  const child = spawn(command[0] ?? '', command.slice(1), {
    stdio: ['ignore', isShown ? 'inherit' : 'pipe', isShown ? 'inherit' : 'pipe'],
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => printed.push(chunk));
  }
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const failed = code === 0 ? [] : readReport(report);
    return { passed: code === 0, failed, printed: Buffer.concat(printed).toString() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
