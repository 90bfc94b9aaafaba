/**
 * Passes over stretches in which nothing can happen. It is exact, not an approximation: when no
 * fault is on, every probe is good, and one more good probe changes of what is known only when the
 * last ones were. So all clocks may jump ahead by a multiple of every period there is, if enough
 * time is left before the next fault to have all of that replaced by probes that are really made.
 */

import type { Traffic } from '../faults/traffic.ts';
import type { Agenda } from './agenda.ts';
import type { Controller } from './controller.ts';
import type { Observer } from './observer.ts';
import type { Setup } from './setup.ts';

type Parts = {
  readonly agenda: Agenda;
  readonly traffic: Traffic;
  readonly observers: readonly Observer[];
  readonly controller: Controller;
};

/** What comes by itself, again and again, and may be put off. */
const PERIODIC: ReadonlySet<string> = new Set(['tick', 'look', 'votes']);

/** Slots, ticks and looks come once a minute; the window of the soft channel holds 20 probes. */
const SLOT_MS = 60_000;
const WINDOW_PROBES = 22;

/** The least common multiple of a minute and what votes and canaries repeat at. */
const periodOf = (intervalMs: number): number => {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;
  return lcm(lcm(SLOT_MS, 2 * intervalMs), Math.max(10_000, intervalMs));
};

export const stillnessOf = (
  { agenda, traffic, observers, controller }: Parts,
  { health }: Setup,
) => {
  const periodMs = periodOf(health.intervalMs);
  const settleMs = Math.max(periodMs, WINDOW_PROBES * health.intervalMs) + 2 * health.timeoutMs;
  let lookedMs = 0;

  const jump = (byMs: number): void => {
    agenda.shift(PERIODIC, byMs);
    controller.shift(byMs);
    for (const observer of observers) observer.shift(byMs);
  };

  return {
    pass: (atMs: number, untilMs: number): void => {
      if (atMs - lookedMs < SLOT_MS) return;
      lookedMs = atMs;
      const stretch = traffic.timeline().at(atMs);
      if (stretch.faults.length > 0 || atMs - stretch.fromMs < settleMs) return;
      const quietMs = controller.quietUntilMs();
      if (quietMs === null) return;
      const endMs = Math.min(stretch.untilMs, untilMs, quietMs);
      const periods = Math.floor((endMs - atMs - settleMs) / periodMs);
      if (periods < 1 || !agenda.holdsOnly(PERIODIC, endMs)) return;
      if (!observers.every((observer) => observer.isQuiet())) return;
      jump(periods * periodMs);
      lookedMs = atMs + periods * periodMs;
    },
  };
};
