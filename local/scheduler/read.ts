import type { CreateScheduleInput, Target } from '@aws-sdk/client-scheduler';
import { ScheduleError } from '../../core/schedule/errors.ts';
import { parseSchedule } from '../../core/schedule/expression.ts';
import { assertTimeZone } from '../../core/schedule/zone.ts';
import { readTargetArn } from '../eventbridge/targets.ts';
import { AwsError } from '../wire/types.ts';
import { GROUP, type ScheduleState } from './state.ts';

const WINDOW_MINUTES_MAX = 1_440;
const RETRIES_MAX = 185;
const AGE_S_MIN = 60;
const AGE_S_MAX = 86_400;

export const invalid = (message: string) => new AwsError('ValidationException', message);

/** Throws ResourceNotFoundException for any group but the default one. */
export const checkGroup = (name: string | undefined): void => {
  if (name === undefined || name === GROUP) return;
  throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`);
};

const bounded = (value: number, min: number, max: number, name: string): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`${name} must be a whole number from ${min} to ${max}, not ${value}`);
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const UNSUPPORTED = [
  'DeadLetterConfig',
  'EcsParameters',
  'KinesisParameters',
  'SageMakerPipelineParameters',
  'SqsParameters',
] as const satisfies readonly (keyof Target)[];

const readTarget = (target: Target | undefined, region: string): ScheduleState['target'] => {
  const { Arn: arn, RoleArn: roleArn, Input: input, EventBridgeParameters: event } = target ?? {};
  if (!arn || !roleArn) throw invalid('Target needs Arn and RoleArn.');
  if (/^arn:aws:scheduler:::/.test(arn)) {
    throw invalid(
      `Target ${arn} is a universal target, which this Scheduler cannot call; name a state machine, a function or an event bus by its ARN.`,
    );
  }
  const extra = UNSUPPORTED.find((member) => target?.[member] !== undefined);
  if (extra) throw invalid(`Target.${extra} is not supported by this Scheduler.`);
  const leadsTo = readTargetArn(arn);
  if (!leadsTo) {
    throw invalid(
      `Provided Arn is not in correct format: '${arn}' is no state machine, function or event bus, which is all this Scheduler can call.`,
    );
  }
  if (leadsTo.region !== region) {
    throw invalid(`Target ${arn} is in ${leadsTo.region}, but the schedule is in ${region}.`);
  }
  if ((leadsTo.kind === 'bus') !== (event !== undefined)) {
    throw invalid('EventBridgeParameters go with an event bus, and only with one.');
  }
  // A state machine and an event take JSON only; the marks of Scheduler stand inside its strings.
  if (input !== undefined && leadsTo.kind !== 'function' && !isJson(input)) {
    throw invalid('Target.Input is not JSON.');
  }
  const retry = target?.RetryPolicy;
  const ageS = retry?.MaximumEventAgeInSeconds ?? AGE_S_MAX;
  return {
    arn,
    roleArn,
    ...(input !== undefined && { input }),
    ...(event && { event: { source: event.Source ?? '', detailType: event.DetailType ?? '' } }),
    retriesMax: bounded(
      retry?.MaximumRetryAttempts ?? RETRIES_MAX,
      0,
      RETRIES_MAX,
      'RetryPolicy.MaximumRetryAttempts',
    ),
    ageMsMax: bounded(ageS, AGE_S_MIN, AGE_S_MAX, 'RetryPolicy.MaximumEventAgeInSeconds') * 1_000,
  };
};

const readWindow = (window: CreateScheduleInput['FlexibleTimeWindow']): number => {
  const { Mode, MaximumWindowInMinutes: minutes } = window ?? {};
  if (Mode === 'OFF') {
    if (minutes === undefined) return 0;
    throw invalid('MaximumWindowInMinutes must not be set when FlexibleTimeWindow is OFF.');
  }
  if (Mode !== 'FLEXIBLE') throw invalid('FlexibleTimeWindow.Mode must be OFF or FLEXIBLE.');
  return bounded(minutes ?? 0, 1, WINDOW_MINUTES_MAX, 'FlexibleTimeWindow.MaximumWindowInMinutes');
};

const checkExpression = (expression: string, timeZone: string): void => {
  try {
    parseSchedule(expression);
    assertTimeZone(timeZone);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw invalid(`Invalid Schedule Expression ${expression}. ${error.message}`);
  }
};

/**
 * Reads CreateSchedule and UpdateSchedule. Throws ValidationException for what AWS or this
 * Scheduler refuses.
 */
export const readSchedule = (
  request: CreateScheduleInput,
  region: string,
  nowMs: number,
  known?: ScheduleState,
): ScheduleState => {
  const { Name: name = '', ScheduleExpression: expression = '', StartDate, EndDate } = request;
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw invalid(`Schedule name '${name}' must be 1-64 of letters, digits, . - _`);
  }
  checkGroup(request.GroupName);
  if (request.KmsKeyArn !== undefined)
    throw invalid('KmsKeyArn is not supported by this Scheduler.');
  const timeZone = request.ScheduleExpressionTimezone ?? 'UTC';
  checkExpression(expression, timeZone);
  const startMs = StartDate?.getTime();
  const endMs = EndDate?.getTime();
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs) {
    throw invalid('EndDate must be later than StartDate.');
  }
  return {
    region,
    name,
    expression,
    timeZone,
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
    ...(request.Description !== undefined && { description: request.Description }),
    enabled: request.State !== 'DISABLED',
    windowMinutes: readWindow(request.FlexibleTimeWindow),
    deleteAfterCompletion: request.ActionAfterCompletion === 'DELETE',
    target: readTarget(request.Target, region),
    createdAtMs: known?.createdAtMs ?? nowMs,
    modifiedAtMs: nowMs,
    anchorMs: startMs ?? (known?.expression === expression ? known.anchorMs : nowMs),
    ...(request.ClientToken !== undefined && { clientToken: request.ClientToken }),
  };
};
