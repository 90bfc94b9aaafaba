/** The sign of life that a serving region writes into the service's replicated table. */
import * as z from 'zod';

/** Nothing is asked: where to write, and of what, stands in the environment. */
export const BeatInput = z.object({});
export type BeatInput = z.output<typeof BeatInput>;

export const BeatOutput = z.strictObject({ beats: z.int().min(0), failed: z.int().min(0) });
export type BeatOutput = z.output<typeof BeatOutput>;
