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

/** An announced end this close to one's own: both come from the same minute. */
const SAME_SLOT_MS = 5_000;
/** How often a successor asks once the announced end has come. */
const POLL_MS = 100;
const WRITE_MS = 5_000;

export const openPlace = (needs: Needs) => {
  const { table, service, observer, holder, endsMs, holdMs, clock, sleep } = needs;
  let renewedMs = Number.NEGATIVE_INFINITY;
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

  /** Waits for the place. Gives the memory found there; null when it is not needed. */
  const take = async (force: boolean, signal: AbortSignal): Promise<Memory | null> => {
    for (;;) {
      const found = await table.observer(service, observer, signal);
      if (!force && isHeld(found)) {
        if (found.endsMs > endsMs - SAME_SLOT_MS || clock.now() >= endsMs) return null;
        const endMs = Math.min(found.untilMs, found.endsMs);
        await sleep(Math.max(POLL_MS, endMs - clock.now()), signal);
        continue;
      }
      const memory = found?.memory ?? {};
      renewedMs = clock.now();
      if (await write(memory, renewedMs + holdMs, force)) return memory;
    }
  };

  const renew = async (memory: Memory): Promise<void> => {
    renewedMs = clock.now();
    lost = !(await write(memory, renewedMs + holdMs));
  };

  /** Leaves the place to whoever waits for it. */
  const leave = async (memory: Memory): Promise<void> => {
    await write(memory, clock.now());
  };

  return {
    take,
    renew,
    leave,
    renewDueMs: () => renewedMs + holdMs / 2,
    isLost: () => lost,
  };
};

export type Place = ReturnType<typeof openPlace>;
