import * as z from 'zod';
import { Ranking } from './ranking.ts';

/** A place of a table of samples for which a variant has no row. */
export const Hole = z.strictObject({
  variant: z.string(),
  region: z.string(),
  vantage: z.string(),
  round: z.int(),
});
export type Hole = z.output<typeof Hole>;

/** What `failover rank --json` prints. */
export const RankingOutput = z.strictObject({
  source: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('drill'),
      drillId: z.string(),
      inputsHash: z.string(),
      /** False when the stored report was computed from other records or by another version. */
      sameAsStored: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal('csv'),
      file: z.string(),
      metric: z.string(),
      reference: z.string(),
      control: z.string().nullable(),
      samples: z.int(),
      variants: z.array(z.string()),
      cells: z.int(),
      rounds: z.int(),
      holes: z.array(Hole),
    }),
  ]),
  rankings: z.array(Ranking),
});
export type RankingOutput = z.output<typeof RankingOutput>;
