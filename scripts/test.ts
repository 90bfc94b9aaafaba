/**
 * `npm test`: every offline test, in two rows side by side. Whole-machine tests run in real time and mostly wait, so they
 * have the processor when they ask for it; what only calculates takes what they leave, and is told when it is done.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { styleText } from 'node:util';

type Row = { readonly name: string; readonly runs: readonly (readonly string[])[] };

/** Projects of vitest.config.ts, one run after the other: what judges the runs before it comes last. */
const WAITING: Row = { name: 'in real time', runs: [['integration'], ['e2e'], ['iam']] };
const WORKING: Row = {
  name: 'calculating',
  runs: [['unit', 'property', 'architecture', 'asl', 'sim', 'contract', 'package']],
};

/** Gives way to whoever wants the processor, but not to nothing at all. */
const NICE = ['nice', '-n', '19'];
const VITEST = path.resolve(import.meta.dirname, '../node_modules/vitest/vitest.mjs');

const say = (text: string): void => console.log(styleText('bold', `\n${text}`));

/** @returns whether all passed, and what was printed unless it was shown at once. */
const vitest = (projects: readonly string[], first: boolean): Promise<[boolean, string]> => {
  const args = [VITEST, 'run', ...projects.flatMap((name) => ['--project', name])];
  const [program = '', ...rest] = [...(first ? [] : NICE), process.execPath, ...args];
  const child = spawn(program, rest, {
    stdio: ['ignore', first ? 'inherit' : 'pipe', first ? 'inherit' : 'pipe'],
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => printed.push(chunk));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve([code === 0, Buffer.concat(printed).toString()]));
  });
};

/** Ends with the first run that fails. */
const walk = async ({ name, runs }: Row, first: boolean): Promise<boolean> => {
  const fromMs = performance.now();
  for (const projects of runs) {
    const [passed, printed] = await vitest(projects, first);
    process.stdout.write(printed);
    const took = Math.round((performance.now() - fromMs) / 1_000);
    say(`tests ${name}: ${projects.join(', ')} ${passed ? 'passed' : 'failed'} after ${took} s`);
    if (!passed) return false;
  }
  return true;
};

const ends = await Promise.all([walk(WAITING, true), walk(WORKING, false)]);
process.exitCode = ends.every(Boolean) ? 0 : 1;
