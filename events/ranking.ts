import * as z from 'zod';

const Interval = z.tuple([z.number(), z.number()]);

/** One pair of variants; the fields are those of core/ranking/ranking-types.ts. */
export const PairResult = z.strictObject({
  i: z.string(),
  j: z.string(),
  rounds: z.int(),
  wins: z.int(),
  losses: z.int(),
  theta: z.number(),
  effectPct: z.number(),
  ciPct: Interval.nullable(),
  p: z.number(),
  pHolm: z.number(),
  verdict: z.enum(['faster', 'slower', 'same', 'negligible', 'undecided']),
  words: z.string(),
});

export const RankingRow = z.strictObject({
  v: z.string(),
  lo: z.int(),
  hi: z.int(),
  rank: z.string(),
  effectPct: z.number().nullable(),
  ciPct: Interval.nullable(),
  levelMs: z.number(),
  pBest: z.number().nullable(),
  expectedRank: z.number().nullable(),
});

export type RankingRow = z.output<typeof RankingRow>;

/** One ranking: one scenario, one metric, one quantile. */
export const Ranking = z.strictObject({
  scenario: z.string(),
  metric: z.string(),
  q: z.number(),
  weights: z.record(z.string(), z.number()),
  deltaPct: z.number(),
  alpha: z.number(),
  looks: z.int(),
  rounds: z.int(),
  droppedRounds: z.array(z.int()),
  minRounds: z.int(),
  rows: z.array(RankingRow),
  pairs: z.array(PairResult),
  aa: z.enum(['clean', 'differs', 'not measured']),
  aaPair: PairResult.nullable(),
  decided: z.boolean(),
  needMoreRounds: z.int().exactOptional(),
  excluded: z.array(z.strictObject({ v: z.string(), why: z.string() })),
});
export type Ranking = z.output<typeof Ranking>;
