import { sleep } from '../../clock.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../json.ts';
import type { TaskResource } from '../resource.ts';
import type { Run } from '../runtime.ts';
import { serviceError, TaskError } from './errors.ts';
import type { Attempt } from './patterns.ts';

type Integration = TaskResource & { readonly kind: 'integration' };

/** How often a `.sync` task asks whether its job has ended, in milliseconds. */
const POLL_MS = 250;

/** A job that a `.sync` task started. */
export type Job = {
  readonly service: string;
  readonly describe: { readonly action: string; readonly input: JsonObject };
  readonly stop: { readonly action: string; readonly input: JsonObject };
  /** The job's end, or undefined while it runs. */
  ended(answer: JsonObject): { readonly ok: boolean; readonly output: Json } | undefined;
};

const first = (value: Json | undefined): JsonObject => {
  const item = Array.isArray(value) ? value[0] : undefined;
  return isObject(item) ? item : {};
};
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const buildJob = (output: JsonObject): Job => {
  const build = isObject(output['Build']) ? output['Build'] : {};
  const id = textOf(build['Id']);
  return {
    service: 'codebuild',
    describe: { action: 'BatchGetBuilds', input: { Ids: [id] } },
    stop: { action: 'StopBuild', input: { Id: id } },
    ended: (answer) => {
      const now = first(answer['Builds']);
      const status = textOf(now['BuildStatus']);
      if (status === '' || status === 'IN_PROGRESS') return undefined;
      return { ok: status === 'SUCCEEDED', output: { Build: now } };
    },
  };
};

const failedContainer = (task: JsonObject): boolean => {
  const containers = Array.isArray(task['Containers']) ? task['Containers'] : [];
  return containers.some((container) => isObject(container) && container['ExitCode'] !== 0);
};

const ecsJob = (output: JsonObject): Job => {
  const task = first(output['Tasks']);
  const arn = textOf(task['TaskArn']);
  if (arn === '') {
    throw new TaskError('ECS.AmazonECSException', JSON.stringify(output['Failures'] ?? []));
  }
  const cluster = { Cluster: textOf(task['ClusterArn']) };
  return {
    service: 'ecs',
    describe: { action: 'DescribeTasks', input: { ...cluster, Tasks: [arn] } },
    stop: { action: 'StopTask', input: { ...cluster, Task: arn } },
    ended: (answer) => {
      const now = first(answer['Tasks']);
      if (textOf(now['LastStatus']) !== 'STOPPED') return undefined;
      return { ok: !failedContainer(now), output: now };
    },
  };
};

const executionJob = (task: Integration, output: JsonObject): Job => {
  const arn = textOf(output['ExecutionArn']);
  const payload = (value: Json | undefined): Json =>
    task.pattern === 'sync2' && typeof value === 'string' ? parseJson(value) : (value ?? null);
  return {
    service: 'sfn',
    describe: { action: 'DescribeExecution', input: { ExecutionArn: arn } },
    stop: { action: 'StopExecution', input: { ExecutionArn: arn } },
    ended: (answer) => {
      const { $metadata: _, ...now } = answer;
      if (now['Status'] === 'RUNNING' || now['Status'] === 'PENDING_REDRIVE') return undefined;
      const shaped: JsonObject = { ...now, Input: payload(now['Input']) };
      if (now['Output'] !== undefined) shaped['Output'] = payload(now['Output']);
      return { ok: now['Status'] === 'SUCCEEDED', output: shaped };
    },
  };
};

/** The job behind the answer of the call that started it. */
export const jobOf = (task: Integration, submitted: Json): Job => {
  const output = isObject(submitted) ? submitted : {};
  if (task.service === 'codebuild') return buildJob(output);
  return task.service === 'ecs' ? ecsJob(output) : executionJob(task, output);
};

/** Asks until the job has ended. Throws TaskError with the job's description when it failed. */
export const followJob = async (attempt: Attempt, job: Job): Promise<Json> => {
  const { run, signal, task } = attempt;
  const { clock, gateway } = run.tools;
  for (;;) {
    let answer: unknown;
    try {
      const { service, describe } = job;
      const { region, roleArn } = run.head;
      const request = { service, ...describe, region, roleArn, signal };
      answer = await gateway.call({ ...request, dates: 'epochMs' });
    } catch (error) {
      throw serviceError(task, error);
    }
    const end = isObject(answer) ? job.ended(answer) : undefined;
    if (end?.ok) return end.output;
    if (end) throw new TaskError('States.TaskFailed', JSON.stringify(end.output));
    await sleep(clock, POLL_MS, signal);
  }
};

/** Asks for the job to be stopped. */
export const stopJob = (run: Run, task: Integration, submitted: Json): void => {
  let job: Job;
  try {
    job = jobOf(task, submitted);
  } catch {
    return;
  }
  const { service, stop } = job;
  const { signal } = new AbortController();
  run.tools.gateway
    .call({ service, ...stop, region: run.head.region, roleArn: run.head.roleArn, signal })
    .catch(() => undefined);
};
