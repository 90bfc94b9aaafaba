import type { Clock } from '../clock.ts';
import type { Json } from './engine.ts';
import type { Shipment, Version } from './ledger.ts';

/** A write on its way to a replica. An absent item is a deletion. */
export type Parcel = Shipment & { readonly item: Json | undefined };

export type LinkState = {
  readonly from: string;
  readonly to: string;
  readonly paused: boolean;
  /** Writes that the replica has not seen yet. */
  readonly pending: number;
  /** Age of the oldest of them; 0 when there is none. */
  readonly oldestAgeMs: number;
  /** How long the last one that arrived was on its way; undefined before the first. */
  readonly lastLagMs: number | undefined;
};

/** Some links: from a region, to a region, both, or all where neither is given. */
export type LinkChoice = { readonly from?: string; readonly to?: string };

export type ReplicationOptions = {
  readonly clock: Clock;
  /** How long a write takes from one region to another. */
  readonly lagMs: (from: string, to: string) => number;
  /** Writes the parcel at its target, unless the target has a later version. */
  readonly deliver: (parcel: Parcel, version: Version) => Promise<void>;
  /** Hears that a parcel has arrived. */
  readonly delivered: (from: string, parcel: Parcel) => void;
  readonly onFault: (error: unknown, what: string) => void;
};

type Link = {
  readonly from: string;
  readonly to: string;
  readonly queue: Parcel[];
  lastLagMs: number | undefined;
  busy: boolean;
  cancelTimer: (() => void) | undefined;
};

const RETRY_MS = 1_000;

/** Carries writes between regions, in order on each link, each after the lag of its link. */
export const createReplication = (options: ReplicationOptions) => {
  const { clock, lagMs, deliver, delivered, onFault } = options;
  const links = new Map<string, Link>();
  const pausedFrom = new Set<string>();
  const running = new Set<Promise<void>>();
  let closed = false;

  const linkOf = (from: string, to: string): Link => {
    const key = `${from}>${to}`;
    const link = links.get(key) ?? {
      from,
      to,
      queue: [],
      lastLagMs: undefined,
      busy: false,
      cancelTimer: undefined,
    };
    links.set(key, link);
    return link;
  };

  const isPaused = ({ from, to }: Link): boolean =>
    ['>', `${from}>`, `>${to}`, `${from}>${to}`].some((choice) => pausedFrom.has(choice));

  const wake = (link: Link, delayMs: number): void => {
    link.cancelTimer?.();
    link.cancelTimer = clock.after(delayMs, () => {
      link.cancelTimer = undefined;
      const work = pump(link).finally(() => running.delete(work));
      running.add(work);
    });
  };

  const pump = async (link: Link): Promise<void> => {
    if (link.busy) return;
    link.busy = true;
    let againMs: number | undefined;
    try {
      for (;;) {
        const [head] = link.queue;
        if (!head || closed || isPaused(link)) break;
        const waitMs = head.at + lagMs(link.from, link.to) - clock.now();
        if (waitMs > 0) {
          againMs = waitMs;
          break;
        }
        await deliver(head, { at: head.at, region: link.from });
        link.queue.shift();
        link.lastLagMs = Math.max(0, clock.now() - head.at);
        delivered(link.from, head);
      }
    } catch (error) {
      if (!closed) onFault(error, `replication of ${link.from} to ${link.to}`);
      againMs = RETRY_MS;
    } finally {
      link.busy = false;
    }
    if (againMs !== undefined && !closed) wake(link, againMs);
  };

  const choice = ({ from = '', to = '' }: LinkChoice) => `${from}>${to}`;

  return {
    send(from: string, parcels: readonly Parcel[]): void {
      for (const parcel of parcels) {
        const link = linkOf(from, parcel.target);
        link.queue.push(parcel);
        if (!link.busy && !link.cancelTimer) wake(link, 0);
      }
    },
    forget(from: string, table: string): void {
      for (const link of links.values()) {
        if (link.from !== from) continue;
        const kept = link.queue.filter((parcel) => parcel.table !== table);
        link.queue.splice(0, link.queue.length, ...kept);
      }
    },
    /** Holds writes back; they wait until the same choice of links is resumed. */
    pause: (links: LinkChoice = {}): void => void pausedFrom.add(choice(links)),
    resume(chosen: LinkChoice = {}): void {
      pausedFrom.delete(choice(chosen));
      for (const link of links.values()) if (link.queue.length > 0) wake(link, 0);
    },
    state: (): LinkState[] =>
      [...links.values()].map((link) => {
        const [head] = link.queue;
        return {
          from: link.from,
          to: link.to,
          paused: isPaused(link),
          pending: link.queue.length,
          oldestAgeMs: head ? Math.max(0, clock.now() - head.at) : 0,
          lastLagMs: link.lastLagMs,
        };
      }),
    async close(): Promise<void> {
      closed = true;
      for (const link of links.values()) link.cancelTimer?.();
      await Promise.all(running);
    },
  };
};
