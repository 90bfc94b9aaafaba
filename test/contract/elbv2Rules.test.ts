// Goal: rules of listeners choose by headers and have the limits that those of AWS have, and a request really
// goes to the target group that its header names.
// Method: the real SDK client over the wire, the real relay network, HTTP servers as targets.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rttMs } from '../../core/regions/regions.ts';
import { realClock } from '../../local/clock.ts';
import { createNetwork, type Network } from '../../local/network/network.ts';
import { startElb } from '../support/elb.ts';
import { eventually, temporaryFolder } from './endpoint.ts';

const REGION = 'eu-west-1';
const PORT = 18_086;
const { folder, remove } = temporaryFolder();
let network: Network;
let elb: Awaited<ReturnType<typeof startElb>>;
let client: sdk.ElasticLoadBalancingV2Client;
const backends: http.Server[] = [];
let listener = '';
let host = '';
let blue = '';
let green = '';

/** A target group with one target, which answers with the name of the group. */
const group = async (Name: string): Promise<string> => {
  const one = http.createServer((_, response) => response.end(Name));
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  backends.push(one);
  const made = await client.send(
    new sdk.CreateTargetGroupCommand({
      ...{ Name, Protocol: 'HTTP', Port: 8080, VpcId: 'vpc-1', TargetType: 'ip' },
      ...{ HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2 },
    }),
  );
  const TargetGroupArn = made.TargetGroups?.[0]?.TargetGroupArn ?? '';
  const { port } = one.address() as AddressInfo;
  await client.send(
    new sdk.RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: '127.0.0.1', Port: port }] }),
  );
  return TargetGroupArn;
};

beforeAll(async () => {
  network = createNetwork({ rtt: rttMs, random: Math.random, clock: realClock });
  elb = await startElb(folder, network, REGION);
  client = elb.client;
  blue = await group('blue');
  green = await group('green');
  const made = await client.send(
    new sdk.CreateLoadBalancerCommand({ Name: 'ruled', Subnets: ['subnet-1', 'subnet-2'] }),
  );
  const LoadBalancerArn = made.LoadBalancers?.[0]?.LoadBalancerArn;
  const TargetGroups = [
    { TargetGroupArn: blue, Weight: 100 },
    { TargetGroupArn: green, Weight: 0 },
  ];
  const listening = await client.send(
    new sdk.CreateListenerCommand({
      ...{ LoadBalancerArn, Protocol: 'HTTP', Port: PORT },
      DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }],
    }),
  );
  listener = listening.Listeners?.[0]?.ListenerArn ?? '';
  const shown = await client.send(new sdk.DescribeLoadBalancersCommand({ Names: ['ruled'] }));
  const zone = shown.LoadBalancers?.[0]?.AvailabilityZones?.[0];
  host = zone?.LoadBalancerAddresses?.[0]?.IpAddress ?? '';
});
afterAll(async () => {
  await elb.close();
  await network.close();
  for (const one of backends) one.close();
  remove();
});

const header = (HttpHeaderName: string, ...Values: string[]): sdk.RuleCondition => ({
  Field: 'http-header',
  HttpHeaderConfig: { HttpHeaderName, Values },
});

const rule = async (Priority: number, Conditions: sdk.RuleCondition[], TargetGroupArn = blue) => {
  const made = await client.send(
    new sdk.CreateRuleCommand({
      ...{ ListenerArn: listener, Priority, Conditions },
      Actions: [{ Type: 'forward', TargetGroupArn }],
    }),
  );
  return made.Rules?.[0];
};

/** Who answers to requests with these values of the header, each on a line of its own. */
const answered = (...values: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = values.flatMap((value) => ['X-Side', value]);
    const options = { host, port: PORT, agent: false, headers: ['Host', 'ruled.test', ...headers] };
    const request = http.get(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(`${response.statusCode} ${text.trim()}`));
    });
    request.once('error', reject);
  });

it('send a request on by its header, past the weights of the default', async () => {
  const made = await rule(2, [header('X-Side', 'group/blue')]);
  await rule(1, [header('x-side', 'group/green')], green);
  await eventually('green is healthy', async () => (await answered('group/green')) === '200 green');
  expect(await answered('GROUP/Green')).toBe('200 green');
  expect(await answered('something', 'group/green')).toBe('200 green');
  expect(await answered('group/blue')).toBe('200 blue');
  expect(await answered('group/')).toBe('200 blue');
  expect(await answered()).toBe('200 blue');
  expect(made).toMatchObject({ Priority: '2', Conditions: [header('X-Side', 'group/blue')] });
  await client.send(
    new sdk.ModifyRuleCommand({
      RuleArn: made?.RuleArn,
      Actions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: blue, Weight: 0 },
              { TargetGroupArn: green, Weight: 1 },
            ],
          },
        },
      ],
    }),
  );
  expect(await answered('group/blue')).toBe('200 green');
  const { Rules: rules = [] } = await client.send(
    new sdk.DescribeRulesCommand({ ListenerArn: listener }),
  );
  expect(rules.map(({ Priority }) => Priority)).toEqual(['1', '2', 'default']);
  for (const { RuleArn, IsDefault } of rules) {
    if (!IsDefault) await client.send(new sdk.DeleteRuleCommand({ RuleArn }));
  }
  expect(await answered('group/green')).toBe('200 blue');
});

it('are as many as AWS takes, each with a priority of its own', async () => {
  const path = (n: number) => [{ Field: 'path-pattern', Values: [`/${n}`] }];
  const made = await Promise.all(Array.from({ length: 100 }, (_, n) => rule(n + 1, path(n))));
  await expect(rule(100, path(0))).rejects.toMatchObject({ name: 'PriorityInUseException' });
  await expect(rule(101, path(0))).rejects.toMatchObject({ name: 'TooManyRulesException' });
  for (const one of made) {
    await client.send(new sdk.DeleteRuleCommand({ RuleArn: one?.RuleArn }));
  }
});

it.each<[string, sdk.RuleCondition[], string]>([
  ['none', [], 'A condition must be specified'],
  ['one of another kind', [{ Field: 'source-ip' }], 'not source-ip'],
  ['a header without a name', [header('', 'a')], 'HttpHeaderName must be specified'],
  ['a name too long', [header('x'.repeat(41), 'a')], '1 to 40 characters'],
  ['a name that is none', [header('x y', 'a')], 'RFC 7230'],
  ['the host', [header('Host', 'a')], 'use host-header'],
  ['no value', [header('x')], "must be specified for 'http-header'"],
  ['a value too long', [header('x', 'a'.repeat(129))], "the limit is '128'"],
  ['too many values', [header('x', ...'abc'), header('y', ...'abc')], "'5' condition values"],
  ['too many wildcards', [header('x', '***', '???')], "'5' condition wildcards"],
  [
    'two paths',
    ['/a', '/b'].map((path) => ({ Field: 'path-pattern', Values: [path] })),
    "one 'path-pattern' condition",
  ],
])('refuse conditions: %s', async (_what, conditions, message) => {
  await expect(rule(1, conditions)).rejects.toThrow(message);
});
