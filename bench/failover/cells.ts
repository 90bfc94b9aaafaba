// The cells of the comparison: what is done to the backends, and what is read off the answers.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../core/random.ts';
import { cpuSOfTree } from './cpu.ts';
import { type Lane, POLL_MS, settle } from './lane.ts';
import type { Mode } from './messages.ts';

export const FAULTS = ['down', 'error', 'blackhole', 'slow'] as const;
export type Fault = (typeof FAULTS)[number];

/** Null where the answer did not change in time. */
export type Trial = { readonly failoverMs: number | null; readonly failbackMs: number | null };

export type Stability = {
  /** Changes from the primary to the standby, and all changes between the two. */
  readonly failovers: number;
  readonly flips: number;
  readonly probesPerS: number;
};

export type Idle = { readonly cpuShare: number; readonly probesPerS: number };

const FAILOVER_MS_MAX = 20_000;
const FAILBACK_MS_MAX = 30_000;
const SETTLED_MS_MAX = 90_000;
/** Long enough for every system to forget the fault before; the phase comes on top. */
const CALM_MS = 3_000;
/** Twice the longest interval between checks. */
const PHASE_MS = 4_000;
const BOTH_DOWN_MS = 15_000;

const UP = { kind: 'up' } as const;

const comeToRest = async (lane: Lane): Promise<void> => {
  await lane.set({ primary: UP, standby: UP });
  if (!(await settle(lane, CALM_MS, SETTLED_MS_MAX))) {
    throw new Error(
      `${lane.system.name} has not come back to the primary in ${SETTLED_MS_MAX / 1e3} s`,
    );
  }
};

export const trial = async (lane: Lane, fault: Fault, random: Random): Promise<Trial> => {
  await comeToRest(lane);
  await sleep(random.unit() * PHASE_MS);
  const { atMs } = await lane.set({ primary: { kind: fault } });
  const flipped = await lane.awaitActive('standby', atMs, FAILOVER_MS_MAX);
  if (flipped === null) return { failoverMs: null, failbackMs: null };
  // Some time on the standby, as an outage takes, before the primary returns.
  await sleep(2_000 + random.unit() * PHASE_MS);
  const back = await lane.set({ primary: UP });
  const returned = await lane.awaitActive('primary', back.atMs, FAILBACK_MS_MAX);
  return {
    failoverMs: flipped.atMs - atMs,
    failbackMs: returned === null ? null : returned.atMs - back.atMs,
  };
};

/** Changes between the two sides since `fromMs`; moments without an answer are not changes. */
const changesSince = (lane: Lane, fromMs: number) => {
  const sides = lane.seen
    .filter(({ active }) => active === 'primary' || active === 'standby')
    .filter(({ active }, n, all) => active !== all[n - 1]?.active)
    .filter(({ atMs }) => atMs > fromMs);
  return {
    failovers: sides.filter(({ active }) => active === 'standby').length,
    all: sides.length,
  };
};

export const stability = async (lane: Lane, mode: Mode, forMs: number): Promise<Stability> => {
  await comeToRest(lane);
  const before = await lane.set({ primary: mode });
  await sleep(forMs);
  const after = await lane.set({ primary: UP });
  const { failovers, all } = changesSince(lane, before.atMs);
  const probes = after.requests.primary - before.requests.primary;
  return { failovers, flips: all, probesPerS: probes / (forMs / 1e3) };
};

/** Which answers were given with both sides down: all at once, or the standby first. */
export const bothDown = async (lane: Lane, standbyFirst: boolean): Promise<string> => {
  await comeToRest(lane);
  const down = { kind: 'down' } as const;
  if (standbyFirst) {
    await lane.set({ standby: down });
    await sleep(10_000);
  }
  const { atMs } = await lane.set({ primary: down, standby: down });
  await sleep(BOTH_DOWN_MS);
  const answers = lane.seen.filter((change) => change.atMs > atMs).map(({ active }) => active);
  const { all } = changesSince(lane, atMs);
  if (all > 1) return `changes ${all} times`;
  if (answers.includes('standby')) return 'moves to the dead standby';
  if (answers.includes('both')) return 'answers both';
  return answers.includes('none') || answers.includes('silent') ? 'no answer' : 'stays';
};

/** After the start, or after a fault: what it takes to come to rest is not idling. */
const REST_MS = 10_000;

/** Processor time and probes with nothing wrong and nobody asking. */
export const idle = async (lane: Lane, forMs: number): Promise<Idle> => {
  await comeToRest(lane);
  lane.pollEvery(0);
  await sleep(REST_MS);
  const before = await lane.set({});
  const beforeS = cpuSOfTree(lane.pid);
  await sleep(forMs);
  const after = await lane.set({});
  const cpuS = cpuSOfTree(lane.pid) - beforeS;
  lane.pollEvery(POLL_MS);
  const probes = after.requests.primary - before.requests.primary;
  const tookS = (after.atMs - before.atMs) / 1e3;
  return { cpuShare: cpuS / tookS, probesPerS: probes / tookS };
};
