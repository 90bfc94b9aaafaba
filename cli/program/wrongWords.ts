/** Options and arguments that a command does not take end it as any other input does that a person must change. */
import type { Command } from 'commander';
import { DrillError } from '../../core/errors.ts';
import { EXIT } from '../failure.ts';
import { type Output, openOutput } from '../output/output.ts';

/** Nothing is parsed where the words are wrong, so they are looked through as they were typed. */
const wantsJson = (words: readonly string[]): boolean => {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).includes('--json');
};

/** Help that stands in the place of an error: it has been printed already. */
const HELP = 'commander.help';

/**
 * Has a command, by the name it is called with, tell what is wrong with its words as it tells every other error.
 * @param words all that were typed.
 */
export const refuseWrongWords = (
  command: Command,
  name: string,
  words: readonly string[],
  exit: (code: number) => never = process.exit,
  open: (json: boolean) => Pick<Output, 'json' | 'failure'> = openOutput,
): void => {
  const output = open(wantsJson(words));
  const hint = `(${name} --help shows what there is)`;
  if (output.json) command.configureOutput({ outputError: () => {} });
  else command.showHelpAfterError(hint);
  command.exitOverride(({ exitCode, code, message }) => {
    if (exitCode === 0) exit(EXIT.ok);
    if (output.json && code !== HELP) {
      const what = message.replace(/^error: /, '').replaceAll('\n', ' ');
      output.failure(new DrillError('InputInvalid', `${what} ${hint}`));
    }
    exit(EXIT.input);
  });
};
