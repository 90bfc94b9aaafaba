// Goal: clients of Elastic Load Balancing see the embedded load balancers as they would see those of
// AWS, and requests really go through them, from other regions after the round trip.
// Method: the real SDK client over the wire, the real relay network, HTTP servers as targets.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rttMs } from '../../core/regions/regions.ts';
import { realClock } from '../../local/clock.ts';
import { createNetwork, type Network } from '../../local/network/network.ts';
import { startElb } from '../support/elb.ts';
import { eventually, temporaryFolder } from './endpoint.ts';

const REGION = 'eu-west-1';
const PORT = 18_080;
const { folder, remove } = temporaryFolder();
let network: Network;
let elb: Awaited<ReturnType<typeof startElb>>;
let client: sdk.ElasticLoadBalancingV2Client;
const backends: http.Server[] = [];

const open = async () => {
  elb = await startElb(folder, network, REGION);
  client = elb.client;
};

beforeAll(async () => {
  network = createNetwork({ rtt: rttMs, random: Math.random, clock: realClock });
  await open();
});
afterAll(async () => {
  await elb.close();
  await network.close();
  for (const one of backends) one.close();
  remove();
});

/**
 * A server that tells who it is; `health.status` is what its health path answers. What `held` is given is done when a request
 * has come, and answers it when told.
 */
const backend = async (name: string) => {
  const health = { status: 200 };
  const held: ((answer: () => void) => void)[] = [];
  const one = http.createServer((request, response) => {
    const at = { name, path: request.url, host: request.headers.host, by: request.headers['x-by'] };
    const isCheck = request.url === '/healthz';
    response.statusCode = isCheck ? health.status : 200;
    response.setHeader('X-Region', 'eu-west-1');
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const answer = () => response.end(JSON.stringify({ ...at, body }));
      const hold = isCheck ? undefined : held.shift();
      if (hold) hold(answer);
      else answer();
    });
  });
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  backends.push(one);
  const { port } = one.address() as AddressInfo;
  return { health, held, target: { Id: '127.0.0.1', Port: port } };
};

const group = async (name: string, more: Partial<sdk.CreateTargetGroupCommandInput> = {}) => {
  const made = await client.send(
    new sdk.CreateTargetGroupCommand({
      Name: name,
      Protocol: 'HTTP',
      Port: 8080,
      VpcId: 'vpc-1',
      TargetType: 'ip',
      HealthCheckPath: '/healthz',
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
      ...more,
    }),
  );
  return made.TargetGroups?.[0]?.TargetGroupArn ?? '';
};

const register = (TargetGroupArn: string, ...Targets: sdk.TargetDescription[]) =>
  client.send(new sdk.RegisterTargetsCommand({ TargetGroupArn, Targets }));

const states = async (TargetGroupArn: string) => {
  const seen = await client.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn }));
  return (seen.TargetHealthDescriptions ?? []).map(({ TargetHealth }) => TargetHealth?.State);
};

const untilStates = (arn: string, wanted: readonly string[]) =>
  eventually(`targets are ${wanted}`, async () => (await states(arn)).join() === wanted.join());

const balancer = async (name: string) => {
  const made = await client.send(
    new sdk.CreateLoadBalancerCommand({ Name: name, Subnets: ['subnet-1', 'subnet-2'] }),
  );
  return made.LoadBalancers?.[0]?.LoadBalancerArn ?? '';
};

const addressOf = async (arn: string) => {
  const seen = await client.send(new sdk.DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }));
  const [one] = seen.LoadBalancers ?? [];
  return one?.AvailabilityZones?.[0]?.LoadBalancerAddresses?.[0]?.IpAddress ?? '';
};

const listen = async (LoadBalancerArn: string, action: sdk.Action) => {
  const made = await client.send(
    new sdk.CreateListenerCommand({
      LoadBalancerArn,
      Protocol: 'HTTP',
      Port: PORT,
      DefaultActions: [action],
    }),
  );
  return made.Listeners?.[0]?.ListenerArn ?? '';
};

type Answer = { status: number; region: unknown; body: Record<string, unknown> };

const ask = (
  host: string,
  path = '/',
  options: http.RequestOptions & { body?: string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const request = http.request({ host, port: PORT, path, agent: false, ...rest }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        const isJson = text.startsWith('{');
        resolve({
          status: response.statusCode ?? 0,
          region: response.headers['x-region'],
          body: isJson ? JSON.parse(text) : { text },
        });
      });
    });
    request.once('error', reject);
    request.end(body);
  });

const namesOf = async (host: string, times: number) => {
  const names: unknown[] = [];
  for (let n = 0; n < times; n += 1) names.push((await ask(host)).body['name']);
  return names;
};

describe('a load balancer', () => {
  let arn: string;
  let host: string;
  let blue: string;
  let green: string;
  let listener: string;
  let one: Awaited<ReturnType<typeof backend>>;
  let two: Awaited<ReturnType<typeof backend>>;

  it('checks targets once it sends to their group, and turns the healthy ones to use', async () => {
    one = await backend('one');
    two = await backend('two');
    blue = await group('blue');
    await register(blue, one.target);
    expect(await states(blue)).toEqual(['unused']);
    arn = await balancer('shop');
    listener = await listen(arn, { Type: 'forward', TargetGroupArn: blue });
    host = await addressOf(arn);
    expect(host).toMatch(/^127\.\d+\.0\.(12[89]|1[3-9]\d|2\d\d)$/);
    await untilStates(blue, ['healthy']);
    const answer = await ask(host, '/api?x=1', {
      method: 'POST',
      headers: { host: 'shop.example.test', 'x-by': 'me' },
      body: 'hello',
    });
    expect(answer).toEqual({
      status: 200,
      region: 'eu-west-1',
      body: { name: 'one', path: '/api?x=1', host: 'shop.example.test', by: 'me', body: 'hello' },
    });
  });

  it('is as far away as its region', async () => {
    await ask(host);
    const times: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const from = performance.now();
      await ask(host, '/', { localAddress: network.sourceAddress('us-east-1') });
      times.push(performance.now() - from);
    }
    const rtt = rttMs('us-east-1', REGION);
    // The least of them: a busy machine makes some later.
    expect(Math.min(...times)).toBeGreaterThan(rtt - 1);
    expect(Math.min(...times)).toBeLessThan(rtt + 100);
  });

  it('feels the faults of its region', async () => {
    await network.setFault({ id: 'down', scope: { region: REGION }, kind: 'refuse' });
    await expect(ask(host)).rejects.toThrow('ECONNREFUSED');
    await network.clearFault('down');
    await eventually('it answers again', async () => (await ask(host)).status === 200);
  });

  it('shares between target groups by their weights', async () => {
    green = await group('green');
    await register(green, two.target);
    const forward = (blueWeight: number, greenWeight: number) =>
      client.send(
        new sdk.ModifyListenerCommand({
          ListenerArn: listener,
          DefaultActions: [
            {
              Type: 'forward',
              ForwardConfig: {
                TargetGroups: [
                  { TargetGroupArn: blue, Weight: blueWeight },
                  { TargetGroupArn: green, Weight: greenWeight },
                ],
              },
            },
          ],
        }),
      );
    await forward(75, 25);
    await untilStates(green, ['healthy']);
    const twos = (await namesOf(host, 200)).filter((name) => name === 'two').length;
    expect(twos).toBeGreaterThan(20);
    expect(twos).toBeLessThan(90);
    await forward(0, 1);
    expect(new Set(await namesOf(host, 5))).toEqual(new Set(['two']));
    await forward(1, 0);
    expect(new Set(await namesOf(host, 5))).toEqual(new Set(['one']));
  });

  it('asks rules by path and host before the default', async () => {
    const made = await client.send(
      new sdk.CreateRuleCommand({
        ListenerArn: listener,
        Priority: 10,
        Conditions: [
          { Field: 'path-pattern', PathPatternConfig: { Values: ['/canary/*'] } },
          { Field: 'host-header', HostHeaderConfig: { Values: ['*.example.test'] } },
        ],
        Actions: [{ Type: 'forward', TargetGroupArn: green }],
      }),
    );
    const headers = { host: 'shop.example.test' };
    expect((await ask(host, '/canary/1', { headers })).body['name']).toBe('two');
    expect((await ask(host, '/canary/1')).body['name']).toBe('one');
    const rule = made.Rules?.[0]?.RuleArn ?? '';
    await client.send(
      new sdk.ModifyRuleCommand({
        RuleArn: rule,
        Actions: [
          {
            Type: 'fixed-response',
            FixedResponseConfig: { StatusCode: '503', MessageBody: 'back soon' },
          },
        ],
      }),
    );
    expect(await ask(host, '/canary/1', { headers })).toMatchObject({
      status: 503,
      body: { text: 'back soon' },
    });
    const { Rules: rules } = await client.send(
      new sdk.DescribeRulesCommand({ ListenerArn: listener }),
    );
    expect(rules?.map(({ Priority }) => Priority)).toEqual(['10', 'default']);
    await expect(
      client.send(new sdk.DeleteRuleCommand({ RuleArn: rules?.[1]?.RuleArn })),
    ).rejects.toMatchObject({ name: 'OperationNotPermittedException' });
    await client.send(new sdk.DeleteRuleCommand({ RuleArn: rule }));
  });

  it('answers 503 when no target is healthy, and finds the target again', async () => {
    one.health.status = 500;
    await untilStates(blue, ['unhealthy']);
    const seen = await client.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn: blue }));
    expect(seen.TargetHealthDescriptions?.[0]?.TargetHealth).toEqual({
      State: 'unhealthy',
      Reason: 'Target.ResponseCodeMismatch',
      Description: 'Health checks failed with these codes: [500]',
    });
    expect((await ask(host)).status).toBe(503);
    one.health.status = 200;
    await untilStates(blue, ['healthy']);
    expect((await ask(host)).status).toBe(200);
  });

  it('lets the last requests of a target end that is taken out', async () => {
    const come = new Promise<() => void>((resolve) => one.held.push(resolve));
    const last = ask(host);
    const answer = await come;
    await client.send(
      new sdk.DeregisterTargetsCommand({ TargetGroupArn: blue, Targets: [one.target] }),
    );
    expect(await states(blue)).toEqual(['draining']);
    expect((await ask(host)).status).toBe(503);
    answer();
    expect((await last).status).toBe(200);
    await untilStates(blue, []);
    await register(blue, one.target);
    await untilStates(blue, ['healthy']);
  });

  it('asks again where a target has closed an idle connection', async () => {
    expect((await ask(host)).status).toBe(200);
    for (const server of backends) server.closeIdleConnections();
    const answers = await Promise.all([ask(host), ask(host), ask(host)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('listens at the same address after a restart', async () => {
    await elb.close();
    await expect(ask(host)).rejects.toThrow('ECONNREFUSED');
    await open();
    expect(await addressOf(arn)).toBe(host);
    await untilStates(blue, ['healthy']);
    expect((await ask(host)).body['name']).toBe('one');
  });

  it('is deleted with its listeners; a group in use is not', async () => {
    const drop = () => client.send(new sdk.DeleteTargetGroupCommand({ TargetGroupArn: blue }));
    await expect(drop()).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await client.send(new sdk.DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    await expect(ask(host)).rejects.toThrow('ECONNREFUSED');
    await drop();
    await expect(states(blue)).rejects.toMatchObject({ name: 'TargetGroupNotFoundException' });
  });
});

describe('what is asked wrongly', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['targets by instance', () => group('a', { TargetType: 'instance' }), 'InvalidConfiguration'],
    ['health checks by TCP', () => group('a', { HealthCheckProtocol: 'TCP' }), 'InvalidConf'],
    ['an interval too short', () => group('a', { HealthCheckIntervalSeconds: 1 }), 'Validation'],
    ['tags', () => group('a', { Tags: [{ Key: 'a', Value: 'b' }] }), 'InvalidConfiguration'],
    ['a listener of nothing', () => listen('arn:x', { Type: 'forward' }), 'LoadBalancerNotFound'],
    [
      'an action that is not here',
      async () => listen(await balancer('lb'), { Type: 'redirect' }),
      'InvalidLoadBalancerAction',
    ],
    [
      'a target outside the network',
      async () => register(await group('out'), { Id: '10.0.0.1', Port: 80 }),
      'InvalidTarget',
    ],
  ])('is refused: %s', async (_, act, name) => {
    await expect(act()).rejects.toThrow(
      expect.objectContaining({ name: expect.stringContaining(name) }),
    );
  });
});
