import * as sdk from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createStepFunctions, type StepFunctions } from '../../../local/stepfunctions/engine.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { recordingGateway } from '../../support/gateway.ts';
import { callContext } from '../../support/stateMachines.ts';
import { eventually } from '../endpoint.ts';
import { awscliTable } from './awscli.ts';

const MACHINE = 'arn:aws:states:eu-central-1:000000000000:stateMachine:ask';
const EXECUTION = 'arn:aws:states:eu-central-1:000000000000:execution:ask';

/** One task that waits until somebody sends its token back. */
const definition = (comment: string): string =>
  JSON.stringify({
    Comment: comment,
    QueryLanguage: 'JSONata',
    StartAt: 'Ask',
    States: {
      Ask: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Arguments: {
          FunctionName: 'ask',
          InvocationType: 'Event',
          Payload: { token: '{% $states.context.Task.Token %}' },
        },
        End: true,
      },
    },
  });

const far = recordingGateway();
let engine: StepFunctions;

const sfn = (...args: string[]) => ['stepfunctions', ...args];
const start = (name: string) => () =>
  sfn('start-execution', '--state-machine-arn', MACHINE, '--name', name, '--input', '{"night":1}');

/** The token that the function of execution number `count` was given. */
const token = async (count: number): Promise<string> => {
  const calls = await far.untilCalls(count);
  const { Payload } = Object(calls[count - 1]?.input);
  const text = typeof Payload === 'string' ? Payload : Buffer.from(Payload).toString();
  return String(JSON.parse(text).token);
};

const describe = (name: string, status: string) => async () => {
  const executionArn = `${EXECUTION}:${name}`;
  await eventually(`${name} is ${status}`, async () => {
    const answer = await engine.operations['DescribeExecution']?.(
      { executionArn },
      callContext('eu-central-1'),
    );
    return Object(answer).status === status;
  });
  return sfn('describe-execution', '--execution-arn', executionArn);
};

awscliTable(
  'stepfunctions',
  async (dataDir) => {
    engine = createStepFunctions({
      dataDir,
      clock: realClock,
      random: Math.random,
      gateway: far.gateway,
    });
    return { front: serviceFromSdk(sdk, 'states', engine.operations), close: engine.close };
  },
  [
    {
      name: 'create-state-machine',
      args: () =>
        sfn(
          ...['create-state-machine', '--name', 'ask', '--definition', definition('first')],
          ...['--role-arn', 'arn:aws:iam::000000000000:role/machine'],
        ),
      prints: { stateMachineArn: MACHINE },
    },
    {
      name: 'update-state-machine',
      args: () =>
        sfn(
          ...['update-state-machine', '--state-machine-arn', MACHINE],
          ...['--definition', definition('second')],
        ),
      prints: { updateDate: expect.any(String) },
    },
    {
      name: 'list-state-machines',
      args: () => sfn('list-state-machines'),
      prints: { stateMachines: [{ name: 'ask', type: 'STANDARD' }] },
    },
    { name: 'start-execution', args: start('good'), prints: { executionArn: `${EXECUTION}:good` } },
    {
      name: 'start-execution of no machine',
      args: () => sfn('start-execution', '--state-machine-arn', `${MACHINE}s`),
      fails: 'StateMachineDoesNotExist',
    },
    {
      name: 'send-task-heartbeat',
      args: async () => sfn('send-task-heartbeat', '--task-token', await token(1)),
    },
    {
      name: 'send-task-success',
      args: async () =>
        sfn('send-task-success', '--task-token', await token(1), '--task-output', '{"ok":true}'),
    },
    {
      name: 'send-task-success with a token of nobody',
      args: () => sfn('send-task-success', '--task-token', 'none', '--task-output', '{}'),
      fails: 'InvalidToken',
    },
    {
      name: 'describe-execution',
      args: describe('good', 'SUCCEEDED'),
      prints: { status: 'SUCCEEDED', input: '{"night":1}', output: '{"ok":true}' },
    },
    {
      name: 'get-execution-history',
      args: () => sfn('get-execution-history', '--execution-arn', `${EXECUTION}:good`),
      prints: {
        events: expect.arrayContaining([
          expect.objectContaining({ id: 1, type: 'ExecutionStarted' }),
          expect.objectContaining({ type: 'TaskSubmitted' }),
          expect.objectContaining({ type: 'ExecutionSucceeded' }),
        ]),
      },
    },
    { name: 'start-execution again', args: start('bad'), prints: {} },
    {
      name: 'send-task-failure',
      args: async () =>
        sfn(
          ...['send-task-failure', '--task-token', await token(2)],
          ...['--error', 'VantageUnreachable', '--cause', 'nobody answers'],
        ),
    },
    {
      name: 'describe-execution that failed',
      args: describe('bad', 'FAILED'),
      prints: { status: 'FAILED', error: 'VantageUnreachable', cause: 'nobody answers' },
    },
    { name: 'start-execution once more', args: start('long'), prints: {} },
    {
      name: 'stop-execution',
      args: () =>
        sfn('stop-execution', '--execution-arn', `${EXECUTION}:long`, '--error', 'Stopped'),
      prints: { stopDate: expect.any(String) },
    },
    {
      name: 'list-executions',
      args: () =>
        sfn('list-executions', '--state-machine-arn', MACHINE, '--status-filter', 'ABORTED'),
      prints: { executions: [{ name: 'long', status: 'ABORTED' }] },
    },
  ],
);
