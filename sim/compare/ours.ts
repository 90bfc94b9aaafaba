/** Our own rules on the same traces: the decision level, with settings that people choose. */
import type { HealthSettings } from '../../core/health/settings.ts';
import { failoverFor, HEALTH, type Setup } from '../decision/setup.ts';
import { simulate } from '../decision/simulate.ts';
import type { Trace } from '../faults/fault.ts';
import type { Turn } from './watch.ts';

export type Own = { readonly name: string; readonly setup: Setup };

/** A detector is judged by what it sees: data and capacity are well, and nobody is asked. */
const own = (name: string, health: HealthSettings): Own => ({
  name,
  setup: {
    name,
    health,
    failover: failoverFor(health, { replicated: false, managedCapacity: false }),
    approvesAfterMs: null,
  },
});

export const OURS: readonly Own[] = [
  own('ours, defaults (10 s, down 30 s)', HEALTH),
  own('ours, 10 s, down 15 s', { ...HEALTH, downMs: 15_000 }),
  own('ours, 5 s, down 10 s', { ...HEALTH, intervalMs: 5_000, downMs: 10_000, upMs: 60_000 }),
  own('ours, 1 s, down 2 s', {
    ...HEALTH,
    intervalMs: 1_000,
    timeoutMs: 1_000,
    downMs: 2_000,
    upMs: 5_000,
  }),
];

/** When it would have moved traffic: the moment at which all gates held. */
export const ownTurns = ({ setup }: Own, trace: Trace): Turn[] =>
  simulate(trace, { setup }).started.map(({ atMs, execution }) => ({
    atMs,
    to: execution.to === trace.places.home ? 0 : 1,
  }));
