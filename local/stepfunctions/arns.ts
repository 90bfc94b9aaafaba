import { AwsError } from '../wire/types.ts';

const NAME_CHARS_MAX = 80;
/** Characters a name may not have. Source: CreateStateMachine, parameter `name`. */
const BAD_NAME = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;

/** Throws InvalidName when AWS would not take the name. */
export const checkName = (name: string): string => {
  if (name.length === 0 || name.length > NAME_CHARS_MAX || BAD_NAME.test(name)) {
    throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
  }
  return name;
};

export const machineArn = (region: string, account: string, name: string): string =>
  `arn:aws:states:${region}:${account}:stateMachine:${name}`;

export const executionArn = (
  region: string,
  account: string,
  machine: string,
  name: string,
): string => `arn:aws:states:${region}:${account}:execution:${machine}:${name}`;

/** ARN of an express execution, which has a unique part of its own. */
export const expressArn = (
  region: string,
  account: string,
  machine: string,
  name: string,
  unique: string,
): string => `arn:aws:states:${region}:${account}:express:${machine}:${name}:${unique}`;

/** The region and name in the ARN of a machine, without version or alias. Throws InvalidArn. */
export const readMachineArn = (arn: unknown): { region: string; name: string; arn: string } => {
  const text = typeof arn === 'string' ? arn : '';
  const parts = /^arn:aws[\w-]*:states:([a-z0-9-]+):(\d{12}):stateMachine:([^:/]+)$/.exec(text);
  if (!parts?.[1] || !parts[3]) {
    throw new AwsError(
      'InvalidArn',
      `Invalid Arn: 'Resource type not valid in this context: ${text}'`,
    );
  }
  return { region: parts[1], name: parts[3], arn: text };
};

/** Throws InvalidArn unless the text is the ARN of an execution. */
export const checkExecutionArn = (arn: unknown): string => {
  const text = typeof arn === 'string' ? arn : '';
  if (/^arn:aws[\w-]*:states:[a-z0-9-]+:\d{12}:(execution|express):.+$/.test(text)) return text;
  throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${text}'`);
};
