import type { Clock } from './clock.ts';

/** Something that happens again and again. */
type Recurring = {
  /**
   * The first due time strictly after `afterMs`, in epoch milliseconds; undefined when there is
   * none.
   */
  next(afterMs: number): number | undefined;
  /** Called once for each due time that is reached. */
  ring(dueMs: number): void;
};

export type Timetable = {
  /** Adds or replaces; due times count from `afterMs`, which is now unless given. */
  set(key: string, recurring: Recurring, afterMs?: number): void;
  delete(key: string): void;
  close(): void;
};

/**
 * Wall time can jump while a timer sleeps (a suspended machine, a corrected clock), so no timer
 * sleeps longer than this.
 */
const SLEEP_MS_MAX = 60_000;

/** Rings each entry at its due times. Due times that pass between two looks ring once, late. */
export const createTimetable = (clock: Clock): Timetable => {
  const cancels = new Map<string, () => void>();
  const remove = (key: string) => {
    cancels.get(key)?.();
    cancels.delete(key);
  };
  const arm = (key: string, recurring: Recurring, dueMs: number | undefined) => {
    if (dueMs === undefined) {
      cancels.delete(key);
      return;
    }
    const wake = () => {
      if (clock.now() < dueMs) {
        arm(key, recurring, dueMs);
        return;
      }
      // Armed first, so that an entry may replace or delete itself while it rings.
      arm(key, recurring, recurring.next(Math.max(dueMs, clock.now())));
      recurring.ring(dueMs);
    };
    cancels.set(key, clock.after(Math.min(SLEEP_MS_MAX, Math.max(0, dueMs - clock.now())), wake));
  };
  return {
    set: (key, recurring, afterMs = clock.now()) => {
      remove(key);
      arm(key, recurring, recurring.next(afterMs));
    },
    delete: remove,
    close: () => {
      for (const key of [...cancels.keys()]) remove(key);
    },
  };
};
