import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../clock.ts';
import type { ProcessGuard } from '../processGuard.ts';
import { outOfMemory, responseTooLarge, runtimeExited, timedOut } from './failures.ts';
import { INIT_TIMEOUT_MS, SYNC_RESPONSE_BYTES_MAX } from './limits.ts';
import { createLogTail, eachLine, reportLine } from './logs.ts';
import { openRuntimeApi, type RuntimeApi, type RuntimeReport } from './runtimeApi.ts';
import { killSandbox, memoryOf, type Runtime, spawnSandbox } from './sandboxProcess.ts';
import type {
  FunctionSpec,
  Invocation,
  InvocationResult,
  LogLine,
  LogSink,
  SandboxNetwork,
} from './types.ts';

export type EnvironmentNeeds = {
  readonly spec: FunctionSpec;
  readonly functionArn: string;
  /** Folder that the handler's module path is relative to. */
  readonly taskRoot: string;
  readonly logStream: string;
  readonly endpoint: string;
  readonly network: SandboxNetwork;
  readonly runtime: Runtime;
  readonly guard: ProcessGuard;
  readonly clock: Clock;
  readonly log: LogSink;
  /** The runtime has loaded the function and asks for its first event. */
  readonly onReady: () => void;
  readonly onExit: () => void;
};

/** One sandbox process that serves one invocation at a time. */
export type Environment = {
  /** Never rejects: whatever goes wrong is the function's error. Not while another one runs. */
  run(invocation: Invocation): Promise<InvocationResult>;
  /** Resolves when the runtime has asked for its next event or is gone. */
  rested(): Promise<void>;
  /** The runtime waits for an event now. */
  readonly resting: () => boolean;
  readonly alive: () => boolean;
  stop(): void;
};

const MEMORY_CHECK_MS = 250;
const STREAM_END_WAIT_MS = 200;
/** An answer waits this long for the runtime to ask for more, so that the next call finds it idle. */
const REST_GRACE_MS = 50;
/** A runtime that has answered and then asks for nothing is stopped after this time. */
const REST_WAIT_MS = 2_000;
const HEAP_EXHAUSTED = /JavaScript heap out of memory|Committing semi space failed/;

type Running = {
  readonly invocation: Invocation;
  readonly tail: ReturnType<typeof createLogTail>;
  readonly done: (result: InvocationResult) => void;
  startedMs: number;
  stopTimers: () => void;
  settled: boolean;
};

type State = {
  readonly needs: EnvironmentNeeds;
  readonly bornMs: number;
  initMs: number | undefined;
  initReported: boolean;
  /** The runtime waits for an event. */
  idle: boolean;
  /** The process is gone or has been told to go. */
  dead: boolean;
  heapExhausted: boolean;
  running: Running | undefined;
  /** Of the invocation under way or the last one, for log lines that come late. */
  requestId: string | undefined;
  restWaiters: (() => void)[];
  child: ChildProcess | undefined;
};

/** Lets output that is already in the pipes be read before an invocation counts as over. */
const drainPipes = () =>
  new Promise<void>((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));

/** Waits for the last output of a process that has exited, but not on a grandchild's open pipe. */
const streamsEnd = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, STREAM_END_WAIT_MS);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });

const write = (state: State, stream: LogLine['stream'], text: string): void => {
  const { spec, clock, log } = state.needs;
  if (stream === 'stderr' && HEAP_EXHAUSTED.test(text)) state.heapExhausted = true;
  state.running?.tail.add(text);
  const { region, name: functionName } = spec;
  log({ region, functionName, requestId: state.requestId, stream, at: clock.now(), text });
};

const memoryNow = ({ child }: State) =>
  child?.pid === undefined ? undefined : memoryOf(child.pid);

const wakeRested = (state: State): void => {
  for (const wake of state.restWaiters) wake();
  state.restWaiters = [];
};

const restsWithin = (state: State, limitMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    if (state.idle || state.dead) {
      resolve(true);
      return;
    }
    const cancel = state.needs.clock.after(limitMs, () => resolve(false));
    state.restWaiters.push(() => {
      cancel();
      resolve(true);
    });
  });

const writeReport = (state: State, run: Running, durationMs: number): void => {
  const { requestId } = run.invocation;
  const { initMs } = state;
  const init = state.initReported || initMs === undefined ? {} : { initMs };
  state.initReported = true;
  const usedMb = memoryNow(state)?.peakMb ?? 0;
  const { memoryMb } = state.needs.spec;
  write(state, 'platform', `END RequestId: ${requestId}`);
  write(state, 'platform', reportLine(requestId, { durationMs, memoryMb, usedMb, ...init }));
};

/** Ends the invocation under way with its result; later results of the same one are nothing. */
const settle = async (state: State, payload: string, failed: boolean): Promise<void> => {
  const run = state.running;
  if (run === undefined || run.settled) return;
  run.settled = true;
  run.stopTimers();
  const durationMs = state.needs.clock.monotonicMs() - run.startedMs;
  await drainPipes();
  await restsWithin(state, REST_GRACE_MS);
  writeReport(state, run, durationMs);
  state.running = undefined;
  const logTail = run.tail.text();
  run.done(failed ? { functionError: 'Unhandled', payload, logTail } : { payload, logTail });
};

const kill = (state: State): void => {
  state.dead = true;
  if (state.child) killSandbox(state.child);
};

const timeOut = (state: State, limitMs: number): void => {
  if (state.running === undefined) return;
  const { requestId } = state.running.invocation;
  kill(state);
  const at = new Date(state.needs.clock.now()).toISOString();
  const text = `${at} ${requestId} Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
  write(state, 'platform', text);
  void settle(state, timedOut(requestId, limitMs), true);
};

/** Stops the sandbox when it holds more memory than its function has; returns what ends the watch. */
const watchMemory = (state: State): (() => void) => {
  const { clock, spec } = state.needs;
  let cancel = () => {};
  const check = (): void => {
    const { running } = state;
    if (running !== undefined && (memoryNow(state)?.nowMb ?? 0) > spec.memoryMb) {
      kill(state);
      void settle(state, outOfMemory(running.invocation.requestId), true);
      return;
    }
    cancel = clock.after(MEMORY_CHECK_MS, check);
  };
  cancel = clock.after(MEMORY_CHECK_MS, check);
  return () => cancel();
};

/** Hands the waiting invocation to the runtime, if the runtime waits for one. */
const dispatch = (state: State, api: RuntimeApi): void => {
  const { running: run, needs } = state;
  if (run === undefined || run.settled || !state.idle || state.dead) return;
  const { clock, spec, functionArn } = needs;
  const timeoutMs = spec.timeoutS * 1000;
  state.idle = false;
  run.stopTimers();
  run.startedMs = clock.monotonicMs();
  const stopMemory = watchMemory(state);
  const stopDeadline = clock.after(timeoutMs, () => timeOut(state, timeoutMs));
  run.stopTimers = () => {
    stopMemory();
    stopDeadline();
  };
  write(state, 'platform', `START RequestId: ${run.invocation.requestId} Version: $LATEST`);
  api.give({ ...run.invocation, deadlineMs: clock.now() + timeoutMs, functionArn });
};

const takeReport = (state: State, report: RuntimeReport): void => {
  if (report.kind === 'init-error') {
    state.dead = true;
    void settle(state, report.body, true);
  } else if (report.requestId !== state.running?.invocation.requestId) {
    return;
  } else if (report.kind === 'too-large') {
    void settle(state, responseTooLarge(SYNC_RESPONSE_BYTES_MAX), true);
  } else {
    void settle(state, report.body, report.kind === 'error');
  }
};

const startProcess = (state: State, api: RuntimeApi): void => {
  const { needs } = state;
  const child = spawnSandbox({ ...needs, apiAddress: api.address });
  state.child = child;
  needs.guard.watch(child);
  const onGone = async (exitCode: number | null, signal: string | null): Promise<void> => {
    state.dead = true;
    wakeRested(state);
    api.close();
    needs.onExit();
    await streamsEnd(child);
    const requestId = state.running?.invocation.requestId ?? '';
    const reason = state.heapExhausted
      ? outOfMemory(requestId)
      : runtimeExited(requestId, exitCode, signal);
    void settle(state, reason, true);
  };
  child.once('exit', (exitCode, signal) => void onGone(exitCode, signal));
  child.once('error', (error) => {
    write(state, 'platform', `the sandbox process could not be started: ${error.message}`);
    if (child.pid === undefined) void onGone(1, null);
  });
  child.stdin?.on('error', () => {});
  if (child.stdout) eachLine(child.stdout, (text) => write(state, 'stdout', text));
  if (child.stderr) eachLine(child.stderr, (text) => write(state, 'stderr', text));
};

const beginRun = (state: State, api: RuntimeApi, run: Running): void => {
  const { clock, spec } = state.needs;
  state.running = run;
  state.requestId = run.invocation.requestId;
  if (state.dead) {
    void settle(state, runtimeExited(state.requestId, null, 'SIGKILL'), true);
  } else if (state.idle) {
    dispatch(state, api);
  } else {
    const waitMs = state.initMs === undefined ? INIT_TIMEOUT_MS : spec.timeoutS * 1000;
    run.stopTimers = clock.after(waitMs, () => timeOut(state, waitMs));
  }
};

export const startEnvironment = async (needs: EnvironmentNeeds): Promise<Environment> => {
  const { clock } = needs;
  const state: State = {
    needs,
    bornMs: clock.monotonicMs(),
    initMs: undefined,
    initReported: false,
    idle: false,
    dead: false,
    heapExhausted: false,
    running: undefined,
    requestId: undefined,
    restWaiters: [],
    child: undefined,
  };
  const api = await openRuntimeApi({
    onNext: () => {
      const first = state.initMs === undefined;
      state.initMs ??= clock.monotonicMs() - state.bornMs;
      state.idle = true;
      wakeRested(state);
      dispatch(state, api);
      if (first) needs.onReady();
    },
    onReport: (report) => takeReport(state, report),
  });
  startProcess(state, api);
  return {
    run: (invocation) =>
      new Promise((done) => {
        const startedMs = clock.monotonicMs();
        const tail = createLogTail();
        const stopTimers = () => {};
        beginRun(state, api, { invocation, tail, done, startedMs, stopTimers, settled: false });
      }),
    rested: async () => {
      if (!(await restsWithin(state, REST_WAIT_MS))) kill(state);
    },
    resting: () => state.idle,
    alive: () => !state.dead,
    stop: () => kill(state),
  };
};
