import type { PutRuleRequest } from '@aws-sdk/client-eventbridge';
import { ScheduleError } from '../../core/schedule/errors.ts';
import { parseSchedule } from '../../core/schedule/expression.ts';
import { AwsError } from '../wire/types.ts';
import { compilePattern } from './pattern.ts';
import { PatternError } from './patternOperators.ts';
import { DEFAULT_BUS, type RuleState, ruleArn } from './state.ts';

const invalid = (message: string) => new AwsError('ValidationException', message);

/** Throws InvalidEventPatternException for a pattern that EventBridge refuses. */
export const checkPattern = (pattern: string): void => {
  try {
    compilePattern(pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new AwsError(
      'InvalidEventPatternException',
      `Event pattern is not valid. Reason: ${error.message}`,
    );
  }
};

const checkSchedule = (expression: string, bus: string): void => {
  const refuse = (why: string) =>
    invalid(`Parameter ScheduleExpression is not valid. Reason: ${why}`);
  if (bus !== DEFAULT_BUS)
    throw invalid('ScheduleExpression is supported only on the default event bus.');
  try {
    const schedule = parseSchedule(expression);
    if (schedule.kind === 'at') throw refuse('at(...) is for EventBridge Scheduler, not for rules');
    const plural = schedule.kind === 'rate' && schedule.unit.endsWith('s');
    if (schedule.kind === 'rate' && plural !== schedule.value > 1) {
      throw refuse(`'${expression}': a rule wants the singular for 1 and the plural for more`);
    }
  } catch (error) {
    if (error instanceof ScheduleError) throw refuse(error.message);
    throw error;
  }
};

/** Reads PutRule. A rule that exists keeps its targets and the start of its rate. */
export const readRule = (
  request: PutRuleRequest,
  region: string,
  bus: string,
  known: RuleState | undefined,
  nowMs: number,
): RuleState => {
  const { Name: name = '', EventPattern: pattern, ScheduleExpression: schedule, State } = request;
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw invalid(`Rule name '${name}' must be 1-64 of letters, digits, . - _`);
  }
  if (pattern === undefined && schedule === undefined) {
    throw invalid('Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  if (request.Tags?.length) throw invalid('Tags are not supported by this EventBridge.');
  if (State !== undefined && State !== 'ENABLED' && State !== 'DISABLED') {
    throw invalid(`State ${State} is not supported by this EventBridge; use ENABLED or DISABLED.`);
  }
  if (pattern !== undefined) checkPattern(pattern);
  if (schedule !== undefined) checkSchedule(schedule, bus);
  return {
    region,
    bus,
    name,
    ...(pattern !== undefined && { pattern }),
    ...(schedule !== undefined && { schedule }),
    enabled: State !== 'DISABLED',
    ...(request.Description !== undefined && { description: request.Description }),
    ...(request.RoleArn !== undefined && { roleArn: request.RoleArn }),
    createdAtMs: known && known.schedule === schedule ? known.createdAtMs : nowMs,
    targets: known?.targets ?? [],
  };
};

export const ruleToWire = (rule: RuleState) => ({
  Name: rule.name,
  Arn: ruleArn(rule),
  ...(rule.pattern !== undefined && { EventPattern: rule.pattern }),
  ...(rule.schedule !== undefined && { ScheduleExpression: rule.schedule }),
  State: rule.enabled ? ('ENABLED' as const) : ('DISABLED' as const),
  ...(rule.description !== undefined && { Description: rule.description }),
  ...(rule.roleArn !== undefined && { RoleArn: rule.roleArn }),
  EventBusName: rule.bus,
});
