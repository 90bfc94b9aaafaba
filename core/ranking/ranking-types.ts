import type { Interval } from '../statistics/hodges-lehmann.ts';

/** How the first of a pair relates to the second. Only the first two are sure differences. */
export type PairVerdict = 'faster' | 'slower' | 'same' | 'negligible' | 'undecided';

export type PairResult = {
  readonly i: string;
  readonly j: string;
  /** Blocks compared. */
  readonly rounds: number;
  /** Blocks in which i was faster, and in which j was. */
  readonly wins: number;
  readonly losses: number;
  /** Shift of ln(i) - ln(j); below zero when i is faster. */
  readonly theta: number;
  readonly effectPct: number;
  /** Interval of the effect, holding jointly over all pairs; null when the rounds are too few. */
  readonly ciPct: Interval | null;
  readonly p: number;
  readonly pHolm: number;
  readonly verdict: PairVerdict;
  /** `faster in 12 of 12 rounds, 8 % [6, 10]`. */
  readonly words: string;
};

export type RankingRow = {
  readonly v: string;
  /** Best and worst rank that the sure differences leave open. */
  readonly lo: number;
  readonly hi: number;
  /** `1` or `2-3`. */
  readonly rank: string;
  /** Against the reference, below zero when faster; 0 for the reference, null when it has no result. */
  readonly effectPct: number | null;
  readonly ciPct: Interval | null;
  /** Median over the rounds of the weighted geometric mean over the cells. */
  readonly levelMs: number;
  /** Share of resampled drills in which it came first; null when none were made. */
  readonly pBest: number | null;
  readonly expectedRank: number | null;
};

/** Why an arm is not in the ranking. */
export type Excluded = { readonly v: string; readonly why: string };

export type Ranking = {
  readonly scenario: string;
  readonly metric: string;
  readonly q: number;
  /** By cell key, over the cells of the scenario; they sum to 1. */
  readonly weights: Readonly<Record<string, number>>;
  /** Differences below this many percent are ties: the relevant difference or the self-noise. */
  readonly deltaPct: number;
  readonly alpha: number;
  readonly looks: number;
  /** Blocks that count, and rounds dropped because too much of them was missing. */
  readonly rounds: number;
  readonly droppedRounds: readonly number[];
  /** With fewer blocks than this no pair can be told apart. */
  readonly minRounds: number;
  readonly rows: readonly RankingRow[];
  readonly pairs: readonly PairResult[];
  /** `differs` when the control is surely faster or slower than the reference, its own twin. */
  readonly aa: 'clean' | 'differs' | 'not measured';
  /** The control against the reference, the A/A check. */
  readonly aaPair: PairResult | null;
  /** No pair is undecided. */
  readonly decided: boolean;
  /** Estimate of the rounds that would decide every pair; absent when all are decided. */
  readonly needMoreRounds?: number;
  readonly excluded: readonly Excluded[];
};
