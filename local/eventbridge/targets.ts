import type { Target } from '@aws-sdk/client-eventbridge';
import { AwsError } from '../wire/types.ts';
import { checkInput, InputError } from './input.ts';
import { readBusArn, type TargetState } from './state.ts';

const RETRIES_MAX = 185;
const AGE_S_MIN = 60;
const AGE_S_MAX = 86_400;

const KNOWN_MEMBERS = new Set<keyof Target>([
  'Id',
  'Arn',
  'RoleArn',
  'Input',
  'InputPath',
  'InputTransformer',
  'RetryPolicy',
]);

const STATE_MACHINE = /^arn:aws:states:([a-z0-9-]+):\d{12}:stateMachine:[^:]+(:[^:]+)?$/;
const FUNCTION = /^arn:aws:lambda:([a-z0-9-]+):\d{12}:function:[\w-]+(:[\w$-]+)?$/;

export type TargetKind = 'stateMachine' | 'function' | 'bus';

/** What a target ARN leads to, and in which region; undefined for what cannot be called here. */
export const readTargetArn = (arn: string): { kind: TargetKind; region: string } | undefined => {
  const machineRegion = STATE_MACHINE.exec(arn)?.[1];
  if (machineRegion !== undefined) return { kind: 'stateMachine', region: machineRegion };
  const functionRegion = FUNCTION.exec(arn)?.[1];
  if (functionRegion !== undefined) return { kind: 'function', region: functionRegion };
  const bus = readBusArn(arn);
  return bus && { kind: 'bus', region: bus.region };
};

const invalid = (id: string, reason: string) =>
  new AwsError('ValidationException', `Parameter(s) of target ${id} not valid. Reason: ${reason}.`);

const bounded = (value: number, min: number, max: number, id: string, name: string): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(id, `${name} must be from ${min} to ${max}, not ${value}`);
};

const checkTargetArn = (id: string, arn: string, region: string): void => {
  const leadsTo = readTargetArn(arn);
  if (!leadsTo) {
    throw invalid(
      id,
      `'${arn}' is no state machine, function or event bus, which is all this EventBridge can call`,
    );
  }
  if (leadsTo.kind !== 'bus' && leadsTo.region !== region) {
    throw invalid(id, `'${arn}' is in another region than the rule; only event buses may be`);
  }
};

/**
 * Reads a target of PutTargets. Throws ValidationException for what AWS or this EventBridge
 * refuses.
 */
export const readTarget = (target: Target, region: string): TargetState => {
  const { Id: id = '', Arn: arn = '', InputTransformer, RetryPolicy } = target;
  if (!/^[\w.-]{1,64}$/.test(id)) throw invalid(id, 'Id must be 1-64 of letters, digits, . - _');
  for (const [member, value] of Object.entries(target)) {
    if (value === undefined || [...KNOWN_MEMBERS].some((known) => known === member)) continue;
    throw invalid(id, `${member} is not supported by this EventBridge`);
  }
  checkTargetArn(id, arn, region);
  const state: TargetState = {
    id,
    arn,
    ...(target.RoleArn !== undefined && { roleArn: target.RoleArn }),
    ...(target.Input !== undefined && { input: target.Input }),
    ...(target.InputPath !== undefined && { inputPath: target.InputPath }),
    ...(InputTransformer && {
      transformer: {
        paths: InputTransformer.InputPathsMap ?? {},
        template: InputTransformer.InputTemplate ?? '',
      },
    }),
    retriesMax: bounded(
      RetryPolicy?.MaximumRetryAttempts ?? RETRIES_MAX,
      0,
      RETRIES_MAX,
      id,
      'MaximumRetryAttempts',
    ),
    ageMsMax:
      bounded(
        RetryPolicy?.MaximumEventAgeInSeconds ?? AGE_S_MAX,
        AGE_S_MIN,
        AGE_S_MAX,
        id,
        'MaximumEventAgeInSeconds',
      ) * 1_000,
  };
  try {
    checkInput(state);
  } catch (error) {
    if (error instanceof InputError) throw invalid(id, error.message);
    throw error;
  }
  return state;
};

export const targetToWire = (target: TargetState): Target => ({
  Id: target.id,
  Arn: target.arn,
  ...(target.roleArn !== undefined && { RoleArn: target.roleArn }),
  ...(target.input !== undefined && { Input: target.input }),
  ...(target.inputPath !== undefined && { InputPath: target.inputPath }),
  ...(target.transformer && {
    InputTransformer: {
      InputPathsMap: target.transformer.paths,
      InputTemplate: target.transformer.template,
    },
  }),
  RetryPolicy: {
    MaximumRetryAttempts: target.retriesMax,
    MaximumEventAgeInSeconds: target.ageMsMax / 1_000,
  },
});
