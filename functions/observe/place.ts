/**
 * The place of an observer, which one invocation holds at a time, from the start to the end that it
 * announces and a little longer. A successor comes once a minute and waits for that end; the holder
 * leaves when nothing is in doubt and nothing under way. Its votes show that it is alive, so it need
 * not write to stay: of one that none have come from for too long, the place is taken. While something
 * is wrong, the holder writes what it knows now and then, so that it is not lost with it, and so that
 * it hears when it has been relieved.
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
  /** From the start of a holder to the end it announces. */
  readonly slotMs: number;
  /** A vote this old does not count any more. */
  readonly staleMs: number;
  /** Between two writes of what is known, while something is wrong. */
  readonly renewMs: number;
  readonly clock: SteadyClock;
  readonly sleep: Base['clock']['sleep'];
};

type Occupant = Pick<Awaited<ReturnType<WatchTable['occupant']>>, 'memory' | 'votedMs'>;

export type Memory = ObserverMemory['memory'];

/** How long a place is held beyond the end that was announced, and beyond a vote: writes may be slow. */
const LATE_MS = 5_000;
/** A holder that leaves when it has announced to has left by then. */
const LEAVING_MS = 50;
/** An announced end this close to one's own: both come from the same minute. */
const SAME_SLOT_MS = 5_000;
/** How often a successor asks once the announced end has come. */
const POLL_MS = 100;
const WRITE_MS = 5_000;

export const openPlace = (needs: Needs) => {
  const { table, service, observer, holder, endsMs, slotMs, staleMs, renewMs, clock, sleep } =
    needs;
  let renewDueMs = Number.NEGATIVE_INFINITY;
  let lost = false;

  const signal = () => AbortSignal.timeout(WRITE_MS);
  const item = (memory: Memory, untilMs: number): ObserverMemory => ({
    ...{ untilMs, endsMs, holder, memory },
  });
  /** Until when the place is held from now on. */
  const heldUntilMs = (nowMs: number): number => Math.max(endsMs, nowMs + renewMs) + LATE_MS;

  const holderIn = ({ memory }: Occupant): ObserverMemory | null =>
    memory !== null && memory.holder !== holder && memory.untilMs > clock.now() ? memory : null;

  /** When a holder is taken for dead: it has not voted for so long, nor just begun. */
  const silentAtMs = (held: ObserverMemory, votedMs: number | null): number =>
    Math.max(held.endsMs - slotMs, votedMs ?? 0) + staleMs + LATE_MS;

  /**
   * Waits for the place, from what was found there. Gives the moment beyond which nobody holds it, null
   * when it is not needed.
   */
  const waitFor = async (first: Occupant, stop: AbortSignal): Promise<number | null> => {
    let found = first;
    for (;;) {
      const held = holderIn(found);
      const nowMs = clock.now();
      if (held === null) return nowMs;
      if (held.endsMs > endsMs - SAME_SLOT_MS || nowMs >= endsMs) return null;
      const silentMs = silentAtMs(held, found.votedMs);
      if (silentMs <= nowMs) return held.untilMs;
      const leavesMs = Math.min(held.untilMs, held.endsMs) + LEAVING_MS;
      const leftMs = Math.min(leavesMs, silentMs) - nowMs;
      await sleep(Math.max(POLL_MS, leftMs), stop);
      // It has left when it has said it would, which the write for the place will show.
      if (leftMs > 0 && leavesMs <= silentMs) return clock.now();
      found = await table.occupant(service, observer, stop);
    }
  };

  /** Waits for the place and takes it. Gives the memory of who was there; null when it is not needed. */
  const take = async (
    first: Occupant,
    force: boolean,
    stop: AbortSignal,
  ): Promise<Memory | null> => {
    let found = first;
    for (;;) {
      const heldMs = force ? clock.now() : await waitFor(found, stop);
      if (heldMs === null) return null;
      const nowMs = clock.now();
      renewDueMs = nowMs + renewMs;
      const mine = item(found.memory?.memory ?? {}, heldUntilMs(nowMs));
      const options = { nowMs, heldMs, force, signal: signal() };
      // What the one before has left comes with the place.
      const taken = await table.holdObserver(service, observer, mine, options);
      if (taken !== false) return taken.before()?.memory ?? {};
      found = await table.occupant(service, observer, stop);
    }
  };

  const renew = async (memory: Memory): Promise<void> => {
    const nowMs = clock.now();
    renewDueMs = nowMs + renewMs;
    const mine = item(memory, heldUntilMs(nowMs));
    const options = { nowMs, signal: signal() };
    lost = (await table.holdObserver(service, observer, mine, options)) === false;
  };

  /** Leaves the place to whoever waits for it. */
  const leave = async (memory: Memory): Promise<void> => {
    const nowMs = clock.now();
    const mine = item(memory, nowMs);
    await table.holdObserver(service, observer, mine, { nowMs, signal: signal() });
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
