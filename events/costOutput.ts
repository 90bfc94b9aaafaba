import * as z from 'zod';

const usd = z.number().min(0);

const Sum = z.strictObject({
  usd,
  parts: z.array(z.strictObject({ part: z.string(), usd })),
  items: z.array(
    z.strictObject({ part: z.string(), what: z.string(), price: z.string(), units: z.number() }),
  ),
});

/** What `failover cost --json` prints: US dollars, before tax and free tiers. */
export const CostOutput = z.strictObject({
  service: z.string(),
  /** When the price table was put together, and the region whose prices it has. */
  pricesOf: z.strictObject({ date: z.string(), region: z.string() }),
  /** One drill with the fewest rounds of its profile; null when there is nothing to drill. */
  drill: Sum.extend({ atMostUsd: usd, aMonth: z.int() }).nullable(),
  /** A month of the images that drills leave, once each region keeps as many as it does; null without an image. */
  images: Sum.extend({ regions: z.int(), kept: z.int() }).nullable(),
  /** A month of watching while nothing happens; null when no name fails over. */
  watch: Sum.extend({ observers: z.int() }).nullable(),
  /** A month of the service itself, where a deployment runs it; null where it is somebody else's. */
  running: Sum.extend({ regions: z.int() }).nullable(),
  /** Of drills, their images and of watching: what there is beside the service. */
  monthUsd: usd,
  others: z.array(z.strictObject({ name: z.string(), does: z.string(), doesNot: z.string(), usd })),
  /** Prices that are used above, each with its source; `unverified` ones nobody has looked up again. */
  prices: z.record(
    z.string(),
    z.strictObject({
      usd,
      per: z.string(),
      source: z.string(),
      grade: z.enum(['primary', 'secondary', 'unverified']),
    }),
  ),
  notCounted: z.array(z.string()),
});
export type CostOutput = z.output<typeof CostOutput>;
