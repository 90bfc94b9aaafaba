import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock } from '../clock.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { type EventQueue, openEventQueue } from './eventQueue.ts';
import { type FunctionRef, notFound, parseFunctionName } from './functionName.ts';
import { ASYNC_REQUEST_BYTES_MAX, SYNC_REQUEST_BYTES_MAX } from './limits.ts';
import { createPool, functionArn, taskRootOf } from './pool.ts';
import { prepareRuntime } from './runtime.ts';
import type { Runtime } from './sandboxProcess.ts';
import type { Concurrency } from './slots.ts';
import type { FunctionSpec, Invocation, LogSink, SandboxNetwork } from './types.ts';

export type LambdaNeeds = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** URL of the embedded cloud's endpoint; asked when a sandbox starts. */
  readonly endpoint: () => string;
  readonly network: SandboxNetwork;
  readonly log: LogSink;
  readonly concurrency?: Partial<Concurrency>;
  /** Keeps events undelivered until `releaseEvents`: those of a former process must not run too early. */
  readonly holdEvents?: boolean;
};

export type Lambda = {
  readonly operations: Operations;
  /** Adds a function or replaces it. @throws RangeError when its settings do not fit together. */
  registerFunction(spec: FunctionSpec): void;
  /** Delivers the events that were held, and all that follow. */
  releaseEvents(): void;
  close(): Promise<void>;
};

const CONCURRENCY: Concurrency = {
  perFunction: 10,
  total: 40,
  starting: Math.max(2, availableParallelism()),
  waitingMax: 1_000,
  idleMs: 300_000,
  patienceMs: 50,
};

type Registered = { readonly spec: FunctionSpec; readonly modifiedAt: number };

type InvokeInput = {
  FunctionName: string;
  InvocationType?: string;
  LogType?: string;
  ClientContext?: string;
  Qualifier?: string;
  Payload?: Uint8Array;
};
type NameInput = { FunctionName: string; Qualifier?: string };
type ListInput = { Marker?: string; MaxItems?: number };

const checkSpec = (spec: FunctionSpec): void => {
  const fail = (what: string): never => {
    throw new RangeError(`function ${spec.name} in ${spec.region}: ${what}`);
  };
  if (!Number.isInteger(spec.timeoutS) || spec.timeoutS < 1 || spec.timeoutS > 900) {
    fail(`a timeout of ${spec.timeoutS} s is not from 1 to 900`);
  }
  if (!Number.isInteger(spec.memoryMb) || spec.memoryMb < 128 || spec.memoryMb > 10_240) {
    fail(`a memory size of ${spec.memoryMb} MB is not from 128 to 10240`);
  }
  taskRootOf(spec);
};

/** The event as text, checked as Lambda checks it before it accepts an invocation. */
const readPayload = (input: InvokeInput, bytesMax: number): string => {
  const bytes = input.Payload ?? new Uint8Array();
  const type = input.InvocationType ?? 'RequestResponse';
  if (bytes.length > bytesMax) {
    const message =
      type === 'Event'
        ? `${bytes.length} byte payload is too large for the Event invocation type (limit ${bytesMax} bytes)`
        : `Request must be smaller than ${bytesMax} bytes for the InvokeFunction operation`;
    throw new AwsError('RequestEntityTooLargeException', message, { Type: 'User' }, 413);
  }
  if (bytes.length === 0) return '{}';
  const text = Buffer.from(bytes).toString('utf8');
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Could not parse request body into json: ${reason}`;
    throw new AwsError('InvalidRequestContentException', message, { Type: 'User' });
  }
  return text;
};

/** JSON that a header can carry. */
const asciiJson = (text: string): string =>
  JSON.stringify(JSON.parse(text)).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const readClientContext = (encoded: string | undefined): { clientContext?: string } => {
  if (encoded === undefined) return {};
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  try {
    return { clientContext: asciiJson(text) };
  } catch {
    const message = 'Client context must be a valid Base64-encoded JSON object.';
    throw new AwsError('InvalidRequestContentException', message, { Type: 'User' });
  }
};

const configurationOf = ({ spec, modifiedAt }: Registered) => ({
  FunctionName: spec.name,
  FunctionArn: functionArn(spec.region, spec.name),
  Runtime: 'nodejs24.x',
  Handler: spec.handler,
  CodeSize: statSync(spec.codePath).size,
  CodeSha256: createHash('sha256').update(readFileSync(spec.codePath)).digest('base64'),
  Timeout: spec.timeoutS,
  MemorySize: spec.memoryMb,
  LastModified: new Date(modifiedAt).toISOString().replace('Z', '+0000'),
  Version: '$LATEST',
  State: 'Active',
  LastUpdateStatus: 'Successful',
  PackageType: 'Zip',
  Architectures: [process.arch === 'arm64' ? 'arm64' : 'x86_64'],
  Environment: { Variables: spec.environment },
});

/** Lambda: functions as sandbox processes that speak the Runtime API. */
export const createLambda = (needs: LambdaNeeds): Lambda => {
  const { clock, dataDir } = needs;
  const home = path.join(dataDir, 'lambda');
  const functions = new Map<string, Registered>();
  let runtime: Promise<Runtime> | undefined;
  const pool = createPool({
    ...needs,
    concurrency: { ...CONCURRENCY, ...needs.concurrency },
    runtime: () => {
      runtime ??= prepareRuntime(home);
      return runtime;
    },
  });

  const keyOf = (region: string, name: string) => `${region}/${name}`;

  const find = (call: CallContext, input: NameInput): Registered => {
    const ref: FunctionRef = parseFunctionName(input.FunctionName, call.region, input.Qualifier);
    const found = functions.get(keyOf(call.region, ref.name));
    if (found === undefined || (ref.qualifier !== undefined && ref.qualifier !== '$LATEST')) {
      throw notFound(call.region, ref);
    }
    return found;
  };

  const platformLog = (region: string, functionName: string, requestId: string, text: string) =>
    needs.log({ region, functionName, requestId, stream: 'platform', at: clock.now(), text });

  let held = needs.holdEvents ?? false;
  const events: EventQueue = openEventQueue({
    folder: path.join(home, 'events'),
    clock,
    deliver: (event) => {
      if (held) return 'busy';
      const registered = functions.get(keyOf(event.region, event.functionName));
      if (registered === undefined) return 'unregistered';
      const { requestId, payload } = event;
      return pool.run(registered.spec, { requestId, payload }) ?? 'busy';
    },
    onDiscard: (event, reason) =>
      platformLog(
        event.region,
        event.functionName,
        event.requestId,
        `event discarded after ${event.tries} tries, the last failed with ${reason}`,
      ),
    onUnreadable: (file, reason) =>
      platformLog('-', '-', path.basename(file, '.json'), `stored event ${file}: ${reason}`),
  });

  const invokeNow = async (spec: FunctionSpec, invocation: Invocation, tail: boolean) => {
    const run = pool.run(spec, invocation);
    if (run === undefined) {
      const members = { Reason: 'ConcurrentInvocationLimitExceeded', Type: 'User' };
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', members);
    }
    const result = await run;
    return {
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      Payload: Buffer.from(result.payload),
      ...(result.functionError === undefined ? {} : { FunctionError: result.functionError }),
      ...(tail ? { LogResult: Buffer.from(result.logTail).toString('base64') } : {}),
    };
  };

  const Invoke = async (input: InvokeInput, call: CallContext) => {
    const { spec } = find(call, input);
    const type = input.InvocationType ?? 'RequestResponse';
    if (type === 'DryRun') return { StatusCode: 204, ExecutedVersion: '$LATEST' };
    if (type === 'Event') {
      const payload = readPayload(input, ASYNC_REQUEST_BYTES_MAX);
      const { requestId, region } = call;
      await events.accept({ requestId, region, functionName: spec.name, payload });
      return { StatusCode: 202 };
    }
    if (type !== 'RequestResponse') {
      const message = `InvocationType '${type}' is none of RequestResponse, Event, DryRun`;
      throw new AwsError('InvalidParameterValueException', message, { Type: 'User' });
    }
    const payload = readPayload(input, SYNC_REQUEST_BYTES_MAX);
    const client = readClientContext(input.ClientContext);
    const invocation = { requestId: call.requestId || randomUUID(), payload, ...client };
    return invokeNow(spec, invocation, input.LogType === 'Tail');
  };

  const GetFunctionConfiguration = (input: NameInput, call: CallContext) =>
    configurationOf(find(call, input));

  const GetFunction = (input: NameInput, call: CallContext) => {
    const found = find(call, input);
    const Location = pathToFileURL(found.spec.codePath).href;
    return { Configuration: configurationOf(found), Code: { RepositoryType: 'file', Location } };
  };

  const ListFunctions = ({ Marker, MaxItems }: ListInput, call: CallContext) => {
    const own = [...functions.values()]
      .filter(({ spec }) => spec.region === call.region)
      .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
      .filter(({ spec }) => Marker === undefined || spec.name > Marker);
    const page = own.slice(0, Math.min(50, MaxItems ?? 50));
    const last = page.at(-1)?.spec.name;
    return {
      Functions: page.map(configurationOf),
      ...(page.length < own.length && last !== undefined ? { NextMarker: last } : {}),
    };
  };

  return {
    operations: { Invoke, GetFunction, GetFunctionConfiguration, ListFunctions },
    registerFunction(spec) {
      checkSpec(spec);
      const key = keyOf(spec.region, spec.name);
      const former = functions.get(key);
      functions.set(key, { spec, modifiedAt: clock.now() });
      if (former !== undefined) pool.retire(former.spec);
      events.wake(spec.region, spec.name);
    },
    releaseEvents() {
      held = false;
    },
    async close() {
      events.close();
      pool.close();
    },
  };
};
