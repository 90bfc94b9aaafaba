/** One thing that was measured. The control arm runs the image of the reference, as the A/A check. */
export type RankedArm = {
  readonly id: string;
  readonly role: 'reference' | 'control' | 'candidate';
};

/** Quantile `q` of what one arm measured in one cell and round; failures already censored. */
export type Observation = {
  readonly armId: string;
  readonly region: string;
  readonly vantage: string;
  /** From 1. */
  readonly round: number;
  readonly q: number;
  readonly valueMs: number;
};

/** All that a ranking of one metric depends on. Same input, in any order, gives the same ranking. */
export type RankingInput = {
  /** Such as `http.total`. */
  readonly metric: string;
  readonly arms: readonly RankedArm[];
  /** What is absent was not measured. Each (arm, cell, round, q) at most once. */
  readonly observations: readonly Observation[];
  /** Self-noise of the prober; differences below it are below resolution. 0 when not known. */
  readonly floorMs: number;
  /** Seeds the resampling behind P(best), which decides nothing. */
  readonly seed: string;
  /** Share of the traffic that comes from each vantage's area, any scale; equal when absent. */
  readonly vantageShares?: Readonly<Record<string, number>>;
  /**
   * Serving regions by preference, primary first: in each scenario all traffic goes to the first that is
   * left. When absent, every region that is left gets an equal part.
   */
  readonly servingOrder?: readonly string[];
  /** Chance of any false difference, per scenario and metric; 0.05 when absent. */
  readonly alpha?: number;
  /** How many looks the drill planned; each is decided at alpha/looks. 1 when absent. */
  readonly looks?: number;
  /** Differences below this are too small to matter; 3 when absent. */
  readonly relevantPct?: number;
  /** Rounds that share a placement, 1 when absent: placements, not rounds, are the blocks. */
  readonly roundsPerPlacement?: number;
  /** Resamples behind P(best); 2000 when absent, none for 0. */
  readonly resamples?: number;
};

export const ALPHA_DEFAULT = 0.05;
export const RELEVANT_PCT_DEFAULT = 3;
export const RESAMPLES_DEFAULT = 2000;

/** Key of a cell in weights: `eu-west-1<eu-central-1` is eu-west-1 as seen from eu-central-1. */
export const cellKey = (cell: { readonly region: string; readonly vantage: string }): string =>
  `${cell.region}<${cell.vantage}`;
