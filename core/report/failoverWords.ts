/** Words for a failover, as Slack, the terminal and the page all say them. */
import type { Gate } from '../failover/gates.ts';
import type { Timings } from '../failover/timings.ts';
import { isOrdered } from '../failover/view.ts';
import { formatMs } from '../units.ts';

export type Part = { readonly name: string; readonly ms: number };

/** The parts of an RTO that took any time, in order. They sum to it when it is known. */
export const rtoParts = (timings: Timings): Part[] =>
  [
    { name: 'detect', ms: timings.detectMs },
    { name: 'decide', ms: timings.decideMs },
    { name: 'fence', ms: timings.fenceMs },
    { name: 'scale', ms: timings.scaleMs },
    { name: 'flip', ms: timings.flipMs },
    { name: 'name servers', ms: timings.authoritativeMs ?? 0 },
    { name: 'resolvers', ms: timings.effectiveMs ?? 0 },
  ].filter(({ ms }) => ms > 0);

/**
 * `RTO 48.0 s (detect 34.0 s, decide 1.0 s, ...)`; or what is known of it, said as such. Without a
 * fault there is nothing to recover from: then it only took its time.
 */
export const rtoText = (timings: Timings | null, cause = 'down'): string => {
  const [name, open] = isOrdered(cause) ? ['took', 'not proved'] : ['RTO', 'RTO not reached'];
  if (timings === null) return `${name === 'RTO' ? 'RTO ' : ''}not measured: traffic did not move`;
  const parts = rtoParts(timings).map(({ name, ms }) => `${name} ${formatMs(ms)}`);
  const split = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  return timings.rtoMs === null ? `${open}${split}` : `${name} ${formatMs(timings.rtoMs)}${split}`;
};

/** What can be lost of the data, as an age; without one, why there is none. */
export const lossText = (lossMs: number | null, why = 'not known'): string =>
  lossMs === null ? why : `at most ${formatMs(lossMs)} of writes`;

/** As `lossText`, with the words of the data gate where it found no age. */
export const dataText = (
  lossMs: number | null,
  decision: { readonly plan: { readonly gates: readonly Pick<Gate, 'gate' | 'why'>[] } } | null,
): string => lossText(lossMs, decision?.plan.gates.find(({ gate }) => gate === 'G3')?.why);

const CAUSES: Readonly<Record<string, string>> = {
  down: 'was down',
  degraded: 'was degraded',
  unstable: 'was unstable',
  external: 'was spoken against by an alarm',
};

/** Where the times of a move are counted from. */
export const originText = (cause: string): string =>
  isOrdered(cause) ? 'the decision' : 'the first failed probe';

/** Why traffic moved, in a clause. */
export const causeText = (cause: string, from: string): string => {
  if (cause === 'operator') return 'a person ordered it';
  if (cause === 'rehearsal') return 'a rehearsal ordered it';
  if (cause === 'failback') return 'failback';
  return `${from} ${CAUSES[cause] ?? cause}`;
};

/** Gates whose numbers are times. */
const TIMED = new Set(['G3', 'G8']);

/** What a gate found, or its limit, with its unit. */
export const gateValueText = (gate: string, value: string | number | null): string => {
  if (value === null) return '–';
  return typeof value === 'number' && TIMED.has(gate) ? ageText(value) : String(value);
};

/** An age or a limit; what was read at that very moment is 0 ms old. */
export const ageText = (ms: number | null): string => {
  if (ms === null) return '–';
  return ms < 1 ? '0 ms' : formatMs(ms);
};

const SHADOW = '--shadow';

/** The service of a watch; a rehearsal is said to be one. */
export const serviceText = (watch: string): string =>
  watch.endsWith(SHADOW) ? `${watch.slice(0, -SHADOW.length)} (rehearsal)` : watch;
