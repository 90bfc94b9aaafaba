/** What `failover deploy --json` prints. */
import * as z from 'zod';
import { DEPLOY_CHECKS } from '../core/deploy/findings.ts';
import { Region } from './region.ts';

const Usd = z.number().min(0);

export const DeployStack = z.strictObject({
  role: z.string(),
  region: Region,
  name: z.string(),
  resources: z.array(z.strictObject({ type: z.string(), count: z.int().min(1) })),
  /** As it was found; null where there is none, or where nobody could be asked. */
  status: z.string().nullable(),
  /** What came of it. `kept` and `planned`: nothing was done to it. */
  outcome: z.enum(['planned', 'made', 'updated', 'unchanged', 'removed', 'absent']),
  /** Tables and buckets of a former deployment that it takes over, or has taken. */
  adopts: z.array(z.string()),
});

export const DeployOutput = z.strictObject({
  service: z.string(),
  stage: z.string(),
  /** Null where nobody could be asked. */
  account: z.string().nullable(),
  action: z.enum(['deploy', 'destroy']),
  /** `done`: all of it. `begun`: printed on the way only. `planned`: a dry run. `blocked`: findings of severity `stop`; nothing was changed. */
  outcome: z.enum(['done', 'begun', 'planned', 'blocked', 'declined']),
  stacks: z.array(DeployStack),
  /**
   * Of an earlier deployment, with no place in this one: taken away. A lease that is made anew in other regions is here and in
   * `stacks`. Of `destroy` none: there they are in `stacks`.
   */
  removes: z.array(DeployStack),
  dns: z
    .strictObject({
      record: z.string(),
      zone: z.string(),
      driver: z.enum(['quorum', 'record']),
      /** What stands there now; null where nobody could be asked. */
      found: z.enum(['absent', 'ours', 'same-answer', 'foreign']).nullable(),
      /** What was, or would be, done to it. */
      change: z.string(),
    })
    .nullable(),
  cost: z
    .strictObject({
      drillUsd: Usd.nullable(),
      /** Of the images that drills leave, at most. */
      imagesMonthUsd: Usd.nullable(),
      watchMonthUsd: Usd.nullable(),
      /** Of drills, their images and of watching. */
      monthUsd: Usd,
      /** Of the service itself; null where it is not made here. */
      runningMonthUsd: Usd.nullable(),
    })
    .nullable(),
  findings: z.array(
    z.strictObject({
      check: z.enum(DEPLOY_CHECKS),
      severity: z.enum(['stop', 'warn']),
      what: z.string(),
      remedy: z.string(),
    }),
  ),
  /** What stays in the account, by its name. */
  kept: z.array(z.string()),
});
export type DeployOutput = z.output<typeof DeployOutput>;
