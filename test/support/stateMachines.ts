import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createStepFunctions } from '../../local/stepfunctions/engine.ts';
import { seededRandom } from '../../local/stepfunctions/random.ts';
import type { TaskRequest } from '../../local/stepfunctions/runtime.ts';
import { createVirtualClock } from '../../local/virtualClock.ts';
import type { CallContext } from '../../local/wire/types.ts';

export const START_MS = Date.parse('2026-11-20T10:00:00Z');

export const callContext = (region = 'eu-west-1'): CallContext => ({
  requestId: 'test',
  region,
  accountId: '000000000000',
  accessKeyId: 'none',
  sourceAddress: '127.0.0.1',
  signal: new AbortController().signal,
});

export type Call = (request: TaskRequest) => unknown;

export type Event = {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestamp: Date;
  readonly [details: string]: unknown;
};

export type Ended = {
  readonly status: string;
  readonly output: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** Virtual milliseconds from start to end. */
  readonly tookMs: number;
  readonly events: Event[];
};

type Options = {
  readonly dataDir?: string;
  readonly seed?: number;
  readonly historyEventsMax?: number;
};

/** An engine on a virtual clock whose tasks are answered by `call`. */
export const startMachines = (call: Call = () => ({}), options: Options = {}) => {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'machines-'));
  const clock = createVirtualClock(START_MS);
  const engine = createStepFunctions({
    dataDir,
    clock,
    random: seededRandom(options.seed ?? 1),
    gateway: { call: async (request) => call(request) },
    ...(options.historyEventsMax ? { limits: { historyEventsMax: options.historyEventsMax } } : {}),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, asserted on by each test
  const ask = async (operation: string, input: object): Promise<any> => {
    const run = engine.operations[operation];
    if (!run) throw new Error(`there is no operation ${operation}`);
    return run(input, callContext());
  };
  const create = async (
    definition: object,
    name = 'machine',
    type = 'STANDARD',
  ): Promise<string> => {
    const roleArn = 'arn:aws:iam::000000000000:role/machine';
    const text = JSON.stringify(definition);
    return (await ask('CreateStateMachine', { name, roleArn, type, definition: text }))
      .stateMachineArn;
  };
  const start = async (
    stateMachineArn: string,
    input: unknown = {},
    name?: string,
  ): Promise<string> => {
    const request = { stateMachineArn, input: JSON.stringify(input), ...(name ? { name } : {}) };
    return (await ask('StartExecution', request)).executionArn;
  };
  const history = async (executionArn: string): Promise<Event[]> => {
    const events: Event[] = [];
    let nextToken: string | undefined;
    do {
      const page = await ask('GetExecutionHistory', { executionArn, maxResults: 1000, nextToken });
      events.push(...page.events);
      nextToken = page.nextToken;
    } while (nextToken);
    return events;
  };
  const endOf = async (executionArn: string): Promise<Ended> => {
    const found = await ask('DescribeExecution', { executionArn });
    return {
      status: found.status,
      output: found.output === undefined ? undefined : JSON.parse(found.output),
      error: found.error,
      cause: found.cause,
      tookMs: found.stopDate ? found.stopDate.getTime() - found.startDate.getTime() : Number.NaN,
      events: await history(executionArn),
    };
  };
  return {
    dataDir,
    clock,
    engine,
    ask,
    create,
    start,
    history,
    endOf,
    /** Creates, starts and runs a machine to its end. */
    run: async (definition: object, input: unknown = {}): Promise<Ended> => {
      const executionArn = await start(await create(definition), input);
      await clock.until(engine.settled());
      return endOf(executionArn);
    },
    /** Closes the engine; the folder stays. */
    leave: () => engine.close(),
    close: async () => {
      await engine.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

/** Runs one machine on an engine of its own. */
export const runMachine = async (
  definition: object,
  input: unknown = {},
  call?: Call,
): Promise<Ended> => {
  const machines = startMachines(call);
  try {
    return await machines.run(definition, input);
  } finally {
    await machines.close();
  }
};

/** What a Lambda function answers through the gateway. */
export const functionAnswer = (value: unknown) => ({
  StatusCode: 200,
  Payload: JSON.stringify(value),
});

/** What a function that failed answers. */
export const functionError = (errorType: string, errorMessage = 'it failed') => ({
  StatusCode: 200,
  FunctionError: 'Unhandled',
  Payload: JSON.stringify({ errorType, errorMessage }),
});

/** The payload a function was called with. */
export const payloadOf = (request: TaskRequest): unknown =>
  JSON.parse(String(Reflect.get(Object(request.input), 'Payload')));
