/** What happened in a run, in the order of time: the same seed gives the same lines, byte for byte. */
import { createHash } from 'node:crypto';
import type { Line } from '../level.ts';

export type EventLog = {
  /** `what` is one word or a few; `fields` tell the rest. */
  add(what: string, fields?: Readonly<Record<string, unknown>>): void;
  /** SHA-256 of all lines, in hex. */
  digest(): string;
  readonly lines: readonly Line[];
  readonly count: () => number;
};

/** Characters that are hashed at a time: a call of the hash costs more than a line. */
const HASHED_AT_ONCE = 65_536;
/** Lines that are kept for people; all of them count for the digest. */
const KEPT_MAX = 5_000;

/** `atMs` tells the time since the start. `keeps` chooses the lines that people see. */
export const openEventLog = (atMs: () => number, keeps: (what: string) => boolean): EventLog => {
  const hash = createHash('sha256');
  const lines: Line[] = [];
  let count = 0;
  let unhashed = '';
  const hashAll = (): void => {
    hash.update(unhashed);
    unhashed = '';
  };
  return {
    add: (what, fields) => {
      const nowMs = Math.round(atMs() * 10) / 10;
      const text = fields === undefined ? '' : JSON.stringify(fields);
      unhashed += `${nowMs} ${what} ${text}\n`;
      if (unhashed.length > HASHED_AT_ONCE) hashAll();
      count += 1;
      if (!keeps(what)) return;
      lines.push({ atMs: nowMs, what, text });
      if (lines.length > 2 * KEPT_MAX) lines.splice(0, lines.length - KEPT_MAX);
    },
    digest: () => {
      hashAll();
      return hash.copy().digest('hex');
    },
    lines,
    count: () => count,
  };
};
