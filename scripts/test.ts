/**
 * `npm test`: every offline test, in two rows side by side. Whole-machine tests run in real time and mostly wait, so they
 * have the processor when they ask for it; what only calculates takes what they leave, and is told when it is done.
 * A few files that failed beside all others run once more by themselves: that tells a machine that was too busy from a
 * fault. What failed is told last, whatever came of it.
 */
import { styleText } from 'node:util';
import { type FailedFile, mayRepeat, projectOf } from './failedTests.ts';
import { type Outcome, vitestRun } from './vitestRun.ts';

type Row = { readonly name: string; readonly runs: readonly (readonly string[])[] };

/** Projects of vitest.config.ts, one run after the other. */
const WAITING: Row = { name: 'in real time', runs: [['integration'], ['e2e']] };
const WORKING: Row = {
  name: 'calculating',
  runs: [['unit', 'property', 'architecture', 'asl', 'sim', 'contract', 'package']],
};

/** Judges what whole-machine tests noted, so it comes when they have passed. */
const JUDGE = ['iam'];

const fromMs = performance.now();

const say = (text: string): void => console.log(styleText('bold', `\n${text}`));

const run = async (
  name: string,
  projects: readonly string[],
  isShown: boolean,
  files: readonly string[] = [],
): Promise<Outcome> => {
  const outcome = await vitestRun({ projects, files, isShown });
  process.stdout.write(outcome.printed);
  const took = Math.round((performance.now() - fromMs) / 1_000);
  say(
    `tests ${name}: ${projects.join(', ')} ${outcome.passed ? 'passed' : 'failed'} after ${took} s`,
  );
  return outcome;
};

const walk = async ({ name, runs }: Row, isShown: boolean): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (const projects of runs) outcomes.push(await run(name, projects, isShown));
  return outcomes;
};

const tell = (title: string, failed: readonly FailedFile[]): void => {
  if (failed.length === 0) return;
  say(title);
  for (const { file, tests } of failed) {
    for (const test of tests) console.log(`  ${file}\n    ${test}`);
  }
};

const outcomes = (await Promise.all([walk(WAITING, true), walk(WORKING, false)])).flat();
const failed = outcomes.flatMap((outcome) => outcome.failed);
const files = failed.map(({ file }) => file);
const projects = [...new Set(files.map(projectOf))];
const isRepeated = mayRepeat(outcomes);
const alone = isRepeated ? await run('once more, alone', projects, true, files) : undefined;
const isGood = alone?.passed ?? outcomes.every(({ passed }) => passed);
const judged = isGood ? await run('that judge', JUDGE, true) : undefined;

tell(alone?.passed ? 'failed beside the other tests, and passed alone:' : 'failed:', failed);
tell('failed alone as well:', alone?.failed ?? []);
tell('failed:', judged?.failed ?? []);
process.exitCode = judged?.passed ? 0 : 1;
