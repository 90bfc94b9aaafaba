import * as z from 'zod';
import { ACCOUNT_ID } from '../wire/types.ts';

const target = z.strictObject({
  arn: z.string(),
  roleArn: z.string(),
  input: z.string().optional(),
  /** Set for an event bus. */
  event: z.strictObject({ source: z.string(), detailType: z.string() }).optional(),
  retriesMax: z.int(),
  ageMsMax: z.number(),
});

const schedule = z.strictObject({
  region: z.string(),
  name: z.string(),
  expression: z.string(),
  timeZone: z.string(),
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  description: z.string().optional(),
  enabled: z.boolean(),
  /** 0 means FlexibleTimeWindow OFF. */
  windowMinutes: z.int().min(0),
  deleteAfterCompletion: z.boolean(),
  target,
  createdAtMs: z.number(),
  modifiedAtMs: z.number(),
  /** A rate counts from here. */
  anchorMs: z.number(),
  /** Token of the call that made it: the same call again makes nothing new. */
  clientToken: z.string().optional(),
});
export type ScheduleState = z.infer<typeof schedule>;

export const schedulerState = z.strictObject({ schedules: z.array(schedule) });

/** The one schedule group. */
export const GROUP = 'default';

export const scheduleArn = (region: string, name: string): string =>
  `arn:aws:scheduler:${region}:${ACCOUNT_ID}:schedule/${GROUP}/${name}`;

export const groupArn = (region: string): string =>
  `arn:aws:scheduler:${region}:${ACCOUNT_ID}:schedule-group/${GROUP}`;
