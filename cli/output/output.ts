/** Where a command's words go: results to stdout, everything said on the way to stderr. */
import { jsonOf, linesOf } from '../failure.ts';
import { plainStyle, type Style, styleFor } from './style.ts';

export type Output = {
  readonly json: boolean;
  readonly style: Style;
  /** The result: as JSON where that was asked for, otherwise as lines for people. */
  result(value: unknown, lines: (style: Style) => readonly string[]): void;
  /** One line on the way, for people; on stderr, so that it never mixes with a result. */
  note(line: string): void;
  failure(error: unknown): void;
};

export type Streams = { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream };

export const openOutput = (
  json: boolean,
  streams: Streams = process,
  env: NodeJS.ProcessEnv = process.env,
): Output => {
  const style = json ? plainStyle : styleFor(streams.stdout, env);
  const noteStyle = styleFor(streams.stderr, env);
  return {
    json,
    style,
    result: (value, lines) => {
      const text = json ? JSON.stringify(value, null, 2) : lines(style).join('\n');
      streams.stdout.write(`${text}\n`);
    },
    note: (line) => {
      streams.stderr.write(`${line}\n`);
    },
    failure: (error) => {
      if (json) streams.stdout.write(`${JSON.stringify(jsonOf(error), null, 2)}\n`);
      else for (const line of linesOf(error)) streams.stderr.write(`${noteStyle.bad(line)}\n`);
    },
  };
};
