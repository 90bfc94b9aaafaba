/** What failed, and whether it may be a stumble. */
import path from 'node:path';
import * as z from 'zod';

/** Projects of vitest.config.ts that draw other numbers each time: what they found once may not come again. */
const DRAWN = ['property'];
/** More than a few is no stumble. */
const REPEATED_MAX = 3;

/** What is used of vitest's JSON report, in the shape of Jest's. */
const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** `file` is relative to the project; `tests` name what failed, each with why. */
export type FailedFile = { readonly file: string; readonly tests: readonly string[] };

/** The project of vitest.config.ts that a file belongs to. */
export const projectOf = (file: string): string => file.split('/')[1] ?? '';

const LINES_SHOWN = 8;

const firstLines = (text: string): string => {
  // What called the test does not tell why it failed.
  const lines = text.split('\n').filter((line) => !/^\s*$|\/node_modules\/|<anonymous>/.test(line));
  return lines.slice(0, LINES_SHOWN).join('\n    ');
};

/** Reads the report that vitest wrote. @throws a ZodError or SyntaxError where it is none. */
export const failedFiles = (report: string, root: string): FailedFile[] => {
  const { testResults } = Report.parse(JSON.parse(report));
  return testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name, message, assertionResults }) => {
      const tests = assertionResults
        .filter(({ status }) => status === 'failed')
        .map((test) => `${test.fullName}: ${firstLines(test.failureMessages?.[0] ?? 'no reason')}`);
      // A file that did not load, or whose hooks failed, has a message of its own.
      return {
        file: path.relative(root, name),
        tests: tests.length > 0 ? tests : [firstLines(message)],
      };
    });
};

/** What is known of a run that ended. */
type Ended = { readonly passed: boolean; readonly failed: readonly FailedFile[] };

const isDrawn = ({ file }: FailedFile): boolean => DRAWN.includes(projectOf(file));

/**
 * Whether something failed that may be a stumble of a busy machine: few files. What only calculates fails again, so that
 * repeating it hides nothing, except where it draws numbers.
 */
export const mayRepeat = (runs: readonly Ended[]): boolean => {
  const bad = runs.filter(({ passed }) => !passed);
  // A run that failed without a failing file broke down otherwise.
  const isClear = bad.every(({ failed }) => failed.length > 0 && !failed.some(isDrawn));
  const count = bad.reduce((sum, { failed }) => sum + failed.length, 0);
  return isClear && count > 0 && count <= REPEATED_MAX;
};
