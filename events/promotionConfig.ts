/** `promotion` of the configuration: how a new image takes the place of the one that runs. */
import * as z from 'zod';
import { durationMs } from './quantities.ts';

const percent = z
  .string()
  .regex(/^\d{1,3}%$/, 'expected a percentage such as 25%')
  .transform((text) => Number(text.slice(0, -1)))
  .refine((value) => value >= 1 && value <= 100, 'expected 1% to 100%');

export const PromotionConfig = z.strictObject({
  /** Shares of the traffic that a canary gets, rising; all of it comes last, asked for or not. */
  steps: z
    .array(percent)
    .max(18)
    .refine(
      (steps) => steps.every((step, at) => at === 0 || step > (steps[at - 1] ?? 0)),
      'expected rising shares such as [1%, 5%, 25%, 100%]',
    )
    .default([1, 5, 25, 100]),
  /** How long each share is watched, and how long the old version is kept once all traffic is new. */
  hold: durationMs().default(300_000),
  soak: durationMs().default(1_800_000),
  /** How much slower a new version may be than the old one. */
  slower: percent.default(10),
  /** A service that gets a new version first and no traffic. */
  staging: z.boolean().default(false),
});
