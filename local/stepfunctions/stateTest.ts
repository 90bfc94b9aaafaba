import type { Clock } from '../clock.ts';
import { argumentsOf, finishWithResult } from './dataFlow.ts';
import { type FailureDetail, StateFailure } from './failure.ts';
import { newFrame } from './frames.ts';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';
import type { Machine, State } from './machine.ts';
import { parseMachine } from './parseMachine.ts';
import type { Random } from './random.ts';
import { catchRule, caught, failureOf, retryRule } from './rules.ts';
import { runState } from './runner.ts';
import type { ExecutionHead, Frame, Outcome, Run, TaskGateway } from './runtime.ts';

export type StateTestRequest = {
  readonly name: string;
  /** Definition of the one state, as JSON text. */
  readonly definition: string;
  readonly input: Json;
  readonly variables: JsonObject;
  /** In the place of the work of a Task, Parallel or Map. */
  readonly mock?: { readonly result: Json } | { readonly error: string; readonly cause: string };
  /** Retries that were already used. */
  readonly retryCount?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly gateway: TaskGateway;
  readonly region: string;
  readonly roleArn: string;
};

export type StateTestResult = {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  readonly output?: Json;
  readonly next?: string;
  readonly error?: string;
  readonly cause?: string;
  /** What the state set, and all variables after it. */
  readonly assigned: JsonObject;
  readonly variables: JsonObject;
  /** What the work was asked to do. */
  readonly arguments?: Json;
  readonly retryDelayMs?: number;
};

/** States that the tested one leads to; they only have to exist. */
const targets = (state: Json): string[] => {
  if (Array.isArray(state)) return state.flatMap(targets);
  if (!isObject(state)) return [];
  return Object.entries(state).flatMap(([key, value]) => {
    if ((key === 'Next' || key === 'Default') && typeof value === 'string') return [value];
    return key === 'Choices' || key === 'Catch' ? targets(value) : [];
  });
};

const around = ({ name, definition }: StateTestRequest): Machine => {
  const state = parseJson(definition);
  const ends = targets(state).filter((target) => target !== name);
  const States = {
    ...Object.fromEntries(ends.map((target) => [target, { Type: 'Succeed' }])),
    [name]: state,
  };
  return parseMachine(JSON.stringify({ StartAt: name, States }));
};

const headOf = (request: StateTestRequest): ExecutionHead => {
  const prefix = `arn:aws:states:${request.region}:000000000000`;
  return {
    arn: `${prefix}:execution:test:test`,
    name: 'test',
    machineArn: `${prefix}:stateMachine:test`,
    machineName: 'test',
    roleArn: request.roleArn,
    region: request.region,
    type: 'STANDARD',
    startMs: request.clock.now(),
    definition: request.definition,
    input: request.input,
    revisionId: 'test',
  };
};

/** A run that keeps nothing and whose waits are over at once. */
const passingRun = (request: StateTestRequest, machine: Machine): Run => {
  const { clock, random, gateway } = request;
  let frames = 0;
  let events = 1;
  return {
    head: headOf(request),
    machine,
    tools: {
      clock: { ...clock, after: (_, callback) => clock.after(0, callback) },
      random,
      gateway,
      limits: { historyEventsMax: Number.MAX_SAFE_INTEGER },
      tokens: { open: () => () => {} },
      mapRuns: {
        begin: () => {
          throw new Error('a distributed Map needs a mock to be tested');
        },
      },
      children: {
        run: () => Promise.reject(new Error('a distributed Map needs a mock to be tested')),
      },
    },
    emit: () => ++events,
    progress: (frame, patch) => {
      frame.progress = { ...frame.progress, ...patch };
    },
    restart: (frame) => {
      frame.progress = {};
    },
    open: (parent, child) => {
      const { variables } = parent;
      return newFrame({ item: undefined, ...child, id: ++frames, parent, variables });
    },
    close: (frame, result) => {
      frame.parent?.children.delete(frame.index);
      frame.parent?.results.set(frame.index, result);
    },
    pause: () => undefined,
    commit: () => {},
  };
};

const mocked = async (
  run: Run,
  frame: Frame,
  state: State,
  mock: NonNullable<StateTestRequest['mock']>,
): Promise<Outcome> => {
  if ('error' in mock) throw new StateFailure({ error: mock.error, cause: mock.cause });
  return finishWithResult(run, frame, state, mock.result);
};

/** What `$states.context.Task.Token` is in a state that waits for its token. */
const TEST_TOKEN = 'token-of-a-test';

const tokenOf = (state: State): { token?: string } =>
  state.type === 'Task' && state.resource.endsWith('.waitForTaskToken')
    ? { token: TEST_TOKEN }
    : {};

const HAS_WORK = new Set(['Task', 'Parallel', 'Map']);

const failed = async (
  run: Run,
  frame: Frame,
  state: State,
  failure: FailureDetail,
  retryCount: number,
): Promise<Omit<StateTestResult, 'variables' | 'assigned'> & { outcome?: Outcome }> => {
  const { error, cause } = failure;
  const told = {
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
  frame.retries = state.retry.map(() => retryCount);
  const retry = retryRule(state, frame, failure);
  if (retry) {
    const { rule, used } = retry;
    const retryDelayMs = rule.intervalSeconds * rule.backoffRate ** used * 1000;
    return { status: 'RETRIABLE', ...told, retryDelayMs };
  }
  const rule = catchRule(state, failure);
  if (!rule) return { status: 'FAILED', ...told };
  const outcome = await caught(run, frame, state, rule, failure);
  return { status: 'CAUGHT_ERROR', ...told, outcome };
};

/** Runs one state by itself, as the TestState API does. Throws InvalidDefinition. */
export const testState = async (request: StateTestRequest): Promise<StateTestResult> => {
  const machine = around(request);
  const state = machine.states.get(request.name);
  if (!state) throw new Error(`there is no state '${request.name}'`);
  const run = passingRun(request, machine);
  const { signal } = new AbortController();
  const { input, variables, mock } = request;
  const frame: Frame = {
    ...newFrame({
      id: 0,
      index: 0,
      parent: undefined,
      graph: machine,
      item: undefined,
      input,
      variables,
      previous: 0,
      signal,
    }),
    state: request.name,
    entered: true,
    enteredId: 1,
    enteredMs: request.clock.now(),
    retryCount: request.retryCount ?? 0,
    progress: tokenOf(state),
  };
  let asked: { arguments?: Json } = {};
  try {
    const work = HAS_WORK.has(state.type);
    if (work && state.type !== 'Map') asked = { arguments: await argumentsOf(run, frame, state) };
    const outcome =
      mock && work ? await mocked(run, frame, state, mock) : await runState(run, frame, state);
    const assigned = outcome.assigned ?? {};
    return {
      status: 'SUCCEEDED',
      output: outcome.output,
      ...(outcome.next === undefined ? {} : { next: outcome.next }),
      assigned,
      variables: { ...variables, ...assigned },
      ...asked,
    };
  } catch (thrown) {
    const { detail } = failureOf(run, frame, thrown);
    const { outcome, ...told } = await failed(run, frame, state, detail, request.retryCount ?? 0);
    const assigned = outcome?.assigned ?? {};
    return {
      ...told,
      ...(outcome ? { output: outcome.output } : {}),
      ...(outcome?.next === undefined ? {} : { next: outcome.next }),
      assigned,
      variables: { ...variables, ...assigned },
      ...asked,
    };
  }
};
