/** A person's word before anything moves or goes. */
import { DrillError } from '../../core/errors.ts';
import { openQuestions } from '../ask.ts';
import type { Output } from '../output/output.ts';
import { type Deployed, placeText } from './deployed.ts';

type Given = { readonly yes?: boolean };

/** @throws DrillError `InputInvalid` where nobody can be asked. */
export const confirmed = async (
  question: string,
  { yes = false }: Given,
  output: Output,
  signal: AbortSignal,
): Promise<boolean> => {
  if (yes) return true;
  if (output.json || !process.stdin.isTTY) {
    throw new DrillError('InputInvalid', `${question} Say so with --yes where nobody can be asked`);
  }
  const questions = openQuestions(process.stdin, process.stderr, signal);
  try {
    const answer = await questions.ask({ text: `${question} (y/n)`, preset: 'n' });
    return /^y(es)?$/i.test(answer);
  } finally {
    questions.close();
  }
};

/**
 * With `--yes` nobody is asked, so nobody sees which account it is: the file has to name it.
 * @throws DrillError `InputInvalid`
 */
const checkUnasked = ({ config, place }: Deployed): void => {
  if (config.aws.account !== undefined) return;
  throw new DrillError(
    'InputInvalid',
    `--yes would act in an account that nobody has confirmed: name it in the configuration, aws: { account: "${place.account}" }, or leave --yes out and answer`,
  );
};

/** The same about what may be deployed, with its place in the question; `what` is one without its mark. */
export const confirmedAt = (
  deployed: Deployed | null,
  what: string,
  given: Given,
  output: Output,
  signal: AbortSignal,
): Promise<boolean> => {
  if (deployed === null) return confirmed(`${what}?`, given, output, signal);
  if (given.yes) checkUnasked(deployed);
  return confirmed(`${what} (${placeText(deployed.place)})?`, given, output, signal);
};
