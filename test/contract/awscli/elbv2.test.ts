// Goal: the AWS command line can make, look at and remove load balancers of the embedded cloud.
// Method: Debian's awscli against the endpoint, in the query protocol.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { realClock } from '../../../local/clock.ts';
import { createElbv2 } from '../../../local/elbv2/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { awscliTable } from './awscli.ts';

const State = z.object({
  loadBalancers: z.array(z.object({ arn: z.string() })),
  targetGroups: z.array(z.object({ arn: z.string() })),
  listeners: z.array(
    z.object({ arn: z.string(), rules: z.array(z.object({ arn: z.string() })).default([]) }),
  ),
});

let folder = '';
/** ARNs end in random digits, so they are read where the service keeps them. */
const kept = () =>
  State.parse(JSON.parse(readFileSync(path.join(folder, 'elbv2/state.json'), 'utf8')));
const arnOf = (kind: keyof z.output<typeof State>): string => kept()[kind][0]?.arn ?? '';
const elb =
  (...args: (string | (() => string))[]) =>
  () => ['elbv2', ...args.map((arg) => (typeof arg === 'string' ? arg : arg()))];

const group = () => arnOf('targetGroups');
const balancer = () => arnOf('loadBalancers');
const listener = () => arnOf('listeners');
const rule = () => kept().listeners[0]?.rules[0]?.arn ?? '';
// Nothing listens there, whatever else this machine runs: the target stays as it begins.
const target = ['--targets', 'Id=127.31.1.1,Port=1'];

awscliTable(
  'elbv2',
  async (dataDir) => {
    folder = dataDir;
    const service = await createElbv2({
      dataDir,
      clock: realClock,
      random: Math.random,
      network: { listen: async () => ({ close: () => wait(0) }) },
      onFault: () => {},
    });
    const front = serviceFromSdk(sdk, 'elasticloadbalancing', service.operations);
    return { front, close: () => service.close() };
  },
  [
    {
      name: 'create-target-group',
      args: elb(
        ...['create-target-group', '--name', 'shop', '--protocol', 'HTTP', '--port', '8080'],
        ...['--target-type', 'ip', '--vpc-id', 'vpc-1', '--health-check-path', '/healthz'],
        ...['--health-check-interval-seconds', '60', '--health-check-timeout-seconds', '2'],
      ),
      prints: { TargetGroups: [{ TargetGroupName: 'shop', TargetType: 'ip', Port: 8080 }] },
    },
    {
      name: 'create-target-group with a type that is not here',
      args: elb(
        ...['create-target-group', '--name', 'vm', '--protocol', 'HTTP', '--port', '80'],
        ...['--target-type', 'instance', '--vpc-id', 'vpc-1'],
      ),
      fails: 'InvalidConfigurationRequest',
    },
    {
      name: 'create-load-balancer',
      args: elb('create-load-balancer', '--name', 'shop', '--subnets', 'subnet-1', 'subnet-2'),
      prints: {
        LoadBalancers: [
          { LoadBalancerName: 'shop', State: { Code: 'active' }, Type: 'application' },
        ],
      },
    },
    {
      name: 'create-listener',
      args: elb(
        ...['create-listener', '--load-balancer-arn', balancer, '--protocol', 'HTTP'],
        ...['--port', '80', '--default-actions'],
        () => `Type=forward,TargetGroupArn=${group()}`,
      ),
      prints: { Listeners: [{ Port: 80, Protocol: 'HTTP' }] },
    },
    {
      name: 'create-listener on a taken port',
      args: elb(
        ...['create-listener', '--load-balancer-arn', balancer, '--protocol', 'HTTP'],
        ...['--port', '80', '--default-actions'],
        () => `Type=forward,TargetGroupArn=${group()}`,
      ),
      fails: 'DuplicateListener',
    },
    {
      name: 'describe-listeners',
      args: elb('describe-listeners', '--load-balancer-arn', balancer),
      prints: { Listeners: [{ Port: 80, Protocol: 'HTTP' }] },
    },
    {
      name: 'register-targets',
      args: elb('register-targets', '--target-group-arn', group, ...target),
    },
    {
      name: 'describe-target-health',
      args: elb('describe-target-health', '--target-group-arn', group),
      prints: {
        TargetHealthDescriptions: [
          {
            Target: { Id: '127.31.1.1', Port: 1 },
            TargetHealth: { State: 'initial', Reason: 'Elb.InitialHealthChecking' },
          },
        ],
      },
    },
    {
      name: 'modify-listener with weights',
      args: elb(...['modify-listener', '--listener-arn', listener, '--default-actions'], () =>
        JSON.stringify([
          {
            Type: 'forward',
            ForwardConfig: { TargetGroups: [{ TargetGroupArn: group(), Weight: 5 }] },
          },
        ]),
      ),
      prints: {
        Listeners: [{ DefaultActions: [{ ForwardConfig: { TargetGroups: [{ Weight: 5 }] } }] }],
      },
    },
    {
      name: 'create-rule by a header',
      args: elb(
        ...['create-rule', '--listener-arn', listener, '--priority', '1', '--conditions'],
        'Field=http-header,HttpHeaderConfig={HttpHeaderName=X-Side,Values=[next]}',
        '--actions',
        () => `Type=forward,TargetGroupArn=${group()}`,
      ),
      prints: {
        Rules: [
          {
            Priority: '1',
            Conditions: [
              {
                Field: 'http-header',
                HttpHeaderConfig: { HttpHeaderName: 'X-Side', Values: ['next'] },
              },
            ],
          },
        ],
      },
    },
    {
      name: 'modify-rule',
      args: elb(
        ...['modify-rule', '--rule-arn', rule, '--conditions'],
        'Field=http-header,HttpHeaderConfig={HttpHeaderName=X-Side,Values=[other]}',
      ),
      prints: { Rules: [{ Conditions: [{ HttpHeaderConfig: { Values: ['other'] } }] }] },
    },
    {
      name: 'describe-rules',
      args: elb('describe-rules', '--listener-arn', listener),
      prints: { Rules: [{ Priority: '1' }, { Priority: 'default', IsDefault: true }] },
    },
    {
      name: 'delete-rule',
      args: elb('delete-rule', '--rule-arn', rule),
    },
    {
      name: 'describe-rules once it is gone',
      args: elb('describe-rules', '--listener-arn', listener),
      prints: { Rules: [{ Priority: 'default', IsDefault: true }] },
    },
    {
      name: 'modify-target-group-attributes',
      args: elb(
        ...['modify-target-group-attributes', '--target-group-arn', group, '--attributes'],
        'Key=deregistration_delay.timeout_seconds,Value=10',
      ),
      prints: {
        Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '10' }],
      },
    },
    {
      name: 'deregister-targets',
      args: elb('deregister-targets', '--target-group-arn', group, ...target),
    },
    {
      name: 'describe-load-balancers that are not there',
      args: elb('describe-load-balancers', '--names', 'none'),
      fails: 'LoadBalancerNotFound',
    },
    {
      name: 'delete-load-balancer',
      args: elb('delete-load-balancer', '--load-balancer-arn', balancer),
    },
    {
      name: 'delete-target-group',
      args: elb('delete-target-group', '--target-group-arn', group),
    },
    {
      name: 'describe-target-groups when there is none',
      args: elb('describe-target-groups'),
      prints: { TargetGroups: [] },
    },
  ],
);
