import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../clock.ts';
import type { ProcessGuard } from '../processGuard.ts';
import { outOfMemory, responseTooLarge, runtimeExited, timedOut } from './failures.ts';
import { INIT_TIMEOUT_MS, SYNC_RESPONSE_BYTES_MAX } from './limits.ts';
import { createLogTail, eachLine, reportLine } from './logs.ts';
import { openRuntimeApi, type RuntimeReport } from './runtimeApi.ts';
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

/** Lets output that is already in the pipes be read before an invocation counts as over. */
const drainPipes = () =>
  new Promise<void>((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));

export const startEnvironment = async (needs: EnvironmentNeeds): Promise<Environment> => {
  const { spec, clock } = needs;
  const timeoutMs = spec.timeoutS * 1000;
  const bornMs = clock.monotonicMs();
  let initMs: number | undefined;
  let initReported = false;
  let idle = false;
  let dead = false;
  let heapExhausted = false;
  let running: Running | undefined;
  let onRested: (() => void)[] = [];
  let requestId: string | undefined;

  const write = (stream: LogLine['stream'], text: string): void => {
    if (stream === 'stderr' && HEAP_EXHAUSTED.test(text)) heapExhausted = true;
    running?.tail.add(text);
    const { region, name: functionName } = spec;
    needs.log({ region, functionName, requestId, stream, at: clock.now(), text });
  };

  const wakeRested = (): void => {
    for (const wake of onRested) wake();
    onRested = [];
  };

  const restsWithin = (limitMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      if (idle || dead) {
        resolve(true);
        return;
      }
      const cancel = clock.after(limitMs, () => resolve(false));
      onRested.push(() => {
        cancel();
        resolve(true);
      });
    });

  const settle = async (payload: string, failed: boolean): Promise<void> => {
    const run = running;
    if (run === undefined || run.settled) return;
    run.settled = true;
    run.stopTimers();
    const durationMs = clock.monotonicMs() - run.startedMs;
    await drainPipes();
    await restsWithin(REST_GRACE_MS);
    const usedMb = (child.pid === undefined ? undefined : memoryOf(child.pid))?.peakMb ?? 0;
    const figures = { durationMs, memoryMb: spec.memoryMb, usedMb };
    const first = !initReported && initMs !== undefined ? { initMs } : {};
    initReported = true;
    write('platform', `END RequestId: ${run.invocation.requestId}`);
    write('platform', reportLine(run.invocation.requestId, { ...figures, ...first }));
    running = undefined;
    const logTail = run.tail.text();
    run.done(failed ? { functionError: 'Unhandled', payload, logTail } : { payload, logTail });
  };

  const kill = (): void => {
    dead = true;
    killSandbox(child);
  };

  const timeOut = (limitMs: number): void => {
    if (running === undefined) return;
    const id = running.invocation.requestId;
    kill();
    write(
      'platform',
      `${new Date(clock.now()).toISOString()} ${id} Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`,
    );
    void settle(timedOut(id, limitMs), true);
  };

  const watchMemory = (): (() => void) => {
    let cancel = () => {};
    const check = (): void => {
      const memory = child.pid === undefined ? undefined : memoryOf(child.pid);
      if (running !== undefined && memory !== undefined && memory.nowMb > spec.memoryMb) {
        kill();
        void settle(outOfMemory(running.invocation.requestId), true);
        return;
      }
      cancel = clock.after(MEMORY_CHECK_MS, check);
    };
    cancel = clock.after(MEMORY_CHECK_MS, check);
    return () => cancel();
  };

  const dispatch = (): void => {
    const run = running;
    if (run === undefined || run.settled || !idle || dead) return;
    idle = false;
    run.stopTimers();
    run.startedMs = clock.monotonicMs();
    const stopMemory = watchMemory();
    const stopDeadline = clock.after(timeoutMs, () => timeOut(timeoutMs));
    run.stopTimers = () => {
      stopMemory();
      stopDeadline();
    };
    write('platform', `START RequestId: ${run.invocation.requestId} Version: $LATEST`);
    api.give({
      ...run.invocation,
      deadlineMs: clock.now() + timeoutMs,
      functionArn: needs.functionArn,
    });
  };

  const onReport = (report: RuntimeReport): void => {
    if (report.kind === 'init-error') {
      dead = true;
      void settle(report.body, true);
    } else if (report.requestId !== running?.invocation.requestId) {
      return;
    } else if (report.kind === 'too-large') {
      void settle(responseTooLarge(SYNC_RESPONSE_BYTES_MAX), true);
    } else {
      void settle(report.body, report.kind === 'error');
    }
  };

  const api = await openRuntimeApi({
    onNext: () => {
      initMs ??= clock.monotonicMs() - bornMs;
      idle = true;
      wakeRested();
      dispatch();
    },
    onReport,
  });
  const child: ChildProcess = spawnSandbox({ ...needs, apiAddress: api.address });
  needs.guard.watch(child);

  const onGone = async (exitCode: number | null, signal: string | null): Promise<void> => {
    dead = true;
    wakeRested();
    api.close();
    needs.onExit();
    await streamsEnd(child);
    const id = running?.invocation.requestId ?? '';
    void settle(heapExhausted ? outOfMemory(id) : runtimeExited(id, exitCode, signal), true);
  };
  child.once('exit', (exitCode, signal) => void onGone(exitCode, signal));
  child.once('error', (error) => {
    write('platform', `the sandbox process could not be started: ${error.message}`);
    if (child.pid === undefined) void onGone(1, null);
  });
  child.stdin?.on('error', () => {});
  if (child.stdout) eachLine(child.stdout, (text) => write('stdout', text));
  if (child.stderr) eachLine(child.stderr, (text) => write('stderr', text));

  return {
    run: (invocation) =>
      new Promise((done) => {
        requestId = invocation.requestId;
        const startedMs = clock.monotonicMs();
        const tail = createLogTail();
        running = { invocation, tail, done, startedMs, stopTimers: () => {}, settled: false };
        if (dead) void settle(runtimeExited(requestId, null, 'SIGKILL'), true);
        else if (idle) dispatch();
        else {
          const waitMs = initMs === undefined ? INIT_TIMEOUT_MS : timeoutMs;
          running.stopTimers = clock.after(waitMs, () => timeOut(waitMs));
        }
      }),
    rested: async () => {
      if (!(await restsWithin(REST_WAIT_MS))) kill();
    },
    resting: () => idle,
    alive: () => !dead,
    stop: kill,
  };
};

/** Waits for the last output of a process that has exited, but not on a grandchild's open pipe. */
const streamsEnd = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, STREAM_END_WAIT_MS);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
