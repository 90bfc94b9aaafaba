/** Colour only adds: every word makes sense without it. */
import { styleText } from 'node:util';

export type Style = {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
};

const same = (text: string): string => text;

export const plainStyle: Style = { bold: same, dim: same, good: same, bad: same, warn: same };

const colour = (name: 'bold' | 'dim' | 'green' | 'red' | 'yellow') => (text: string) =>
  styleText(name, text, { validateStream: false });

const colourStyle: Style = {
  bold: colour('bold'),
  dim: colour('dim'),
  good: colour('green'),
  bad: colour('red'),
  warn: colour('yellow'),
};

/** Colour for a terminal that wants it; NO_COLOR and pipes get plain text. */
export const styleFor = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Style =>
  stream.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? colourStyle : plainStyle;
