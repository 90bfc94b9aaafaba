/** Shows a watch as it goes on: a block that is redrawn on a terminal, a line for each fact elsewhere. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DrillError } from '../../core/errors.ts';
import type { WatchFact } from '../../events/statusOutput.ts';
import type { Fault } from '../../local/network/faults.ts';
import { statusLines } from '../output/statusText.ts';
import type { Style } from '../output/style.ts';
import { factLine } from './facts.ts';
import type { Statuses } from './status.ts';

const REDRAW_MS = 1_000;

type Screen = { draw(lines: readonly string[]): void; clear(): void };

const ESCAPE = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)`);

/** Cut to a width that does not wrap: a block is redrawn by its number of lines. Colours stay whole. */
export const cutTo = (line: string, width: number): string => {
  let left = width;
  return line
    .split(ESCAPE)
    .map((part, at) => {
      if (at % 2 === 1) return part;
      const shown = [...part].slice(0, left);
      left -= shown.length;
      return shown.join('');
    })
    .join('');
};

const COLUMNS = 100;

const openScreen = (stream: NodeJS.WriteStream): Screen => {
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  return {
    draw: (lines) => {
      clear();
      const width = (stream.columns ?? COLUMNS) - 1;
      stream.write(`${lines.map((line) => cutTo(line, width)).join('\n')}\n`);
      drawn = lines.length;
    },
    clear,
  };
};

export type Live = {
  /** Hears a fact as it happens. */
  tell(fact: WatchFact): void;
  /** Shows the watch until the signal comes. */
  run(): Promise<void>;
};

type Needs = {
  readonly stream: NodeJS.WriteStream;
  readonly style: Style;
  readonly statuses: Statuses;
  readonly dns: readonly string[];
  readonly faults: () => readonly Fault[];
  readonly facts: () => readonly WatchFact[];
  readonly signal: AbortSignal;
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** A block of the newest state, redrawn each second and with each fact. */
export const blockView = ({ stream, style, statuses, signal, dns, faults, facts }: Needs): Live => {
  const screen = openScreen(stream);
  let wake = (): void => undefined;
  const draw = async (): Promise<void> => {
    try {
      const seen = { dns, place: null, faults: faults(), facts: facts() };
      screen.draw(statusLines(await statuses.read(seen, Date.now()), style));
    } catch (error) {
      // Nothing has been judged yet: the next look finds it.
      if (!(error instanceof DrillError)) throw error;
    }
  };
  return {
    tell: () => wake(),
    run: async () => {
      while (!signal.aborted) {
        await draw();
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([woken, sleep(REDRAW_MS, undefined, { signal }).catch(() => undefined)]);
      }
    },
  };
};

/** A line for each fact, as text or as JSON. */
export const lineView = (
  write: (line: string) => void,
  asJson: boolean,
  signal: AbortSignal,
): Live => ({
  tell: (fact) => write(asJson ? JSON.stringify(fact) : factLine(fact)),
  run: () => untilAborted(signal),
});
