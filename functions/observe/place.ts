/**
 * The place of an observer, which one invocation holds at a time. The holder puts off its end as it
 * goes, so the place of one that died is free within moments. A successor waits for the end that
 * the holder announces; the holder leaves when nothing is in doubt and nothing under way.
 */
import type { WatchTable } from '../../aws/watchTable.ts';
import type { ObserverMemory } from '../../events/watchState.ts';
import type { Base } from '../_entry.ts';
import type { SteadyClock } from './probing.ts';

type Needs = {
  readonly table: WatchTable;
  readonly service: string;
  readonly observer: string;
  readonly holder: string;
  readonly endsMs: number;
  readonly holdMs: number;
  readonly clock: SteadyClock;
  readonly sleep: Base['clock']['sleep'];
};

export type Memory = ObserverMemory['memory'];

/** Of the time for which it is held, a place is kept for so much before its holder puts it off. */
const RENEWED_AFTER = 2 / 3;
/** Where that fails, it is tried again after so much of it. */
const AGAIN_AFTER = 1 / 6;
/** A holder that leaves when it has announced to has left by then. */
const LEAVING_MS = 50;
/** An announced end this close to one's own: both come from the same minute. */
const SAME_SLOT_MS = 5_000;
/** How often a successor asks once the announced end has come. */
const POLL_MS = 100;
const WRITE_MS = 5_000;

export const openPlace = (needs: Needs) => {
  const { table, service, observer, holder, endsMs, holdMs, clock, sleep } = needs;
  let renewDueMs = Number.NEGATIVE_INFINITY;
  let lost = false;

  const write = (memory: Memory, untilMs: number, force = false): Promise<boolean> =>
    table.holdObserver(
      service,
      observer,
      { untilMs, endsMs, holder, memory },
      { nowMs: clock.now(), force, signal: AbortSignal.timeout(WRITE_MS) },
    );

  const isHeld = (found: ObserverMemory | null): found is ObserverMemory =>
    found !== null && found.holder !== holder && found.untilMs > clock.now();

  /** Waits for the place, from what was found there. Gives its memory; null when it is not needed. */
  const take = async (
    first: ObserverMemory | null,
    force: boolean,
    signal: AbortSignal,
  ): Promise<Memory | null> => {
    let found = first;
    for (;;) {
      if (!force && isHeld(found)) {
        if (found.endsMs > endsMs - SAME_SLOT_MS || clock.now() >= endsMs) return null;
        const endMs = Math.min(found.untilMs, found.endsMs) + LEAVING_MS;
        await sleep(Math.max(POLL_MS, endMs - clock.now()), signal);
      } else {
        const memory = found?.memory ?? {};
        const nowMs = clock.now();
        renewDueMs = nowMs + RENEWED_AFTER * holdMs;
        if (await write(memory, nowMs + holdMs, force)) return memory;
      }
      found = await table.observer(service, observer, signal);
    }
  };

  const renew = async (memory: Memory): Promise<void> => {
    const nowMs = clock.now();
    renewDueMs = nowMs + AGAIN_AFTER * holdMs;
    lost = !(await write(memory, nowMs + holdMs));
    renewDueMs = nowMs + RENEWED_AFTER * holdMs;
  };

  /** Leaves the place to whoever waits for it. */
  const leave = async (memory: Memory): Promise<void> => {
    await write(memory, clock.now());
  };

  return {
    take,
    renew,
    leave,
    renewDueMs: () => renewDueMs,
    isLost: () => lost,
  };
};

export type Place = ReturnType<typeof openPlace>;
