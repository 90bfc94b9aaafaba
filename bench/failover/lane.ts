// One system in its place, with its two backends and a poller that tells which side is active.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BackendsReply,
  type BackendsRequest,
  nowMs,
  type PollerRequest,
  type Seen,
  type Side,
} from './messages.ts';
import { type Place, spawnIn, stop } from './place.ts';
import type { System } from './systems.ts';

export type Lane = {
  readonly system: System;
  /** From the start of its process to the first answer with the primary. */
  readonly readyMs: number;
  readonly pid: number;
  /** Every change of the answer so far. */
  readonly seen: readonly Seen[];
  readonly set: (switches: BackendsRequest['switches']) => Promise<BackendsReply>;
  readonly pollEvery: (everyMs: number) => void;
  /** The first change to `side` after `afterMs`, or null when none comes in `limitMs`. */
  readonly awaitActive: (side: Side, afterMs: number, limitMs: number) => Promise<Seen | null>;
  /** The last side that answered; null before the first. */
  readonly active: () => Side | 'both' | null;
  readonly close: () => Promise<void>;
};

export const POLL_MS = 20;
const START_MS_MAX = 60_000;

const STDIO = ['ignore', 'inherit', 'inherit', 'ipc'] as const;

const helper = async (place: Place, file: string, args: readonly string[]) => {
  const script = path.join(import.meta.dirname, file);
  const child = spawnIn(place, process.execPath, [script, ...args], { stdio: [...STDIO] });
  const early = once(child, 'exit').then(() => {
    throw new Error(`${file} ended before it was ready`);
  });
  early.catch(() => {});
  await Promise.race([once(child, 'message'), early]);
  return child;
};

const lastLinesOf = (place: Place): string => {
  const text = readFileSync(path.join(place.dir, 'log'), 'utf8').trim();
  return text.split('\n').slice(-8).join('\n');
};

const isSide = ({ active }: Seen) => active !== 'none' && active !== 'silent';

const observe = (poller: ChildProcess) => {
  const seen: Seen[] = [];
  const waiting = new Set<(change: Seen) => void>();
  poller.on('message', (change: Seen) => {
    seen.push(change);
    for (const tell of waiting) tell(change);
  });
  const awaitActive = (side: Side, afterMs: number, limitMs: number) => {
    const fits = (change: Seen) => change.active === side && change.atMs > afterMs;
    const found = seen.find(fits);
    if (found) return Promise.resolve(found);
    return new Promise<Seen | null>((resolve) => {
      const settle = (change: Seen | null) => {
        waiting.delete(tell);
        clearTimeout(timer);
        resolve(change);
      };
      const tell = (change: Seen) => {
        if (fits(change)) settle(change);
      };
      const timer = setTimeout(settle, limitMs, null);
      waiting.add(tell);
    });
  };
  const active = () => {
    const last = seen.findLast(isSide)?.active;
    return last === 'primary' || last === 'standby' || last === 'both' ? last : null;
  };
  return { seen, awaitActive, active };
};

/** Stays with what was started until the primary is answered, or says why it is not. */
const untilReady = async (
  system: System,
  place: Place,
  child: ChildProcess,
  ready: Promise<Seen | null>,
): Promise<Seen> => {
  const ended = once(child, 'exit').then(() => null);
  const first = await Promise.race([ready, ended]);
  if (first !== null) return first;
  await stop(child);
  throw new Error(`${system.name} does not answer with the primary:\n${lastLinesOf(place)}`);
};

export const openLane = async (system: System, place: Place): Promise<Lane> => {
  const at = [place.primary, place.standby].map(({ host, port }) => `${host}:${port}`);
  const backends = await helper(place, 'backendsProcess.ts', at);
  const task = {
    watched: system.watched(place),
    primary: place.primary.host,
    standby: place.standby.host,
  };
  const poller = await helper(place, 'pollerProcess.ts', [JSON.stringify(task)]);
  const { seen, awaitActive, active } = observe(poller);
  const pollEvery = (everyMs: number) => {
    poller.send({ everyMs } satisfies PollerRequest);
  };
  const closeHelpers = async () => {
    await Promise.all([stop(poller), stop(backends)]);
  };
  pollEvery(POLL_MS);
  const startedMs = nowMs();
  const child = system.start(place);
  const first = await untilReady(
    system,
    place,
    child,
    awaitActive('primary', 0, START_MS_MAX),
  ).catch(async (error: unknown) => {
    await closeHelpers();
    throw error;
  });

  let id = 0;
  const set = async (switches: BackendsRequest['switches']): Promise<BackendsReply> => {
    id += 1;
    const mine = id;
    backends.send({ id: mine, switches } satisfies BackendsRequest);
    for (;;) {
      const [reply] = (await once(backends, 'message')) as [BackendsReply];
      if (reply.id === mine) return reply;
    }
  };
  return {
    system,
    readyMs: first.atMs - startedMs,
    pid: child.pid ?? 0,
    seen,
    set,
    pollEvery,
    awaitActive,
    active,
    close: async () => {
      await stop(child);
      await closeHelpers();
    },
  };
};

/** Waits until the primary has been answered without a break for `calmMs`; false when it never is. */
export const settle = async (lane: Lane, calmMs: number, limitMs: number): Promise<boolean> => {
  const untilMs = nowMs() + limitMs;
  while (nowMs() < untilMs) {
    const last = lane.seen.at(-1);
    if (last?.active === 'primary' && nowMs() - last.atMs >= calmMs) return true;
    await sleep(50);
  }
  return false;
};
