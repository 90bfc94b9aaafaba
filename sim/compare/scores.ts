/** How good the answers of a rule were on one trace, against what was true. */
import { quantile } from '../../core/statistics/quantile.ts';
import type { Trace } from '../faults/fault.ts';
import type { Health, Traffic } from '../faults/traffic.ts';
import type { Turn } from './watch.ts';

type Region = 0 | 1;

export type Span = { readonly fromMs: number; readonly untilMs: number };

/** What is added up over traces. */
export type Score = {
  readonly traces: number;
  readonly virtualMs: number;
  readonly moves: number;
  /** Away from a region that had served its clients well for the whole of the two minutes before. */
  readonly falseMoves: number;
  readonly outages: number;
  readonly missed: number;
  readonly delaysMs: readonly number[];
  /** Clients times milliseconds sent to a dead region while the other was well; per client. */
  readonly wrongMs: number;
};

export const NO_SCORE: Score = {
  traces: 0,
  virtualMs: 0,
  moves: 0,
  falseMoves: 0,
  outages: 0,
  missed: 0,
  delaysMs: [],
  wrongMs: 0,
};

export const sumOf = (a: Score, b: Score): Score => ({
  traces: a.traces + b.traces,
  virtualMs: a.virtualMs + b.virtualMs,
  moves: a.moves + b.moves,
  falseMoves: a.falseMoves + b.falseMoves,
  outages: a.outages + b.outages,
  missed: a.missed + b.missed,
  delaysMs: [...a.delaysMs, ...b.delaysMs],
  wrongMs: a.wrongMs + b.wrongMs,
});

/** The spans in which a region served its clients like this. */
const spansOf = (
  traffic: Traffic,
  region: Region,
  untilMs: number,
  wanted: (health: Health) => boolean,
): Span[] => {
  const spans: { fromMs: number; untilMs: number }[] = [];
  for (const stretch of traffic.timeline().stretches) {
    const fromMs = Math.max(0, stretch.fromMs);
    const endMs = Math.min(untilMs, stretch.untilMs);
    if (endMs <= fromMs || !wanted(traffic.truth(region, fromMs))) continue;
    const last = spans.at(-1);
    if (last !== undefined && last.untilMs === fromMs) last.untilMs = endMs;
    else spans.push({ fromMs, untilMs: endMs });
  }
  return spans;
};

const overlapMs = (spans: readonly Span[], { fromMs, untilMs }: Span): number =>
  spans.reduce(
    (sum, span) =>
      sum + Math.max(0, Math.min(untilMs, span.untilMs) - Math.max(fromMs, span.fromMs)),
    0,
  );

/** Long enough that it should have been acted upon by anybody. */
const OUTAGE_MS = 180_000;
const CALM_MS = 120_000;

type Held = Span & { readonly region: Region };

/** Which region is answered when, from the turns of a rule. */
const heldSpans = (turns: readonly Turn[], untilMs: number): Held[] => {
  const held: Held[] = [];
  let region: Region = 0;
  let fromMs = 0;
  for (const { atMs, to } of turns) {
    held.push({ region, fromMs, untilMs: Math.min(untilMs, atMs) });
    [region, fromMs] = [to, Math.min(untilMs, atMs)];
  }
  return [...held, { region, fromMs, untilMs }];
};

/** Clients whose copies of the answer end at different moments. */
const CLIENTS = 12;

/** What one client holds: an answer until its copy ends, then the one that is given by then. */
const clientSpans = (held: readonly Held[], ttlMs: number, client: number): Held[] => {
  if (ttlMs === 0) return [...held];
  const phaseMs = (client * ttlMs) / CLIENTS;
  const refreshMs = (ms: number): number => phaseMs + Math.ceil((ms - phaseMs) / ttlMs) * ttlMs;
  return held.map(({ region, fromMs, untilMs }) => ({
    region,
    fromMs: fromMs === 0 ? 0 : refreshMs(fromMs),
    untilMs: refreshMs(untilMs),
  }));
};

const wrongMs = (
  held: readonly Held[],
  ttlMs: number,
  dead: readonly [readonly Span[], readonly Span[]],
  endMs: number,
): number => {
  const one = (client: number): number =>
    clientSpans(held, ttlMs, client).reduce((sum, { region, fromMs, untilMs }) => {
      const span = { fromMs, untilMs: Math.min(endMs, untilMs) };
      const both = dead[region].reduce(
        (ms, each) =>
          ms +
          overlapMs(dead[region === 0 ? 1 : 0], {
            fromMs: Math.max(span.fromMs, each.fromMs),
            untilMs: Math.min(span.untilMs, each.untilMs),
          }),
        0,
      );
      return sum + overlapMs(dead[region], span) - both;
    }, 0);
  let sum = 0;
  for (let client = 0; client < CLIENTS; client++) sum += one(client);
  return sum / CLIENTS;
};

/** Losses of home that last, from a calm beginning, while the standby is well. */
const outagesOf = (dead: readonly [readonly Span[], readonly Span[]]): Span[] =>
  dead[0].filter(
    (span) =>
      span.untilMs - span.fromMs >= OUTAGE_MS &&
      overlapMs(dead[0], { fromMs: span.fromMs - CALM_MS, untilMs: span.fromMs }) === 0 &&
      overlapMs(dead[1], { fromMs: span.fromMs - CALM_MS, untilMs: span.untilMs }) === 0,
  );

export const scoreOf = (
  turns: readonly Turn[],
  traffic: Traffic,
  { untilMs }: Trace,
  ttlMs: number,
): Score => {
  const isDead = (health: Health) => health === 'dead';
  const dead = [
    spansOf(traffic, 0, untilMs, isDead),
    spansOf(traffic, 1, untilMs, isDead),
  ] as const;
  const unwell = spansOf(traffic, 0, untilMs, (health) => health !== 'good');
  const held = heldSpans(turns, untilMs);
  // Going back home is no failover, right or wrong.
  const falseMoves = turns.filter(
    ({ atMs, to }) =>
      to === 1 && overlapMs(unwell, { fromMs: atMs - CALM_MS, untilMs: atMs }) === 0,
  ).length;
  const outages = outagesOf(dead).filter(({ fromMs }) =>
    held.some((each) => each.region === 0 && each.fromMs <= fromMs && fromMs < each.untilMs),
  );
  const found = outages.map(({ fromMs, untilMs: endMs }) =>
    turns.find(({ atMs, to }) => to === 1 && atMs >= fromMs && atMs < endMs),
  );
  return {
    traces: 1,
    virtualMs: untilMs,
    moves: turns.length,
    falseMoves,
    outages: outages.length,
    missed: found.filter((turn) => turn === undefined).length,
    delaysMs: found.flatMap((turn, index) =>
      turn === undefined ? [] : [turn.atMs - (outages[index]?.fromMs ?? 0)],
    ),
    wrongMs: wrongMs(held, ttlMs, dead, untilMs),
  };
};

export const delayMs = ({ delaysMs }: Score, q: number): number | null =>
  delaysMs.length === 0 ? null : quantile(delaysMs, q);
