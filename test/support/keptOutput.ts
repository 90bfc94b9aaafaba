import type { Output } from '../../cli/output/output.ts';
import { plainStyle } from '../../cli/output/style.ts';

/** An output that keeps what a command gives: its result, and the same as text for people. */
export const keptOutput = () => {
  const kept: { result: unknown; text: string } = { result: undefined, text: '' };
  const output: Output = {
    json: false,
    style: plainStyle,
    result: (value, lines) => {
      kept.result = value;
      kept.text = lines(plainStyle).join('\n');
    },
    note: () => {},
    failure: () => {},
  };
  return { output, kept };
};
