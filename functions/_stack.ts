/** Stacks of errors in lines of the sources. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The file that runs: a bundle of many, with its map beside it, or this source. */
const HERE = import.meta.url;
const CAUSES_MAX = 5;
/** A line of a stack: a name, where there is one, and a place. */
const FRAME = /^( +at (?:async |new )?)(?:([\w$]+) )?(\(?)(file:\/\/[^\s()]+):(\d+):(\d+)(\)?)$/;

let map: SourceMap | 'none' | undefined;

const readMap = (): SourceMap | 'none' => {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${HERE}.map`), 'utf8')));
  } catch {
    return 'none';
  }
};

type Origin = { readonly place: string; readonly name: string | undefined };

/** What the sources have at a place of the bundle: where it is, and the name that is called or thrown there. */
const originOf = (line: number, column: number): Origin | undefined => {
  map ??= readMap();
  if (map === 'none') return undefined;
  const origin = map.findOrigin(line, column);
  if (!('fileName' in origin)) return undefined;
  const file = origin.fileName.replace(/^(?:\.\.\/)+/, '');
  return { place: `${file}:${origin.lineNumber}:${origin.columnNumber}`, name: origin.name };
};

/** A bundle has short names: that of a function is what the sources call it by, one frame further out. */
const inSources = (stack: string): string => {
  const lines = stack.split('\n');
  const frames = lines.map((line) => FRAME.exec(line));
  const origins = frames.map((frame) =>
    frame?.[4] === HERE ? originOf(Number(frame[5]), Number(frame[6])) : undefined,
  );
  return lines
    .map((line, i) => {
      const [, at = '', name, open = '', , , , close = ''] = frames[i] ?? [];
      const origin = origins[i];
      if (origin === undefined) return line;
      const called = name === undefined ? '' : `${origins[i + 1]?.name ?? name} `;
      return `${at}${called}${open}${origin.place}${close}`;
    })
    .join('\n');
};

/**
 * Writes the stack of an error, and of what caused it, in lines of the sources. Node could do so by itself
 * (`--enable-source-maps`), but reads every map when the code is loaded, which takes a sixth of a cold start.
 */
export const tellSources = (error: unknown): void => {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < CAUSES_MAX; depth++) {
    if (at.stack !== undefined) at.stack = inSources(at.stack);
    at = at.cause;
  }
};
