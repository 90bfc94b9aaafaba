import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { LOG_TAIL_BYTES } from './limits.ts';

const LINE_CHARS_MAX = 256 * 1024;

/** Calls `onLine` for each line of a stream, also for a last one without a line end. */
export const eachLine = (stream: Readable, onLine: (text: string) => void): void => {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (rest.length > LINE_CHARS_MAX) {
      onLine(rest);
      rest = '';
    }
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on('end', () => {
    take(decoder.end());
    if (rest !== '') onLine(rest);
  });
  stream.on('error', () => {});
};

/** The last lines of one invocation, as `LogType: Tail` returns them. */
export const createLogTail = () => {
  let text = '';
  return {
    add(line: string): void {
      text += `${line}\n`;
      if (text.length > 4 * LOG_TAIL_BYTES) text = text.slice(-2 * LOG_TAIL_BYTES);
    },
    text: (): string => {
      const bytes = Buffer.from(text);
      return bytes.subarray(Math.max(0, bytes.length - LOG_TAIL_BYTES)).toString('utf8');
    },
  };
};

/** The line that Lambda ends every invocation with. */
export const reportLine = (
  requestId: string,
  figures: { durationMs: number; memoryMb: number; usedMb: number; initMs?: number },
): string => {
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${figures.durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(figures.durationMs)} ms`,
    `Memory Size: ${figures.memoryMb} MB`,
    `Max Memory Used: ${figures.usedMb} MB`,
  ];
  if (figures.initMs !== undefined) parts.push(`Init Duration: ${figures.initMs.toFixed(2)} ms`);
  return parts.join('\t');
};
