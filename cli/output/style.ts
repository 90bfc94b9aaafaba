/** How results look: as wide as the terminal, within bounds. Colour only adds: every word makes sense without it. */
import { styleText } from 'node:util';

export type Style = {
  /** Columns that a sentence may take. */
  readonly width: number;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
};

const same = (text: string): string => text;

/** Wider lines are hard to read, and what is no terminal gets the same lines everywhere. */
const WIDTH_MAX = 100;
/** In less, most lines would hold a word or two. */
const WIDTH_MIN = 60;

export const plainStyle: Style = {
  width: WIDTH_MAX,
  ...{ bold: same, dim: same, good: same, bad: same, warn: same },
};

const colour = (name: 'bold' | 'dim' | 'green' | 'red' | 'yellow') => (text: string) =>
  styleText(name, text, { validateStream: false });

const colourStyle: Omit<Style, 'width'> = {
  bold: colour('bold'),
  dim: colour('dim'),
  good: colour('green'),
  bad: colour('red'),
  warn: colour('yellow'),
};

/** The width of a terminal, and colour for one that wants it; NO_COLOR and pipes get plain text. */
export const styleFor = (
  { isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>,
  env: NodeJS.ProcessEnv,
): Style => {
  if (!isTTY) return plainStyle;
  const width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, columns || WIDTH_MAX));
  return env['NO_COLOR'] || env['TERM'] === 'dumb'
    ? { ...plainStyle, width }
    : { ...colourStyle, width };
};
