import * as sdk from '@aws-sdk/client-route-53';
import { expect } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createRoute53 } from '../../../local/route53/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import type { CallContext } from '../../../local/wire/types.ts';
import { steadyRandom } from '../../support/route53.ts';
import { awscliTable } from './awscli.ts';

const HTTP = 'Type=HTTP,IPAddress=127.0.0.1,Port=1,ResourcePath=/health,RequestInterval=10';

const check = (reference: string, config: string) => () => [
  ...['route53', 'create-health-check', '--caller-reference', reference],
  ...['--health-check-config', config],
];
const change = (zone: string, ...changes: object[]) => [
  ...['route53', 'change-resource-record-sets', '--hosted-zone-id', zone],
  ...['--change-batch', JSON.stringify({ Changes: changes })],
];
const record = (Action: string, extra: object) => ({
  Action,
  ResourceRecordSet: {
    Name: 'www.ex.test',
    Type: 'A',
    TTL: 60,
    ResourceRecords: [{ Value: '127.0.0.1' }],
    ...extra,
  },
});

// Commands name what those above them have made.
let zone = '';
let first = '';
let changed = '';

awscliTable(
  'route53',
  async (dataDir) => {
    const quick = { requestsPerS: Number.POSITIVE_INFINITY };
    // A change is still under way when it is answered, however slow the disk is.
    const options = { clock: realClock, propagationMs: 60_000, ...quick };
    const { operations, close } = await createRoute53({
      ...options,
      dataDir,
      random: steadyRandom(),
    });
    const noted = (name: string, note: (answer: unknown) => void) => {
      const run = operations[name];
      return async (input: unknown, call: CallContext) => {
        const answer = await run?.(input, call);
        note(answer);
        return answer;
      };
    };
    const front = serviceFromSdk(sdk, 'route53', {
      ...operations,
      CreateHostedZone: noted('CreateHostedZone', (answer) => {
        zone = Object(answer).HostedZone.Id;
      }),
      ChangeResourceRecordSets: noted('ChangeResourceRecordSets', (answer) => {
        changed = Object(answer).ChangeInfo.Id;
      }),
      CreateHealthCheck: noted('CreateHealthCheck', (answer) => {
        first ||= Object(answer).HealthCheck.Id;
      }),
    });
    return { front, close };
  },
  [
    {
      name: 'create-hosted-zone',
      args: () => [
        ...['route53', 'create-hosted-zone', '--name', 'ex.test', '--caller-reference', 'one'],
      ],
      prints: {
        HostedZone: { Name: 'ex.test.', ResourceRecordSetCount: 2 },
        ChangeInfo: { Status: 'PENDING' },
        DelegationSet: {
          NameServers: [1, 2, 3, 4].map((n) => `ns-${n}.dns.localhost`),
        },
      },
    },
    {
      name: 'list-hosted-zones-by-name',
      args: () => ['route53', 'list-hosted-zones-by-name', '--dns-name', 'ex.test'],
      prints: { HostedZones: [{ Name: 'ex.test.' }], DNSName: 'ex.test' },
    },
    {
      name: 'create-health-check',
      args: check('a', HTTP),
      prints: {
        HealthCheck: {
          HealthCheckVersion: 1,
          HealthCheckConfig: { Type: 'HTTP', Port: 1, FailureThreshold: 3, RequestInterval: 10 },
        },
      },
    },
    {
      name: 'create-health-check again with other settings',
      args: check('a', `${HTTP},FailureThreshold=1`),
      fails: 'HealthCheckAlreadyExists',
    },
    {
      name: 'create-health-check of an alarm',
      args: check('b', 'Type=CLOUDWATCH_METRIC'),
      fails: 'InvalidInput',
    },
    {
      name: 'update-health-check',
      args: () => ['route53', 'update-health-check', '--health-check-id', first, '--inverted'],
      prints: { HealthCheck: { HealthCheckVersion: 2, HealthCheckConfig: { Inverted: true } } },
    },
    {
      name: 'get-health-check',
      args: () => ['route53', 'get-health-check', '--health-check-id', first],
      prints: { HealthCheck: { HealthCheckConfig: { Inverted: true, ResourcePath: '/health' } } },
    },
    {
      name: 'get-health-check that is not there',
      args: () => ['route53', 'get-health-check', '--health-check-id', 'none'],
      fails: 'NoSuchHealthCheck',
    },
    {
      name: 'list-health-checks',
      args: () => ['route53', 'list-health-checks'],
      prints: { HealthChecks: [{ CallerReference: 'a' }] },
    },
    {
      name: 'get-health-check-count',
      args: () => ['route53', 'get-health-check-count'],
      prints: { HealthCheckCount: 1 },
    },
    {
      name: 'get-health-check-status',
      args: () => ['route53', 'get-health-check-status', '--health-check-id', first],
      prints: { HealthCheckObservations: expect.any(Array) },
    },
    {
      name: 'change-resource-record-sets of a failover pair',
      args: () =>
        change(
          zone,
          record('CREATE', { SetIdentifier: 'a', Failover: 'PRIMARY', HealthCheckId: first }),
          record('CREATE', { SetIdentifier: 'b', Failover: 'SECONDARY' }),
        ),
      prints: { ChangeInfo: { Status: 'PENDING' } },
    },
    {
      name: 'get-change',
      args: () => ['route53', 'get-change', '--id', changed],
      prints: { ChangeInfo: { Status: expect.stringMatching(/^(PENDING|INSYNC)$/) } },
    },
    {
      name: 'get-change that is not there',
      args: () => ['route53', 'get-change', '--id', 'none'],
      fails: 'NoSuchChange',
    },
    {
      name: 'change-resource-record-sets of a second primary',
      args: () =>
        change(
          zone,
          record('CREATE', { SetIdentifier: 'c', Failover: 'PRIMARY', HealthCheckId: first }),
        ),
      fails: 'InvalidChangeBatch',
    },
    {
      name: 'list-resource-record-sets',
      args: () => ['route53', 'list-resource-record-sets', '--hosted-zone-id', zone],
      prints: {
        ResourceRecordSets: [
          { Type: 'NS' },
          { Type: 'SOA' },
          { Name: 'www.ex.test.', SetIdentifier: 'a', Failover: 'PRIMARY' },
          { Name: 'www.ex.test.', SetIdentifier: 'b', Failover: 'SECONDARY' },
        ],
      },
    },
    {
      name: 'delete-health-check',
      args: () => ['route53', 'delete-health-check', '--health-check-id', first],
    },
  ],
);
