// Goal: a person is asked until the answer is right, may just press Enter, and may end it all.
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { openQuestions, takePresets } from '../../../cli/ask.ts';

const QUESTION = {
  text: 'Port',
  preset: '8080',
  fault: (answer: string) => (/^\d+$/.test(answer) ? undefined : 'expected a number'),
};

const open: { close: () => void }[] = [];
afterEach(() => {
  for (const questions of open.splice(0)) questions.close();
});

const terminal = (signal = new AbortController().signal, isTTY = false) => {
  const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY })];
  const questions = openQuestions(input, output, signal);
  open.push(questions);
  const shown = () => String(output.read() ?? '');
  return { input, shown, ...questions };
};

describe('a question', () => {
  it('is answered by what is typed, or by its preset', async () => {
    const { input, ask, shown } = terminal();
    const first = ask(QUESTION);
    input.write('9090\n');
    expect(await first).toBe('9090');
    const second = ask({ ...QUESTION, preset: '' });
    input.write('80\n');
    expect(await second).toBe('80');
    const third = ask(QUESTION);
    input.write('  \n');
    expect(await third).toBe('8080');
    expect(shown()).toBe('Port (8080): Port: Port (8080): ');
  });

  it('is asked again until the answer is right', async () => {
    const { input, ask, shown } = terminal();
    const answer = ask(QUESTION);
    input.write('eighty\n');
    await new Promise((resolve) => setImmediate(resolve));
    input.write('80\n');
    expect(await answer).toBe('80');
    expect(shown()).toBe('Port (8080):   expected a number\nPort (8080): ');
  });

  it('takes the preset when the input ends', async () => {
    const { input, ask } = terminal();
    const answer = ask(QUESTION);
    input.end();
    expect(await answer).toBe('8080');
    expect(await ask({ ...QUESTION, preset: '1' })).toBe('1');
  });

  it('ends when the person gives up', async () => {
    const abort = new AbortController();
    const { ask } = terminal(abort.signal);
    const answer = ask(QUESTION);
    abort.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('ends on Ctrl-C, with no answer at all', async () => {
    const { input, ask } = terminal(undefined, true);
    const answer = ask(QUESTION);
    input.write('\u0003');
    await expect(answer).rejects.toMatchObject({ name: 'Interrupted' });
  });

  it('is not asked at all where nobody is there', async () => {
    expect(await takePresets(QUESTION)).toBe('8080');
  });
});
