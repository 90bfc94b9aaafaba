/** A rehearsal in one sentence or two: how it ended, why, how long it took, and what comes next. */
import { formatMs } from '../units.ts';

export type RehearsalSeen = {
  readonly depth: string;
  readonly outcome: string;
  readonly why: string;
  readonly rtoMs: number | null;
  readonly lossMs: number | null;
  readonly timings: {
    readonly detectMs: number;
    readonly decideMs: number;
    readonly fenceMs: number;
    readonly scaleMs: number;
    readonly flipMs: number;
    readonly authoritativeMs: number | null;
    readonly effectiveMs: number | null;
  } | null;
  readonly executions: readonly string[];
};

const partsOf = ({ timings }: RehearsalSeen): string => {
  if (timings === null) return '';
  const parts: [string, number | null][] = [
    ['detect', timings.detectMs],
    ['decide', timings.decideMs],
    ['fence', timings.fenceMs],
    ['scale', timings.scaleMs],
    ['flip', timings.flipMs],
    ['name servers', timings.authoritativeMs],
    ['seen', timings.effectiveMs],
  ];
  const shown = parts.filter(([, ms]) => ms !== null && ms > 0);
  return ` (${shown.map(([name, ms]) => `${name} ${formatMs(ms ?? 0)}`).join(', ')})`;
};

export const rehearsalText = (rehearsal: RehearsalSeen): string => {
  const { depth, outcome, why, rtoMs, lossMs, executions } = rehearsal;
  const rto = rtoMs === null ? '' : ` RTO ${formatMs(rtoMs)}${partsOf(rehearsal)}.`;
  const loss =
    lossMs === null ? '' : ` At most ${formatMs(lossMs)} of writes would have been lost.`;
  const [first] = executions;
  const more = outcome === 'FAILED' && first !== undefined ? ` Why: failover report ${first}` : '';
  return `${outcome} at depth ${depth}: ${why}.${rto}${loss}${more}`;
};
