/** Waiting that ends early when something has come back, or when all is over. */
import type { Clock } from '../_entry.ts';

/** Why a sleep ends early. One for all, as nobody reads it. */
const REPLACED = new Error('not waited for any more');

/**
 * Who is woken early often waits for the same moment again, so a sleep goes on until it is over or
 * one that ends before it is needed. Somebody who waits for longer is woken too early, and looks.
 */
export const openWaiting = (clock: Pick<Clock, 'sleep' | 'monotonicMs'>, signal: AbortSignal) => {
  let awake: (() => void) | undefined;
  let sleeping: { readonly dueMs: number; readonly stop: AbortController } | undefined;
  const wake = (): void => awake?.();
  signal.addEventListener('abort', wake);

  const sleep = (ms: number): void => {
    const dueMs = clock.monotonicMs() + ms;
    if (sleeping !== undefined && sleeping.dueMs <= dueMs) return;
    sleeping?.stop.abort(REPLACED);
    const mine = { dueMs, stop: new AbortController() };
    sleeping = mine;
    const over = (): void => {
      if (sleeping === mine) sleeping = undefined;
      wake();
    };
    // A sleep that is stopped ends by an error, which says nothing new.
    clock.sleep(ms, mine.stop.signal).then(over, () => undefined);
  };

  const until = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      awake = () => {
        awake = undefined;
        resolve();
      };
      sleep(Math.max(0, Math.ceil(ms)));
    });

  const close = (): void => {
    signal.removeEventListener('abort', wake);
    sleeping?.stop.abort(REPLACED);
  };

  return { until, wake, close };
};
