import { argumentsOf, finishWithResult, numberOf } from '../dataFlow.ts';
import { Aborted, Closing, runtimeFault, StateFailure } from '../failure.ts';
import { TaskError } from '../integrations/errors.ts';
import { callFunction } from '../integrations/lambda.ts';
import { callIntegration, cancelIntegration, lostCall } from '../integrations/patterns.ts';
import { isObject, isOversize, type Json, type JsonObject } from '../json.ts';
import type { TaskState } from '../machine.ts';
import { randomUuid } from '../random.ts';
import { parseResource, type TaskResource } from '../resource.ts';
import { withRules } from '../rules.ts';
import type { Frame, Outcome, Run } from '../runtime.ts';
import { reportOf, type TaskReport, tooLarge } from '../taskReport.ts';
import { makeToken } from '../taskTokens.ts';

class TimedOut extends Error {
  readonly heartbeat: boolean;
  constructor(heartbeat: boolean) {
    super('timed out');
    this.heartbeat = heartbeat;
  }
}

/** A computed number of seconds has to be one that could have been written down. */
const checkSeconds = (field: string, value: number | undefined): void => {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  throw runtimeFault(`${field} must be a positive integer, but was ${value}`);
};

const schedule = async (
  run: Run,
  frame: Frame,
  state: TaskState,
  task: TaskResource,
  report: TaskReport,
): Promise<Json> => {
  if (task.kind === 'integration' && task.pattern === 'token') {
    const token = makeToken(run.head.arn, frame.id, randomUuid(run.tools.random));
    run.progress(frame, { token });
  }
  const timeout = await numberOf(run, frame, state.timeoutSeconds, 'TimeoutSeconds');
  const heartbeat = await numberOf(run, frame, state.heartbeatSeconds, 'HeartbeatSeconds');
  checkSeconds('TimeoutSeconds', timeout);
  checkSeconds('HeartbeatSeconds', heartbeat);
  const input = await argumentsOf(run, frame, state);
  if (isOversize(JSON.stringify(input))) {
    const cause = `The state/task '${state.resource}' tried to schedule a task with an input exceeding the maximum number of bytes service limit.`;
    throw new StateFailure({ error: 'States.DataLimitExceeded', cause });
  }
  const now = run.tools.clock.now();
  report.scheduled(input, { timeout, heartbeat });
  run.progress(frame, {
    scheduled: true,
    ...(timeout === undefined
      ? {}
      : { timeoutMs: timeout * 1000, deadlineMs: now + timeout * 1000 }),
    ...(heartbeat === undefined ? {} : { heartbeatMs: heartbeat * 1000, beatMs: now }),
  });
  run.commit();
  return input;
};

/**
 * A task that a former process began has its whole time again: AWS is never away, so the time in which
 * nobody was there to hear its answer is not the task's.
 */
const beginAgain = (run: Run, frame: Frame): void => {
  const { timeoutMs, heartbeatMs } = frame.progress;
  const now = run.tools.clock.now();
  run.progress(frame, {
    ...(typeof timeoutMs === 'number' ? { deadlineMs: now + timeoutMs } : {}),
    ...(typeof heartbeatMs === 'number' ? { beatMs: now } : {}),
  });
  run.commit();
};

/** Runs `work` until it ends, its time is up, or the branch is stopped. */
const inTime = (
  run: Run,
  frame: Frame,
  work: (signal: AbortSignal, beat: () => void) => Promise<Json>,
): Promise<Json> => {
  const { clock } = run.tools;
  const { deadlineMs, heartbeatMs, beatMs, token } = frame.progress;
  const stop = new AbortController();
  const cancels = new Set<() => void>();
  return new Promise<Json>((resolve, reject) => {
    const after = (ms: number, heartbeat: boolean): (() => void) => {
      const cancel = clock.after(Math.max(0, ms), () => reject(new TimedOut(heartbeat)));
      cancels.add(cancel);
      return cancel;
    };
    if (typeof deadlineMs === 'number') after(deadlineMs - clock.now(), false);
    let beat = () => {};
    if (typeof heartbeatMs === 'number' && typeof token === 'string') {
      const sinceMs = clock.now() - (typeof beatMs === 'number' ? beatMs : clock.now());
      let cancel = after(heartbeatMs - sinceMs, true);
      beat = () => {
        cancel();
        cancel = after(heartbeatMs, true);
        run.progress(frame, { beatMs: clock.now() });
        run.commit();
      };
    }
    const aborted = () => reject(new Aborted());
    if (frame.signal.aborted) aborted();
    frame.signal.addEventListener('abort', aborted, { once: true });
    cancels.add(() => frame.signal.removeEventListener('abort', aborted));
    work(stop.signal, beat).then(resolve, reject);
  }).finally(() => {
    for (const cancel of cancels) cancel();
    stop.abort();
  });
};

const carryOut = (
  run: Run,
  frame: Frame,
  task: TaskResource,
  input: Json | undefined,
  report: TaskReport,
): Promise<Json> =>
  inTime(run, frame, (signal, beat) => {
    if (task.kind === 'integration') {
      return callIntegration({ run, frame, task, input, signal, report, beat });
    }
    if (input === undefined) throw lostCall({ service: 'lambda', sdk: false });
    return callFunction(run, task.arn, input, signal);
  });

/** A call of another kind than AWS errors: a defect of the engine, not of the task. */
const failedWith = (
  run: Run,
  frame: Frame,
  task: TaskResource,
  report: TaskReport,
  thrown: unknown,
): unknown => {
  if (thrown instanceof Aborted) {
    if (!(frame.signal.reason instanceof Closing)) cancelIntegration(run, frame, task);
    return thrown;
  }
  if (thrown instanceof TimedOut) {
    cancelIntegration(run, frame, task);
    report.timedOut();
    return new StateFailure({
      error: 'States.Timeout',
      cause: undefined,
      heartbeat: thrown.heartbeat,
    });
  }
  if (!(thrown instanceof TaskError)) return thrown;
  report.failed(thrown.error, thrown.cause);
  return new StateFailure({ error: thrown.error, cause: thrown.cause });
};

const storedFailure = ({ error, cause }: JsonObject): StateFailure =>
  new StateFailure({
    error: typeof error === 'string' ? error : undefined,
    cause: typeof cause === 'string' ? cause : undefined,
  });

/** Task: has another service do the work. Its start is in the journal before the call is made. */
export const runTask = (run: Run, frame: Frame, state: TaskState): Promise<Outcome> => {
  const task = parseResource(state.resource);
  if ('problem' in task) throw new Error(task.problem);
  const once = async (): Promise<Outcome> => {
    const { result: known, failure } = frame.progress;
    if (known !== undefined) return finishWithResult(run, frame, state, known);
    if (isObject(failure)) throw storedFailure(failure);
    const report = reportOf(run, frame, task);
    const resumed = frame.progress['scheduled'] === true;
    if (resumed) beginAgain(run, frame);
    const input = resumed ? undefined : await schedule(run, frame, state, task, report);
    let result: Json;
    try {
      result = await carryOut(run, frame, task, input, report);
      const text = JSON.stringify(result);
      if (isOversize(text)) {
        throw new TaskError('States.DataLimitExceeded', tooLarge(state.resource));
      }
      report.succeeded(text);
    } catch (thrown) {
      throw failedWith(run, frame, task, report, thrown);
    }
    return finishWithResult(run, frame, state, result);
  };
  return withRules(run, frame, state, once);
};
