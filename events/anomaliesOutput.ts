/** What `failover anomalies --json` prints. Times are as they stand in the file. */
import * as z from 'zod';

const Method = z.enum(['ewma', 'edivisive']);

export const AnomaliesOutput = z.strictObject({
  file: z.string(),
  method: z.enum(['both', ...Method.options]),
  values: z.int(),
  holes: z.int(),
  first: z.string().nullable(),
  last: z.string().nullable(),
  /** The last value by the EWMA; null where only change points were asked for. */
  tonight: z
    .strictObject({
      time: z.string(),
      value: z.number().nullable(),
      status: z.enum(['hole', 'learning', 'normal', 'alarm']),
      expected: z.number().nullable(),
      /** A share of what was expected; a difference where values may be zero or below. */
      change: z.number().nullable(),
      z: z.number(),
      limit: z.number(),
      p: z.number(),
    })
    .nullable(),
  /** Runs of alarms. */
  alarms: z.array(
    z.strictObject({
      from: z.string(),
      to: z.string(),
      expected: z.number().nullable(),
      value: z.number().nullable(),
    }),
  ),
  changes: z.array(
    z.strictObject({
      time: z.string(),
      index: z.int(),
      before: z.number(),
      after: z.number(),
      p: z.number(),
      magnitude: z.number(),
    }),
  ),
  /** What is out of line at the end of the series. */
  alerts: z.array(
    z.strictObject({
      series: z.string(),
      method: Method,
      before: z.number(),
      after: z.number(),
      p: z.number(),
      since: z.string(),
    }),
  ),
  cause: z
    .strictObject({
      word: z.enum(['image', 'environment', 'measurement']),
      of: z.enum(['candidate', 'reference']).nullable(),
      why: z.string(),
    })
    .nullable(),
});
