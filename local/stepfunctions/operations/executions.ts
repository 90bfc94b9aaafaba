import { AwsError, type CallContext, type Operations } from '../../wire/types.ts';
import { checkExecutionArn, checkName, executionArn, expressArn } from '../arns.ts';
import type { EngineParts } from '../engine.ts';
import type { End } from '../execution.ts';
import { type Entry, redrivesOf } from '../executions.ts';
import { equalJson, isOversize, type Json, parseJson } from '../json.ts';
import { randomUuid } from '../random.ts';
import type { ExecutionHead } from '../runtime.ts';
import { findMachine, type MachineRecord } from './machines.ts';
import { page } from './paging.ts';

type Input = Readonly<Record<string, unknown>>;

const readInput = (value: unknown): Json => {
  const text = typeof value === 'string' ? value : '{}';
  if (isOversize(text)) {
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144",
    );
  }
  try {
    return parseJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${reason}'`,
    );
  }
};

/** Finds an execution or throws ExecutionDoesNotExist. */
export const findEntry = (parts: EngineParts, arn: unknown): Entry => {
  const entry = parts.registry.entries.get(checkExecutionArn(arn));
  if (entry) return entry;
  throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${String(arn)}'`);
};

const newHead = (
  parts: EngineParts,
  machine: MachineRecord,
  input: Input,
  call: CallContext,
): ExecutionHead => {
  const name = checkName(String(input['name'] ?? randomUuid(parts.random)));
  const { traceHeader } = input;
  const arn =
    machine.type === 'EXPRESS'
      ? expressArn(machine.region, call.accountId, machine.name, name, randomUuid(parts.random))
      : executionArn(machine.region, call.accountId, machine.name, name);
  return {
    arn,
    name,
    machineArn: machine.arn,
    machineName: machine.name,
    roleArn: machine.roleArn,
    region: machine.region,
    type: machine.type,
    startMs: parts.clock.now(),
    definition: machine.definition,
    input: readInput(input['input']),
    revisionId: machine.revisionId,
    ...(typeof traceHeader === 'string' ? { traceHeader } : {}),
  };
};

/** A start with a name that is taken: the same running execution, or an error. */
const startedBefore = (
  parts: EngineParts,
  entry: Entry,
  head: ExecutionHead,
): { startMs: number } => {
  const before = parts.registry.headIn(entry.file);
  if (entry.status === 'RUNNING' && equalJson(before.input, head.input)) return before;
  throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${head.arn}'`);
};

const start = (parts: EngineParts) => (input: Input, call: CallContext) => {
  const machine = findMachine(parts, input['stateMachineArn']);
  const head = newHead(parts, machine, input, call);
  const before = parts.registry.entries.get(head.arn);
  const { startMs } = before
    ? startedBefore(parts, before, head)
    : parts.registry.begin(head).entry.head;
  return { executionArn: head.arn, startDate: new Date(startMs) };
};

const startSync = (parts: EngineParts) => async (input: Input, call: CallContext) => {
  const machine = findMachine(parts, input['stateMachineArn']);
  if (machine.type !== 'EXPRESS') {
    throw new AwsError(
      'StateMachineTypeNotSupported',
      'This operation is not supported by this type of state machine',
    );
  }
  const head = newHead(parts, machine, input, call);
  const { ended } = parts.registry.begin(head);
  const end = await ended;
  if (!end) throw new AwsError('InternalServerError', 'the embedded service is closing');
  return {
    executionArn: head.arn,
    stateMachineArn: machine.arn,
    name: head.name,
    startDate: new Date(head.startMs),
    ...outcome(end),
    input: JSON.stringify(head.input),
    inputDetails: { included: true },
    billingDetails: {
      billedMemoryUsedInMB: 64,
      billedDurationInMilliseconds: end.stopMs - head.startMs,
    },
  };
};

const outcome = (end: End) => ({
  status: end.status,
  stopDate: new Date(end.stopMs),
  ...(end.output === undefined
    ? {}
    : { output: JSON.stringify(end.output), outputDetails: { included: true } }),
  ...(end.error === undefined ? {} : { error: end.error }),
  ...(end.cause === undefined ? {} : { cause: end.cause }),
});

const describe = (parts: EngineParts) => async (input: Input) => {
  const entry = findEntry(parts, input['executionArn']);
  const head = parts.registry.headIn(entry.file);
  const end = entry.status === 'RUNNING' ? undefined : await parts.registry.endOf(entry);
  const withData = input['includedData'] !== 'METADATA_ONLY';
  return {
    executionArn: head.arn,
    stateMachineArn: head.machineArn,
    name: head.name,
    status: entry.status,
    startDate: new Date(head.startMs),
    ...(withData ? { input: JSON.stringify(head.input) } : {}),
    inputDetails: { included: withData },
    ...(head.traceHeader === undefined ? {} : { traceHeader: head.traceHeader }),
    ...(head.mapRun ? { mapRunArn: head.mapRun.arn } : {}),
    ...(await redriveState(entry, parts)),
    ...(end ? outcome(end) : {}),
  };
};

/** Days after its end in which an execution can be redriven. Source: RedriveExecution. */
const REDRIVE_DAYS_MAX = 14;
const DAY_MS = 86_400_000;

/** Why an execution cannot be redriven, in the words of AWS; undefined when it can. */
const notRedrivable = (entry: Entry, parts: EngineParts): string | undefined => {
  const { status, head, stopMs } = entry;
  if (status === 'SUCCEEDED') return "Execution is SUCCEEDED and can't be redriven";
  if (status === 'RUNNING') return "Execution is RUNNING and can't be redriven";
  if (head.type === 'EXPRESS') return "Express execution can't be redriven";
  const ageMs = parts.clock.now() - (stopMs ?? 0);
  return ageMs > REDRIVE_DAYS_MAX * DAY_MS ? 'Execution exceeded the redrivable period' : undefined;
};

const redriveState = async (entry: Entry, parts: EngineParts) => {
  const reason = notRedrivable(entry, parts);
  return {
    redriveCount: await redrivesOf(entry),
    redriveStatus: reason === undefined ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
    ...(reason === undefined ? {} : { redriveStatusReason: reason }),
  };
};

const redrive = (parts: EngineParts) => async (input: Input) => {
  const entry = findEntry(parts, input['executionArn']);
  const reason = notRedrivable(entry, parts);
  if (reason !== undefined) {
    throw new AwsError('ExecutionNotRedrivable', `Execution is not redrivable. Reason: ${reason}`);
  }
  return { redriveDate: new Date(await parts.registry.redrive(entry)) };
};

const stop = (parts: EngineParts) => (input: Input) => {
  const entry = findEntry(parts, input['executionArn']);
  const text = (key: string) => (typeof input[key] === 'string' ? input[key] : undefined);
  const end = entry.running?.stop(text('error'), text('cause'));
  if (!end && entry.status === 'RUNNING')
    parts.registry.abandon(entry, text('error'), text('cause'));
  if (end) {
    entry.status = end.status;
    entry.stopMs = end.stopMs;
  }
  return { stopDate: new Date(entry.stopMs ?? parts.clock.now()) };
};

const list = (parts: EngineParts) => (input: Input, call: CallContext) => {
  const { stateMachineArn, mapRunArn, statusFilter } = input;
  if (typeof stateMachineArn !== 'string' && typeof mapRunArn !== 'string') {
    throw new AwsError(
      'ValidationException',
      'Either stateMachineArn or mapRunArn must be specified',
    );
  }
  const machine = stateMachineArn === undefined ? undefined : findMachine(parts, stateMachineArn);
  if (input['redriveFilter'] !== undefined) {
    throw new AwsError('ValidationException', 'redriveFilter is not supported');
  }
  const found = [...parts.registry.entries.values()]
    .filter((entry) =>
      machine
        ? entry.head.machineArn === machine.arn && !entry.head.mapRun
        : entry.head.mapRun?.arn === mapRunArn && entry.head.region === call.region,
    )
    .filter((entry) => statusFilter === undefined || entry.status === statusFilter)
    .sort((a, b) => b.head.startMs - a.head.startMs || (a.head.name < b.head.name ? -1 : 1));
  const { items, nextToken } = page(found, input['maxResults'], input['nextToken']);
  return {
    executions: items.map(({ head, status, stopMs }) => ({
      executionArn: head.arn,
      stateMachineArn: head.machineArn,
      name: head.name,
      status,
      startDate: new Date(head.startMs),
      ...(stopMs === undefined ? {} : { stopDate: new Date(stopMs) }),
      ...(head.mapRun ? { mapRunArn: head.mapRun.arn } : {}),
    })),
    ...(nextToken ? { nextToken } : {}),
  };
};

/** Operations on executions. */
export const executionOperations = (parts: EngineParts): Operations => ({
  StartExecution: start(parts),
  StartSyncExecution: startSync(parts),
  DescribeExecution: describe(parts),
  StopExecution: stop(parts),
  RedriveExecution: redrive(parts),
  ListExecutions: list(parts),
  DescribeStateMachineForExecution: (input: Input) => {
    const head = parts.registry.headIn(findEntry(parts, input['executionArn']).file);
    return {
      stateMachineArn: head.machineArn,
      name: head.machineName,
      definition: head.definition,
      roleArn: head.roleArn,
      updateDate: new Date(head.startMs),
      revisionId: head.revisionId,
    };
  },
});
