import * as sdk from '@aws-sdk/client-scheduler';
import { realClock } from '../../../local/clock.ts';
import { createScheduler } from '../../../local/scheduler/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { recordingGateway } from '../../support/gateway.ts';
import { awscliTable } from './awscli.ts';

const TARGET = JSON.stringify({
  Arn: 'arn:aws:states:eu-central-1:000000000000:stateMachine:failover-drill-shop',
  RoleArn: 'arn:aws:iam::000000000000:role/scheduler',
});
const ARN = 'arn:aws:scheduler:eu-central-1:000000000000:schedule/default/nightly';

const schedule = (operation: string, expression: string) => () => [
  ...['scheduler', operation, '--name', 'nightly', '--schedule-expression', expression],
  ...['--schedule-expression-timezone', 'Europe/Berlin'],
  ...['--flexible-time-window', 'Mode=OFF', '--target', TARGET],
];

awscliTable(
  'scheduler',
  async (dataDir) => {
    const { operations, close } = await createScheduler({
      dataDir,
      clock: realClock,
      random: Math.random,
      gateway: recordingGateway().gateway,
      onDropped: (_delivery, error) => {
        throw error;
      },
    });
    return { front: serviceFromSdk(sdk, 'scheduler', operations), close };
  },
  [
    {
      name: 'create-schedule',
      args: schedule('create-schedule', 'cron(0 2 * * ? *)'),
      prints: { ScheduleArn: ARN },
    },
    {
      name: 'create-schedule that exists',
      args: schedule('create-schedule', 'cron(0 2 * * ? *)'),
      fails: 'ConflictException',
    },
    {
      name: 'update-schedule',
      args: schedule('update-schedule', 'cron(0 3 * * ? *)'),
      prints: { ScheduleArn: ARN },
    },
    {
      name: 'update-schedule with an expression that is none',
      args: schedule('update-schedule', 'cron(0 3 * * * *)'),
      fails: 'ValidationException',
    },
    {
      name: 'get-schedule',
      args: () => ['scheduler', 'get-schedule', '--name', 'nightly'],
      prints: { ScheduleExpression: 'cron(0 3 * * ? *)', State: 'ENABLED' },
    },
  ],
);
