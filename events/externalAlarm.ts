/**
 * An alarm of another system. Anyone may put this event on the bus; an alarm of CloudWatch is
 * translated into it. It raises suspicion, it does not decide.
 */
import * as z from 'zod';
import { type BusEvent, busEvent } from './busEvent.ts';
import { ServiceName } from './probeOutcome.ts';
import { EpochMs, Region } from './region.ts';

export const ExternalAlarm = z.strictObject({
  service: ServiceName,
  /** The region it speaks against. */
  region: Region,
  ringing: z.boolean(),
  /** Who says so: the same name takes it back. */
  source: z.string().min(1).max(200),
  atMs: EpochMs,
});
export type ExternalAlarm = z.output<typeof ExternalAlarm>;

export const externalAlarm = (alarm: ExternalAlarm): BusEvent<ExternalAlarm> =>
  busEvent('ExternalAlarm', ExternalAlarm.parse(alarm));

/** The event of EventBridge for a change of state of an alarm; AWS owns it and may add to it. */
export const CloudWatchAlarmEvent = z.object({
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  source: z.literal('aws.cloudwatch'),
  time: z.iso.datetime().transform((text) => Date.parse(text)),
  region: Region,
  detail: z.object({
    alarmName: z.string().min(1).max(255),
    state: z.object({ value: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']) }),
  }),
});
export type CloudWatchAlarmEvent = z.output<typeof CloudWatchAlarmEvent>;

/**
 * An alarm speaks against the region it stands in. Too little data is no alarm: absent is not down.
 */
export const alarmOfCloudWatch = (service: string, event: CloudWatchAlarmEvent): ExternalAlarm => ({
  service,
  region: event.region,
  ringing: event.detail.state.value === 'ALARM',
  source: `cloudwatch:${event.detail.alarmName}`.slice(0, 200),
  atMs: event.time,
});
