import type { Output } from '../../cli/output/output.ts';
import { plainStyle } from '../../cli/output/style.ts';

/** An output that keeps what a command gives: its result, the same as text for people, and what it says on the way. */
export const keptOutput = () => {
  const kept: { result: unknown; text: string; readonly notes: string[] } = {
    ...{ result: undefined, text: '', notes: [] },
  };
  const output: Output = {
    json: false,
    style: plainStyle,
    result: (value, lines) => {
      kept.result = value;
      kept.text = lines(plainStyle).join('\n');
    },
    note: (line) => {
      kept.notes.push(line);
    },
    failure: () => {},
  };
  return { output, kept };
};
