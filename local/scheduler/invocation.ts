import type { Delivery } from '../delivery/deliveries.ts';
import { eventTime } from '../eventbridge/events.ts';
import { readTargetArn } from '../eventbridge/targets.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import { type ScheduleState, scheduleArn } from './state.ts';

const ATTEMPT_MARK = '<aws.scheduler.attempt-number>';

/** What a target without Input gets. */
const defaultInput = (schedule: ScheduleState, id: string, time: string): string =>
  JSON.stringify({
    version: '0',
    id,
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: ACCOUNT_ID,
    time,
    region: schedule.region,
    resources: [scheduleArn(schedule.region, schedule.name)],
    detail: '{}',
  });

const callFor = (schedule: ScheduleState, id: string, input: string): Delivery['call'] => {
  const { arn, event } = schedule.target;
  if (event) return { kind: 'putEvent', bus: arn, ...event, detail: input };
  return readTargetArn(arn)?.kind === 'stateMachine'
    ? { kind: 'startExecution', stateMachineArn: arn, name: id, input }
    : { kind: 'invoke', functionName: arn, payload: input };
};

/**
 * The call an occurrence at `dueMs` asks for; `holdMs` is its place in the flexible time window.
 */
export const invocationOf = (
  schedule: ScheduleState,
  dueMs: number,
  holdMs: number,
  id: string,
): Delivery => {
  const time = eventTime(dueMs);
  const arn = scheduleArn(schedule.region, schedule.name);
  const input = (schedule.target.input ?? defaultInput(schedule, id, time))
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', time)
    .replaceAll('<aws.scheduler.execution-id>', id);
  return {
    about: `schedule ${schedule.name} of ${time} to ${schedule.target.arn}`,
    region: schedule.region,
    roleArn: schedule.target.roleArn,
    retriesMax: schedule.target.retriesMax,
    expiresAtMs: dueMs + holdMs + schedule.target.ageMsMax,
    ...(holdMs > 0 && { notBeforeMs: dueMs + holdMs }),
    attemptMark: ATTEMPT_MARK,
    call: callFor(schedule, id, input),
  };
};
