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

/** Lines that are kept for people; all of them count for the digest. */
const KEPT_MAX = 5_000;

/** `atMs` tells the time since the start. `keeps` chooses the lines that people see. */
export const openEventLog = (atMs: () => number, keeps: (what: string) => boolean): EventLog => {
  const hash = createHash('sha256');
  const lines: Line[] = [];
  let count = 0;
  return {
    add: (what, fields) => {
      const nowMs = Number(atMs().toFixed(1));
      const text = fields === undefined ? '' : JSON.stringify(fields);
      hash.update(`${nowMs} ${what} ${text}\n`);
      count += 1;
      if (!keeps(what)) return;
      lines.push({ atMs: nowMs, what, text });
      if (lines.length > 2 * KEPT_MAX) lines.splice(0, lines.length - KEPT_MAX);
    },
    digest: () => hash.copy().digest('hex'),
    lines,
    count: () => count,
  };
};
