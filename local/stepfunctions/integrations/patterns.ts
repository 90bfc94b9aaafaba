import { isObject, isOversize, type Json, type JsonObject } from '../json.ts';
import type { TaskResource } from '../resource.ts';
import type { Frame, Run, TokenAnswer } from '../runtime.ts';
import { type TaskReport, tooLarge } from '../taskReport.ts';
import { serviceError, TaskError, withHttpMetadata } from './errors.ts';
import { callLambda } from './lambda.ts';
import { followJob, jobOf, stopJob } from './sync.ts';

type Integration = TaskResource & { readonly kind: 'integration' };

/** One attempt of an integration. `input` is undefined when a former process made the call. */
export type Attempt = {
  readonly run: Run;
  readonly frame: Frame;
  readonly task: Integration;
  readonly input: Json | undefined;
  readonly signal: AbortSignal;
  readonly report: TaskReport;
  readonly beat: () => void;
};

/** The SDK's name of a service that integrations call by another. */
const SERVICES: Record<string, string> = { states: 'sfn', events: 'eventbridge' };

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What some optimised integrations do to their parameters. Source: Step Functions service integrations. */
const prepared = (run: Run, task: Integration, input: JsonObject): JsonObject => {
  if (task.sdk) return input;
  if (task.service === 'events' && Array.isArray(input['Entries'])) {
    return { ...input, Entries: input['Entries'].map((entry) => eventEntry(run, entry)) };
  }
  if (task.service === 'states' && 'Input' in input) {
    const { Input } = input;
    return { ...input, Input: typeof Input === 'string' ? Input : JSON.stringify(Input) };
  }
  if (task.service === 'sqs' && 'MessageBody' in input) {
    const { MessageBody } = input;
    const text = typeof MessageBody === 'string' ? MessageBody : JSON.stringify(MessageBody);
    return { ...input, MessageBody: text };
  }
  return input;
};

/** Events carry the machine and the execution as resources, and their detail as text. */
const eventEntry = (run: Run, entry: Json): Json => {
  if (!isObject(entry)) return entry;
  const { Detail, Resources } = entry;
  return {
    ...entry,
    ...(Detail === undefined || typeof Detail === 'string'
      ? {}
      : { Detail: JSON.stringify(Detail) }),
    Resources: [run.head.machineArn, run.head.arn, ...(Array.isArray(Resources) ? Resources : [])],
  };
};

const checkEvents = (task: Integration, output: Json): void => {
  if (task.sdk || task.service !== 'events' || !isObject(output)) return;
  const { FailedEntryCount, Entries } = output;
  if (typeof FailedEntryCount !== 'number' || FailedEntryCount === 0) return;
  const cause = { Entries: Entries ?? [], FailedEntryCount };
  throw new TaskError('EventBridge.FailedEntry', JSON.stringify(cause));
};

/** Makes the call itself and gives its output in the form the history shows. */
const call = async ({ run, task, input, signal }: Attempt): Promise<Json> => {
  if (!task.sdk && task.service === 'lambda') return callLambda(run, input ?? {}, signal);
  let output: unknown;
  try {
    output = await run.tools.gateway.call({
      service: task.sdk ? task.service : (SERVICES[task.service] ?? task.service),
      action: capital(task.action),
      input: prepared(run, task, isObject(input) ? input : {}),
      region: run.head.region,
      roleArn: run.head.roleArn,
      dates: task.sdk ? 'iso' : 'epochMs',
      signal,
    });
  } catch (error) {
    throw serviceError(task, error);
  }
  if (!isObject(output)) return null;
  const { $metadata, ...members } = output;
  checkEvents(task, members);
  return task.sdk ? members : withHttpMetadata(members, $metadata);
};

/**
 * The failure of a call whose process ended before its answer was stored. AWS names a call whose
 * connection was lost in the same way, and machines retry it by that name.
 */
export const lostCall = (task: Pick<Integration, 'service' | 'sdk'>): TaskError =>
  serviceError(
    task,
    new Error(
      'The task was lost: the process that ran it ended before its answer was stored, and it cannot be told whether the call had effect.',
    ),
  );

/** Makes the call unless a former process did; that one's answer is in the journal or lost. */
const submit = async (attempt: Attempt): Promise<Json> => {
  const { run, frame, report, input, task } = attempt;
  const stored = frame.progress['submitted'];
  if (stored !== undefined) return stored;
  if (input === undefined) throw lostCall(task);
  const output = await call(attempt);
  if (isOversize(JSON.stringify(output))) {
    throw new TaskError('States.DataLimitExceeded', tooLarge(`${task.service}:${task.resource}`));
  }
  report.submitted(output);
  run.progress(frame, { submitted: output });
  run.commit();
  return output;
};

const answered = (answer: TokenAnswer): Json => {
  if (answer.ok) return answer.output;
  throw new TaskError(answer.error ?? undefined, answer.cause ?? undefined);
};

const storedAnswer = (frame: Frame): TokenAnswer | undefined => {
  const stored = frame.progress['answer'];
  if (!isObject(stored)) return undefined;
  if (stored['ok'] === true) return { ok: true, output: stored['output'] ?? null };
  const text = (key: string) => (typeof stored[key] === 'string' ? stored[key] : null);
  return { ok: false, error: text('error'), cause: text('cause') };
};

/** Waits for the token to come back; the answer may be there before the call itself has returned. */
const waitForToken = async (attempt: Attempt): Promise<Json> => {
  const { run, frame, signal, beat } = attempt;
  const token = frame.progress['token'];
  if (typeof token !== 'string') throw new Error('a token task has no token');
  let deliver: (answer: TokenAnswer) => void = () => {};
  const delivered = new Promise<TokenAnswer>((resolve) => {
    deliver = resolve;
  });
  const close = run.tools.tokens.open(token, {
    answer: (answer) => {
      run.progress(frame, { answer });
      run.commit();
      deliver(answer);
    },
    beat,
  });
  signal.addEventListener('abort', close, { once: true });
  try {
    const before = storedAnswer(frame);
    if (before && frame.progress['submitted'] === undefined && attempt.input === undefined) {
      return answered(before);
    }
    await submit(attempt);
    return answered(storedAnswer(frame) ?? (await delivered));
  } finally {
    close();
  }
};

/** Carries out one attempt, in the pattern that the resource names. Throws TaskError. */
export const callIntegration = async (attempt: Attempt): Promise<Json> => {
  switch (attempt.task.pattern) {
    case 'request':
      if (attempt.input === undefined) throw lostCall(attempt.task);
      return call(attempt);
    case 'token':
      return waitForToken(attempt);
    case 'sync':
    case 'sync2': {
      const output = await submit(attempt);
      return followJob(attempt, jobOf(attempt.task, output));
    }
  }
};

/** Stops the job of a `.sync` task that is given up; the outcome of the stop is not waited for. */
export const cancelIntegration = (run: Run, frame: Frame, task: TaskResource): void => {
  const submitted = frame.progress['submitted'];
  if (task.kind !== 'integration' || submitted === undefined) return;
  if (task.pattern === 'sync' || task.pattern === 'sync2') stopJob(run, task, submitted);
};
