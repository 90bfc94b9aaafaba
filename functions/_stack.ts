/** Stacks of errors in lines of the sources. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The file that runs: a bundle of many, with its map beside it, or this source. */
const HERE = import.meta.url;
const CAUSES_MAX = 5;
const FRAME = /(file:\/\/[^\s()]+):(\d+):(\d+)/g;

let map: SourceMap | 'none' | undefined;

const readMap = (): SourceMap | 'none' => {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${HERE}.map`), 'utf8')));
  } catch {
    return 'none';
  }
};

const inSources = (place: string, file: string, line: string, column: string): string => {
  if (file !== HERE) return place;
  map ??= readMap();
  if (map === 'none') return place;
  const origin = map.findOrigin(Number(line), Number(column));
  if (!('fileName' in origin)) return place;
  const name = origin.fileName.replace(/^(?:\.\.\/)+/, '');
  return `${name}:${origin.lineNumber}:${origin.columnNumber}`;
};

/**
 * Writes the stack of an error, and of what caused it, in lines of the sources. Node could do so by itself
 * (`--enable-source-maps`), but reads every map when the code is loaded, which takes a sixth of a cold start.
 */
export const tellSources = (error: unknown): void => {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < CAUSES_MAX; depth++) {
    if (at.stack !== undefined) at.stack = at.stack.replace(FRAME, inSources);
    at = at.cause;
  }
};
