import * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { realClock } from '../../../local/clock.ts';
import { createLogs } from '../../../local/logs/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { awscliTable } from './awscli.ts';

const GROUP = '/aws/lambda/probe';
const inGroup = (operation: string, ...args: string[]) => [
  ...['logs', operation, '--log-group-name', GROUP],
  ...args,
];
const STREAM = '2026/01/01/[$LATEST]abc';
const now = Date.now();

awscliTable(
  'logs',
  async (dataDir) => {
    const { operations, close } = createLogs({ dataDir, clock: realClock });
    return { front: serviceFromSdk(sdk, 'logs', operations), close };
  },
  [
    { name: 'create-log-group', args: () => inGroup('create-log-group') },
    {
      name: 'create-log-group that exists',
      args: () => inGroup('create-log-group'),
      fails: 'ResourceAlreadyExistsException',
    },
    {
      name: 'put-retention-policy',
      args: () => inGroup('put-retention-policy', '--retention-in-days', '7'),
    },
    {
      name: 'create-log-stream',
      args: () => inGroup('create-log-stream', '--log-stream-name', STREAM),
    },
    {
      name: 'put-log-events',
      args: () =>
        inGroup(
          'put-log-events',
          '--log-stream-name',
          STREAM,
          '--log-events',
          JSON.stringify([
            { timestamp: now, message: 'START probe' },
            { timestamp: now + 1, message: 'ERROR no answer' },
          ]),
        ),
      prints: { nextSequenceToken: '1' },
    },
    {
      name: 'put-log-events to no stream',
      args: () =>
        inGroup(
          'put-log-events',
          '--log-stream-name',
          'none',
          '--log-events',
          `timestamp=${now},message=x`,
        ),
      fails: 'ResourceNotFoundException',
    },
    {
      name: 'get-log-events',
      args: () => inGroup('get-log-events', '--log-stream-name', STREAM, '--start-from-head'),
      prints: {
        events: [{ message: 'START probe', timestamp: now }, { message: 'ERROR no answer' }],
      },
    },
    {
      name: 'filter-log-events',
      args: () => inGroup('filter-log-events', '--filter-pattern', 'ERROR'),
      prints: { events: [{ message: 'ERROR no answer', logStreamName: STREAM }] },
    },
    {
      name: 'describe-log-groups',
      args: () => ['logs', 'describe-log-groups', '--log-group-name-prefix', '/aws/lambda'],
      prints: { logGroups: [{ logGroupName: GROUP, retentionInDays: 7 }] },
    },
    {
      name: 'describe-log-streams',
      args: () => inGroup('describe-log-streams'),
      prints: { logStreams: [{ logStreamName: STREAM, lastEventTimestamp: now + 1 }] },
    },
    {
      name: 'delete-log-stream',
      args: () => inGroup('delete-log-stream', '--log-stream-name', STREAM),
    },
    { name: 'delete-log-group', args: () => inGroup('delete-log-group') },
    {
      name: 'an operation that is not offered',
      args: () => ['logs', 'describe-queries'],
      fails: 'UnknownOperationException',
    },
  ],
);
