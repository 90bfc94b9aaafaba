/** Every rule on the same traces, and what came of it. */
import { type Fault, STEADY, type Trace } from '../faults/fault.ts';
import { incidentTrace } from '../faults/generate.ts';
import type { ProfileName } from '../faults/profiles.ts';
import { trafficOf } from '../faults/traffic.ts';
import { PEERS } from '../rules/peers.ts';
import { OURS, ownTurns } from './ours.ts';
import { delayMs, NO_SCORE, type Score, scoreOf, sumOf } from './scores.ts';
import { type Turn, turnsOf } from './watch.ts';

export type Row = {
  readonly name: string;
  readonly ours: boolean;
  /** Asks within the region, which no network around it can hide. */
  readonly inside: boolean;
  /** In a year of one incident a day. */
  readonly falsePerYear: number;
  readonly missed: number;
  readonly outages: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Moves in an incident of flapping. */
  readonly flapMoves: number;
  /** Seconds in an incident for which a client was sent to a dead region, the other being well. */
  readonly wrongS: number;
};

export type Comparison = {
  readonly first: number;
  readonly last: number;
  readonly rows: readonly Row[];
};

/**
 * What a detector can see of a trace: deployments become the errors they cause, and what is about
 * data, capacity, switches and calls is left out.
 */
const detectable = (trace: Trace): Trace => {
  const seen = (fault: Fault): Fault[] => {
    if (fault.kind === 'deploy') {
      const { id, fromMs, untilMs, brokenShare, regions } = fault;
      return regions.map((region, index) => ({
        id: `${id}-${index + 1}`,
        kind: 'network',
        what: { kind: 'error-rate', share: brokenShare },
        scope: { region },
        plane: 'service',
        rhythm: STEADY,
        returnsAfterFlipMs: null,
        fromMs,
        untilMs,
      }));
    }
    if (fault.kind === 'network') return [{ ...fault, returnsAfterFlipMs: null }];
    return ['observer', 'platform', 'clock', 'events'].includes(fault.kind) ? [fault] : [];
  };
  return { ...trace, faults: trace.faults.flatMap(seen) };
};

type Entrant = {
  readonly name: string;
  readonly ours: boolean;
  readonly inside: boolean;
  readonly ttlMs: number;
  readonly turns: (trace: Trace) => Turn[];
};

const entrants = (): Entrant[] => [
  ...OURS.map((own) => ({
    name: own.name,
    ours: true,
    inside: false,
    ttlMs: own.setup.failover.ttlMs,
    turns: (trace: Trace) => ownTurns(own, trace),
  })),
  ...PEERS.map((rule) => ({
    name: rule.name,
    ours: false,
    inside: rule.places.includes(null),
    ttlMs: rule.ttlMs,
    turns: (trace: Trace) => turnsOf(rule, trafficOf(trace), trace),
  })),
];

const DAYS_PER_YEAR = 365;

const judged = (entrant: Entrant, profile: ProfileName, first: number, last: number): Score => {
  let score = NO_SCORE;
  for (let seed = first; seed <= last; seed++) {
    const trace = detectable(incidentTrace({ seed: `${seed}`, profile }));
    const turns = entrant.turns(trace);
    score = sumOf(score, scoreOf(turns, trafficOf(trace), trace, entrant.ttlMs));
  }
  return score;
};

type Progress = (done: number, of: number) => void;

/** Incidents of the default profile for all but the flips, which are those of `flapping`. */
export const compare = (first: number, last: number, progress: Progress): Comparison => {
  const all = entrants();
  const rows = all.map((entrant, index): Row => {
    progress(index, all.length);
    const score = judged(entrant, 'default', first, last);
    const flaps = judged(entrant, 'flapping', first, Math.min(last, first + 99));
    return {
      name: entrant.name,
      ours: entrant.ours,
      inside: entrant.inside,
      falsePerYear: (score.falseMoves / score.traces) * DAYS_PER_YEAR,
      missed: score.missed,
      outages: score.outages,
      p50Ms: delayMs(score, 0.5),
      p95Ms: delayMs(score, 0.95),
      p99Ms: delayMs(score, 0.99),
      flapMoves: flaps.moves / flaps.traces,
      wrongS: score.wrongMs / score.traces / 1_000,
    };
  });
  return { first, last, rows };
};
