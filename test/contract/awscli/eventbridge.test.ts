import * as sdk from '@aws-sdk/client-eventbridge';
import { expect } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createEventBridge } from '../../../local/eventbridge/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { recordingGateway } from '../../support/gateway.ts';
import { awscliTable } from './awscli.ts';

const FUNCTION = 'arn:aws:lambda:eu-central-1:000000000000:function:evaluate';
const far = recordingGateway();

awscliTable(
  'events',
  async (dataDir) => {
    const { operations, close } = await createEventBridge({
      dataDir,
      clock: realClock,
      random: Math.random,
      gateway: far.gateway,
      onDropped: (_delivery, error) => {
        throw error;
      },
    });
    return { front: serviceFromSdk(sdk, 'events', operations), close };
  },
  [
    {
      name: 'put-rule',
      args: () => [
        ...['events', 'put-rule', '--name', 'votes'],
        ...['--event-pattern', '{"source":["failover-drill"]}'],
      ],
      prints: { RuleArn: 'arn:aws:events:eu-central-1:000000000000:rule/votes' },
    },
    {
      name: 'put-targets',
      args: () => ['events', 'put-targets', '--rule', 'votes', '--targets', `Id=f,Arn=${FUNCTION}`],
      prints: { FailedEntryCount: 0 },
    },
    {
      name: 'put-targets of no rule',
      args: () => ['events', 'put-targets', '--rule', 'none', '--targets', `Id=f,Arn=${FUNCTION}`],
      fails: 'ResourceNotFoundException',
    },
    {
      name: 'put-events',
      args: () => [
        ...['events', 'put-events', '--entries'],
        JSON.stringify([
          { Source: 'failover-drill', DetailType: 'HealthVote', Detail: '{"vote":"UP"}' },
        ]),
      ],
      prints: { FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] },
    },
    {
      name: 'put-events reached its target',
      args: async () => {
        const [call] = await far.untilCalls(1);
        expect(call).toMatchObject({ service: 'lambda', action: 'Invoke' });
        expect(JSON.parse(String(Object(call?.input).Payload))).toMatchObject({
          'detail-type': 'HealthVote',
          detail: { vote: 'UP' },
        });
        return ['events', 'list-targets-by-rule', '--rule', 'votes'];
      },
      prints: { Targets: [{ Id: 'f', Arn: FUNCTION }] },
    },
  ],
);
