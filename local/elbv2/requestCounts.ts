/** Requests under way, by target: a target that is taken out keeps those it has until they end. */
import type { Clock } from '../clock.ts';
import type { Target } from './state.ts';

type Leaving = { readonly target: Target; end(): void };

export const createRequestCounts = (clock: Clock) => {
  const busy = new Map<string, number>();
  const leaving = new Map<string, Leaving>();
  return {
    isLeaving: (key: string): boolean => leaving.has(key),
    /** Targets of keys that begin so and that wait for their last requests. */
    leaving: (prefix: string): Target[] =>
      [...leaving].filter(([key]) => key.startsWith(prefix)).map(([, { target }]) => target),
    /** Counts a request; what comes back counts its end. */
    begin(key: string): () => void {
      busy.set(key, (busy.get(key) ?? 0) + 1);
      return () => {
        const left = (busy.get(key) ?? 1) - 1;
        if (left > 0) {
          busy.set(key, left);
          return;
        }
        busy.delete(key);
        leaving.get(key)?.end();
      };
    },
    /** Resolves with the last request of a target, and after `withinMs` at the latest. */
    drain(key: string, target: Target, withinMs: number): Promise<void> {
      if (!busy.has(key)) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(withinMs, () => end());
      const end = () => {
        cancel();
        leaving.delete(key);
        resolve();
      };
      leaving.set(key, { target, end });
      return promise;
    },
    /** A target that comes back waits for nothing. */
    stay: (key: string): void => leaving.get(key)?.end(),
    close(): void {
      for (const { end } of [...leaving.values()]) end();
    },
  };
};
