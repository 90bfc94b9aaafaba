// Goal: tokens, jobs and calls to other services behave as on AWS, also over a restart.
// Method: an engine on a virtual clock; the far end is written in each test.
import { describe, expect, it } from 'vitest';
import type { TaskRequest } from '../../../local/stepfunctions/runtime.ts';
import { payloadOf, runMachine, startMachines } from '../../support/stateMachines.ts';

const task = (Resource: string, fields: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Call',
  States: { Call: { Type: 'Task', Resource, End: true, ...fields } },
});
const waiting = (fields: object = {}) =>
  task('arn:aws:states:::lambda:invoke.waitForTaskToken', {
    Arguments: { FunctionName: 'f', Payload: { token: '{% $states.context.Task.Token %}' } },
    ...fields,
  });
const tokenOf = (request: TaskRequest): string => Reflect.get(Object(payloadOf(request)), 'token');
const answer = { StatusCode: 202 };

/** An engine whose function notes the token it was given. */
const withToken = async (machine: object, dataDir?: string) => {
  const tokens: string[] = [];
  const machines = startMachines(
    (request) => {
      tokens.push(tokenOf(request));
      return answer;
    },
    dataDir ? { dataDir } : {},
  );
  const executionArn = await machines.start(await machines.create(machine));
  await machines.clock.advance(1_000);
  return { machines, executionArn, token: tokens[0] ?? '', tokens };
};
const errorOf = (call: Promise<unknown>): Promise<string> =>
  call.then(() => 'answered').catch((error: Error) => error.name);

describe('a task that waits for its token', () => {
  it('ends with the output that comes with the token', async () => {
    const { machines, executionArn, token } = await withToken(waiting());
    await machines.ask('SendTaskSuccess', { taskToken: token, output: '{"x":1}' });
    await machines.clock.until(machines.engine.settled());
    const ended = await machines.endOf(executionArn);
    expect(ended.output).toEqual({ x: 1 });
    expect(ended.events.map((e) => e.type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(await errorOf(machines.ask('SendTaskSuccess', { taskToken: token, output: '1' }))).toBe(
      'TaskTimedOut',
    );
    await machines.close();
  });

  it('fails with the error and cause that come with the token', async () => {
    const { machines, executionArn, token } = await withToken(waiting());
    await machines.ask('SendTaskFailure', { taskToken: token, error: 'Gone', cause: 'why' });
    await machines.clock.until(machines.engine.settled());
    const ended = await machines.endOf(executionArn);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'Gone', cause: 'why' });
    await machines.close();
  });

  it('takes an answer that comes before the call itself has returned', async () => {
    const machines = startMachines(async (request) => {
      const taskToken = tokenOf(request);
      await machines.ask('SendTaskSuccess', { taskToken, output: '"early"' });
      return answer;
    });
    expect((await machines.run(waiting())).output).toBe('early');
    await machines.close();
  });

  it('dies without heartbeats, lives on with them, and HeartbeatTimeout catches it', async () => {
    const fields = {
      HeartbeatSeconds: 10,
      TimeoutSeconds: 100,
      Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Dead' }],
    };
    const machine = waiting(fields);
    Object.assign(machine.States, { Dead: { Type: 'Succeed' } });
    const { machines, executionArn, token } = await withToken(machine);
    for (let beat = 0; beat < 3; beat += 1) {
      await machines.clock.advance(8_000);
      await machines.ask('SendTaskHeartbeat', { taskToken: token });
    }
    await machines.clock.until(machines.engine.settled());
    const ended = await machines.endOf(executionArn);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', tookMs: 1_000 + 3 * 8_000 + 10_000 });
    expect(await errorOf(machines.ask('SendTaskHeartbeat', { taskToken: token }))).toBe(
      'TaskTimedOut',
    );
    await machines.close();
  });

  it('still waits after a restart, and its deadline stays where it was', async () => {
    const { machines, executionArn, token } = await withToken(waiting({ TimeoutSeconds: 60 }));
    await machines.leave();
    const next = startMachines(() => answer, { dataDir: machines.dataDir });
    await next.engine.resume();
    await next.clock.advance(30_000);
    await next.ask('SendTaskSuccess', { taskToken: token, output: '"later"' });
    await next.clock.until(next.engine.settled());
    expect((await next.endOf(executionArn)).output).toBe('later');
    await next.close();
  });

  it('refuses tokens that are none, of no task, and outputs that are not JSON', async () => {
    const { machines, token } = await withToken(waiting());
    const other = Buffer.from(
      JSON.stringify({ executionArn: 'arn:none', frame: 0, nonce: 'x' }),
    ).toString('base64');
    const send = (taskToken: string, output: string) =>
      errorOf(machines.ask('SendTaskSuccess', { taskToken, output }));
    expect(await send('x', '1')).toBe('InvalidToken');
    expect(await send(other, '1')).toBe('TaskDoesNotExist');
    expect(await send(token, 'no json')).toBe('InvalidOutput');
    expect(await send(token, `"${'x'.repeat(262_144)}"`)).toBe('ValidationException');
    await machines.close();
  });
});

describe('a job that a task waits for', () => {
  const build = (status: string) => ({ Id: 'p:1', BuildStatus: status });
  const startBuild = task('arn:aws:states:::codebuild:startBuild.sync', {
    Arguments: { ProjectName: 'p' },
  });
  const builds = (...statuses: string[]) => {
    const calls: string[] = [];
    return {
      calls,
      call: ({ action }: TaskRequest) => {
        calls.push(action);
        if (action === 'StartBuild') return { Build: build('IN_PROGRESS') };
        if (action === 'StopBuild') return { Build: build('STOPPED') };
        const status = statuses.length > 1 ? statuses.shift() : statuses[0];
        return { Builds: [build(status ?? '')] };
      },
    };
  };

  it('asks until the build has ended and gives its description', async () => {
    const far = builds('IN_PROGRESS', 'IN_PROGRESS', 'SUCCEEDED');
    const ended = await runMachine(startBuild, {}, far.call);
    expect(ended.output).toEqual({ Build: build('SUCCEEDED') });
    expect(far.calls).toEqual(['StartBuild', ...Array(3).fill('BatchGetBuilds')]);
  });

  it('fails with the description when the build failed', async () => {
    const ended = await runMachine(startBuild, {}, builds('FAILED').call);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    expect(JSON.parse(ended.cause ?? '')).toEqual({ Build: build('FAILED') });
  });

  it('stops the build when its time is up or the execution is stopped', async () => {
    const far = builds('IN_PROGRESS');
    const timed = task('arn:aws:states:::codebuild:startBuild.sync', {
      Arguments: { ProjectName: 'p' },
      TimeoutSeconds: 5,
    });
    expect(await runMachine(timed, {}, far.call)).toMatchObject({ error: 'States.Timeout' });
    expect(far.calls.at(-1)).toBe('StopBuild');
    const other = builds('IN_PROGRESS');
    const machines = startMachines(other.call);
    const executionArn = await machines.start(await machines.create(startBuild));
    await machines.clock.advance(2_000);
    await machines.ask('StopExecution', { executionArn });
    await machines.clock.advance(1_000);
    expect(other.calls.at(-1)).toBe('StopBuild');
    await machines.close();
  });

  it('follows the same build after a restart instead of starting another', async () => {
    const first = builds('IN_PROGRESS');
    const machines = startMachines(first.call);
    const executionArn = await machines.start(await machines.create(startBuild));
    await machines.clock.advance(2_000);
    await machines.leave();
    const second = builds('SUCCEEDED');
    const next = startMachines(second.call, { dataDir: machines.dataDir });
    await next.engine.resume();
    await next.clock.until(next.engine.settled());
    expect((await next.endOf(executionArn)).status).toBe('SUCCEEDED');
    expect(second.calls).toEqual(['BatchGetBuilds']);
    await next.close();
  });

  it('fails when a container of an ECS task did not end with 0', async () => {
    const run = task('arn:aws:states:::ecs:runTask.sync', { Arguments: { Cluster: 'c' } });
    const stopped = (ExitCode: number) => ({
      TaskArn: 't',
      ClusterArn: 'c',
      LastStatus: 'STOPPED',
      Containers: [{ ExitCode }],
    });
    const far = (code: number) => (request: TaskRequest) => ({
      Tasks: [request.action === 'RunTask' ? { TaskArn: 't', ClusterArn: 'c' } : stopped(code)],
    });
    expect((await runMachine(run, {}, far(0))).output).toEqual(stopped(0));
    expect(await runMachine(run, {}, far(3))).toMatchObject({ error: 'States.TaskFailed' });
  });
});

describe('calls to services', () => {
  it('sends events with the machine as resource and fails when one was not taken', async () => {
    const put = task('arn:aws:states:::events:putEvents', {
      Arguments: { Entries: [{ Source: 's', DetailType: 'd', Detail: { a: 1 } }] },
    });
    const seen: unknown[] = [];
    const ended = await runMachine(put, {}, ({ input }) => {
      seen.push(input);
      return { FailedEntryCount: 1, Entries: [{ ErrorCode: 'Bad' }] };
    });
    expect(ended.error).toBe('EventBridge.FailedEntry');
    expect(seen).toEqual([
      {
        Entries: [
          {
            Source: 's',
            DetailType: 'd',
            Detail: '{"a":1}',
            Resources: [
              expect.stringContaining(':stateMachine:machine'),
              expect.stringContaining(':execution:machine:'),
            ],
          },
        ],
      },
    ]);
  });

  it('names a far end that cannot be reached as the SDK does', async () => {
    const call = task('arn:aws:states:::lambda:invoke', { Arguments: { FunctionName: 'f' } });
    const ended = await runMachine(call, {}, () => {
      throw new Error('connect ECONNREFUSED');
    });
    expect(ended).toMatchObject({
      error: 'Lambda.SdkClientException',
      cause: 'Unable to execute HTTP request: connect ECONNREFUSED',
    });
  });

  it('gives what a function failed with, and Lambda.Unknown when it did not say', async () => {
    const call = task('arn:aws:states:::lambda:invoke', { Arguments: { FunctionName: 'f' } });
    const failing = (Payload: string) => () => ({ FunctionError: 'Unhandled', Payload });
    const named = await runMachine(call, {}, failing('{"errorType":"Sandbox.Timedout"}'));
    expect(named.error).toBe('Sandbox.Timedout');
    expect((await runMachine(call, {}, failing('{}'))).error).toBe('Lambda.Unknown');
  });
});
