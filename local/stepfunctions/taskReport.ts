import type { Json } from './json.ts';
import type { TaskResource } from './resource.ts';
import type { Frame, Run } from './runtime.ts';

/** Writes the history events of one task attempt, in the form its resource has. */
export type TaskReport = {
  scheduled(
    input: Json,
    times: { timeout: number | undefined; heartbeat: number | undefined },
  ): void;
  submitted(output: Json): void;
  succeeded(outputText: string): void;
  failed(error: string | undefined, cause: string | undefined): void;
  timedOut(): void;
};

const defined = (record: Record<string, unknown>): string => JSON.stringify(record);

const functionReport = (run: Run, frame: Frame, arn: string): TaskReport => ({
  scheduled: (input, { timeout, heartbeat }) => {
    const details = {
      resource: arn,
      input,
      timeoutInSeconds: timeout,
      heartbeatInSeconds: heartbeat,
    };
    run.emit(frame, 'LambdaFunctionScheduled', defined(details));
    run.emit(frame, 'LambdaFunctionStarted');
  },
  submitted: () => {},
  succeeded: (text) => run.emit(frame, 'LambdaFunctionSucceeded', `{"output":${text}}`),
  failed: (error, cause) => run.emit(frame, 'LambdaFunctionFailed', defined({ error, cause })),
  timedOut: () => run.emit(frame, 'LambdaFunctionTimedOut', '{"error":"States.Timeout"}'),
});

const integrationReport = (
  run: Run,
  frame: Frame,
  task: TaskResource & { kind: 'integration' },
  region: string,
): TaskReport => {
  const what = { resourceType: task.resourceType, resource: task.resource };
  const around = JSON.stringify(what).slice(0, -1);
  return {
    scheduled: (parameters, { timeout, heartbeat }) => {
      run.emit(
        frame,
        'TaskScheduled',
        defined({
          ...what,
          region,
          parameters,
          timeoutInSeconds: timeout,
          heartbeatInSeconds: heartbeat,
        }),
      );
      run.emit(frame, 'TaskStarted', defined(what));
    },
    submitted: (output) => {
      run.emit(frame, 'TaskSubmitted', defined({ ...what, output }));
    },
    succeeded: (text) => run.emit(frame, 'TaskSucceeded', `${around},"output":${text}}`),
    failed: (error, cause) => run.emit(frame, 'TaskFailed', defined({ ...what, error, cause })),
    timedOut: () => run.emit(frame, 'TaskTimedOut', defined({ ...what, error: 'States.Timeout' })),
  };
};

/** The report of a task; `region` is where the resource is. */
export const reportOf = (run: Run, frame: Frame, task: TaskResource): TaskReport =>
  task.kind === 'function'
    ? functionReport(run, frame, task.arn)
    : integrationReport(run, frame, task, run.head.region);

/** The sentence AWS gives for a result that is too large. */
export const tooLarge = (resource: string): string =>
  `The state/task '${resource}' returned a result with a size exceeding the maximum number of bytes service limit.`;
