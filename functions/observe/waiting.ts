/** Waiting that ends early when something has come back, or when all is over. */
import type { Clock } from '../_entry.ts';

/** Why a sleep ends early. One for all: it is made a thousand times an hour, and nobody reads it. */
const WOKEN = new Error('woken');

export const openWaiting = (clock: Pick<Clock, 'sleep'>, signal: AbortSignal) => {
  let awake: (() => void) | undefined;
  const wake = (): void => awake?.();
  signal.addEventListener('abort', wake);

  const until = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const stop = new AbortController();
      awake = () => {
        awake = undefined;
        stop.abort(WOKEN);
        resolve();
      };
      // A sleep that is woken ends by an error, which says nothing new.
      clock.sleep(Math.max(0, Math.ceil(ms)), stop.signal).then(wake, () => undefined);
    });

  return { until, wake, close: () => signal.removeEventListener('abort', wake) };
};
