/** Questions to a person on a terminal. */
import { createInterface } from 'node:readline/promises';
import { DrillError } from '../core/errors.ts';

export type Question = {
  readonly text: string;
  readonly preset: string;
  /** What is wrong with an answer; undefined when nothing is. */
  readonly fault?: (answer: string) => string | undefined;
};

/** Answers a question; the preset when only Enter is pressed. */
export type Ask = (question: Question) => Promise<string>;

/** Takes every preset without asking. */
export const takePresets: Ask = async ({ preset }) => preset;

/**
 * Asks on the terminal until the answer is right. The input's end takes the presets that are left.
 * @throws DrillError `Interrupted` on Ctrl-C.
 */
export const openQuestions = (
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  signal: AbortSignal,
): { ask: Ask; close: () => void } => {
  const lines = createInterface({ input, output });
  let ended = false;
  const closed = new Promise<undefined>((resolve) => {
    lines.once('close', () => {
      ended = true;
      resolve(undefined);
    });
  });
  // The terminal gives Ctrl-C to whoever reads from it, instead of as a signal to the process.
  const givenUp = new Promise<never>((_, reject) => {
    lines.once('SIGINT', () =>
      reject(new DrillError('Interrupted', 'interrupted; nothing was written')),
    );
  });
  givenUp.catch(() => undefined);
  const ask: Ask = async ({ text, preset, fault }) => {
    while (!ended) {
      const shown = `${text}${preset === '' ? '' : ` (${preset})`}: `;
      const line = await Promise.race([lines.question(shown, { signal }), closed, givenUp]);
      if (line === undefined) break;
      const answer = line.trim() === '' ? preset : line.trim();
      const wrong = fault?.(answer);
      if (wrong === undefined) return answer;
      output.write(`  ${wrong}\n`);
    }
    return preset;
  };
  return { ask, close: () => lines.close() };
};
