import { AwsError, type CallContext, type Operations } from '../../wire/types.ts';
import { checkName, machineArn, readMachineArn } from '../arns.ts';
import type { EngineParts } from '../engine.ts';
import { isObject, type JsonObject, toJson } from '../json.ts';
import { InvalidDefinition, parseMachine } from '../parseMachine.ts';
import { randomUuid } from '../random.ts';
import { page } from './paging.ts';

/** A state machine as it is kept. */
export type MachineRecord = {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly definition: string;
  readonly roleArn: string;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly revisionId: string;
  readonly label: string;
  readonly settings: JsonObject;
  readonly tags: JsonObject;
};

type Input = Readonly<Record<string, unknown>>;

const SETTINGS = ['loggingConfiguration', 'tracingConfiguration', 'encryptionConfiguration'];

/** What only standard machines can do. Source: Step Functions, choosing workflow type. */
const STANDARD_ONLY =
  /"(Mode)"\s*:\s*"DISTRIBUTED"|"Resource"\s*:\s*"[^"]*\.(sync(?::2)?|waitForTaskToken)"/;

const checkDefinition = (definition: unknown, type: 'STANDARD' | 'EXPRESS'): string => {
  const text = typeof definition === 'string' ? definition : '';
  try {
    parseMachine(text);
    const found = type === 'EXPRESS' ? STANDARD_ONLY.exec(text) : null;
    if (found) {
      throw new AwsError(
        'InvalidDefinition',
        `Invalid State Machine Definition: 'Express state machine does not support ${found[0]}'`,
      );
    }
  } catch (error) {
    if (error instanceof InvalidDefinition) throw new AwsError('InvalidDefinition', error.message);
    throw error;
  }
  return text;
};

const settingsOf = (input: Input, before: JsonObject = {}): JsonObject => {
  const settings = { ...before };
  for (const key of SETTINGS) {
    const value = toJson(input[key] ?? null);
    if (value !== null) settings[key] = value;
  }
  return settings;
};

const tagsOf = (value: unknown): JsonObject => {
  const tags: JsonObject = {};
  for (const tag of Array.isArray(value) ? value : []) {
    if (isObject(tag) && typeof tag['key'] === 'string') tags[tag['key']] = tag['value'] ?? '';
  }
  return tags;
};

const roleOf = (input: Input): string => {
  const { roleArn } = input;
  if (typeof roleArn === 'string' && /^arn:aws[\w-]*:iam::\d{12}:role\//.test(roleArn)) {
    return roleArn;
  }
  throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${String(roleArn)}'`);
};

const refuse = (input: Input, keys: readonly string[]): void => {
  for (const key of keys) {
    if (input[key] === undefined || input[key] === false) continue;
    throw new AwsError('ValidationException', `${key} is not supported by the embedded service`);
  }
};

/** Finds a machine or throws StateMachineDoesNotExist. */
export const findMachine = (parts: EngineParts, arn: unknown): MachineRecord => {
  const found = parts.machines.get(readMachineArn(arn).arn);
  if (found) return found;
  throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${String(arn)}'`);
};

const describe = (record: MachineRecord): JsonObject & { creationDate?: never } => ({
  stateMachineArn: record.arn,
  name: record.name,
  status: 'ACTIVE',
  definition: record.definition,
  roleArn: record.roleArn,
  type: record.type,
  loggingConfiguration: { level: 'OFF', includeExecutionData: false },
  tracingConfiguration: { enabled: false },
  encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
  ...record.settings,
  revisionId: record.revisionId,
  label: record.label,
});

const same = (a: MachineRecord, b: MachineRecord): boolean =>
  a.definition === b.definition &&
  a.roleArn === b.roleArn &&
  a.type === b.type &&
  JSON.stringify(a.settings) === JSON.stringify(b.settings);

const create = (parts: EngineParts) => (input: Input, call: CallContext) => {
  refuse(input, ['publish', 'versionDescription']);
  const name = checkName(String(input['name'] ?? ''));
  const type = input['type'] === 'EXPRESS' ? 'EXPRESS' : 'STANDARD';
  const definition = checkDefinition(input['definition'], type);
  const now = parts.clock.now();
  const revisionId = randomUuid(parts.random);
  const record: MachineRecord = {
    arn: machineArn(call.region, call.accountId, name),
    name,
    region: call.region,
    type,
    definition,
    roleArn: roleOf(input),
    createdMs: now,
    updatedMs: now,
    revisionId,
    label: revisionId.slice(0, 8),
    settings: settingsOf(input),
    tags: tagsOf(input['tags']),
  };
  const before = parts.machines.get(record.arn);
  if (before && !same(before, record)) {
    throw new AwsError(
      'StateMachineAlreadyExists',
      `State Machine Already Exists: '${record.arn}'`,
    );
  }
  const kept = before ?? record;
  if (!before) parts.saveMachine(record);
  return { stateMachineArn: kept.arn, creationDate: new Date(kept.createdMs) };
};

const update = (parts: EngineParts) => (input: Input) => {
  refuse(input, ['publish', 'versionDescription']);
  const before = findMachine(parts, input['stateMachineArn']);
  const changes = [input['definition'], input['roleArn'], ...SETTINGS.map((key) => input[key])];
  if (changes.every((value) => value === undefined)) {
    throw new AwsError(
      'MissingRequiredParameter',
      'Either the definition, the role ARN, the LoggingConfiguration, the TracingConfiguration or the EncryptionConfiguration must be specified',
    );
  }
  const record: MachineRecord = {
    ...before,
    definition:
      input['definition'] === undefined
        ? before.definition
        : checkDefinition(input['definition'], before.type),
    roleArn: input['roleArn'] === undefined ? before.roleArn : roleOf(input),
    settings: settingsOf(input, before.settings),
    updatedMs: parts.clock.now(),
    revisionId: randomUuid(parts.random),
  };
  parts.saveMachine(record);
  return { updateDate: new Date(record.updatedMs), revisionId: record.revisionId };
};

const validate = (input: Input) => {
  try {
    parseMachine(String(input['definition'] ?? ''));
    return { result: 'OK', diagnostics: [], truncated: false };
  } catch (error) {
    if (!(error instanceof InvalidDefinition)) throw error;
    const diagnostics = error.problems.map((p) => ({ severity: 'ERROR', ...p }));
    return {
      result: 'FAIL',
      diagnostics: diagnostics.slice(0, 100),
      truncated: diagnostics.length > 100,
    };
  }
};

const list = (parts: EngineParts) => (input: Input, call: CallContext) => {
  const records = [...parts.machines.values()]
    .filter((record) => record.region === call.region)
    .sort((a, b) => b.createdMs - a.createdMs || (a.name < b.name ? -1 : 1));
  const { items, nextToken } = page(records, input['maxResults'], input['nextToken']);
  return {
    stateMachines: items.map((record) => ({
      stateMachineArn: record.arn,
      name: record.name,
      type: record.type,
      creationDate: new Date(record.createdMs),
    })),
    ...(nextToken ? { nextToken } : {}),
  };
};

/** Operations on state machines. */
export const machineOperations = (parts: EngineParts): Operations => ({
  CreateStateMachine: create(parts),
  UpdateStateMachine: update(parts),
  DescribeStateMachine: (input: Input) => {
    const record = findMachine(parts, input['stateMachineArn']);
    return { ...describe(record), creationDate: new Date(record.createdMs) };
  },
  DeleteStateMachine: (input: Input) => {
    parts.removeMachine(readMachineArn(input['stateMachineArn']));
    return {};
  },
  ListStateMachines: list(parts),
  ValidateStateMachineDefinition: validate,
  ListTagsForResource: (input: Input) => {
    const { tags } = findMachine(parts, input['resourceArn']);
    return { tags: Object.entries(tags).map(([key, value]) => ({ key, value })) };
  },
  TagResource: (input: Input) => {
    const record = findMachine(parts, input['resourceArn']);
    parts.saveMachine({ ...record, tags: { ...record.tags, ...tagsOf(input['tags']) } });
    return {};
  },
  UntagResource: (input: Input) => {
    const record = findMachine(parts, input['resourceArn']);
    const gone = new Set(Array.isArray(input['tagKeys']) ? input['tagKeys'] : []);
    const tags = Object.entries(record.tags).filter(([key]) => !gone.has(key));
    parts.saveMachine({ ...record, tags: Object.fromEntries(tags) });
    return {};
  },
});
