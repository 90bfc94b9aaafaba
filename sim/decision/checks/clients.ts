/** Invariants of what clients are told, and of outages that must not be missed. */
import { type Fault, SHOWS_AFTER_MS, type Trace } from '../../faults/fault.ts';
import type { Setup } from '../setup.ts';
import { type Around, type Check, startsOf } from './check.ts';

/** The answer follows the machine within this time: checks, spread, and a look once a minute. */
const FOLLOWS_MS = 120_000;

/** Longest time for which a switch keeps what was written to it out of sight. */
const unseenMs = ({ faults }: Trace): number =>
  faults.reduce((most, fault) => {
    if (fault.kind === 'switch' && fault.how === 'unseen') return Math.max(most, fault.untilMs);
    const isLate = fault.kind === 'calls' && fault.how === 'invisible';
    return isLate ? Math.max(most, fault.untilMs + SHOWS_AFTER_MS.to) : most;
  }, 0);

/**
 * The answer names the active region; while a move is under way, either side of it. One that names
 * another region for longer than an answer takes to follow is a region that nobody watches as the
 * active one.
 */
const answersFollow = ({ plan, trace, violated }: Around): Check => {
  let strangeSinceMs: number | null = null;
  const hiddenUntilMs = unseenMs(trace);
  return {
    answered: (answer, stored, atMs) => {
      const region = answer === 'home' ? plan.primary : plan.standby;
      const state = stored?.state;
      const fits = state === undefined || state.active === region || state.execution !== null;
      if (fits || atMs < hiddenUntilMs) {
        strangeSinceMs = null;
        return;
      }
      strangeSinceMs ??= atMs;
      if (atMs - strangeSinceMs < FOLLOWS_MS) return;
      const words = `clients are sent to ${region}, the machine (${state.phase}) takes ${state.active} for active`;
      violated('request', atMs, words);
    },
  };
};

const isHard = (fault: Fault, home: string): boolean => {
  if (fault.kind !== 'network' || fault.rhythm.kind !== 'steady') return false;
  if (!('region' in fault.scope) || fault.scope.region !== home) return false;
  const { what } = fault;
  return (
    what.kind === 'down' ||
    what.kind === 'refuse' ||
    what.kind === 'blackhole' ||
    (what.kind === 'error-rate' && what.share === 1)
  );
};

const HICCUP_MS = 3_000;

const isHarmless = (fault: Fault): boolean =>
  fault.kind === 'drill' ||
  (fault.kind === 'events' && fault.how === 'duplicated') ||
  (fault.kind === 'network' &&
    'from' in fault.scope &&
    fault.rhythm.kind === 'steady' &&
    fault.untilMs - fault.fromMs <= HICCUP_MS);

/** How long a decision may take: a probe, `down`, a timeout, and the way of votes and facts. */
export const limitMs = ({ health }: Setup): number =>
  health.intervalMs + health.downMs + health.timeoutMs + 5_000;

const CALM_MS = 300_000;

/** Losses of home that nothing else disturbs, and when they must have been acted upon. */
const cleanLosses = (trace: Trace, setup: Setup): number[] => {
  if (setup.failover.mode !== 'auto') return [];
  return trace.faults.flatMap((fault) => {
    if (!isHard(fault, trace.places.home)) return [];
    const dueMs = fault.fromMs + limitMs(setup);
    const disturbed = trace.faults.some(
      (other) =>
        other !== fault &&
        !isHarmless(other) &&
        other.fromMs < dueMs &&
        other.untilMs > fault.fromMs - CALM_MS,
    );
    return disturbed || fault.untilMs < dueMs || fault.fromMs < CALM_MS / 2 ? [] : [dueMs];
  });
};

const noneMissed = ({ trace, setup, plan, violated }: Around): Check => {
  const due = cleanLosses(trace, setup);
  let movedMs = Number.NEGATIVE_INFINITY;
  return {
    applied: (applied) => {
      if (startsOf(applied).length > 0) movedMs = applied.atMs;
      while (due[0] !== undefined && applied.atMs >= due[0]) {
        const dueMs = due.shift() ?? 0;
        const { state } = applied.step.next;
        // Away from home, or after a flip, other rules say what may be done.
        const free = state.active === plan.primary && state.flips.length === 0;
        const recently = movedMs >= dueMs - limitMs(setup);
        if (free && !recently) {
          violated(
            'missed',
            applied.atMs,
            `${plan.primary} is lost, the machine is ${state.phase}`,
          );
        }
      }
    },
  };
};

export const clientChecks = (around: Around): Check[] =>
  [answersFollow, noneMissed].map((open) => open(around));
