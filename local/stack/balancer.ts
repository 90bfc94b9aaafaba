/** A load balancer of the embedded cloud with its target groups and its listener. Safe to repeat. */
import {
  type Action,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  ModifyListenerCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DrillError } from '../../core/errors.ts';
import type { Config } from '../../events/config.ts';
import type { Clients } from './clients.ts';

export const SUBNETS = ['subnet-0'];
/** The shortest that a load balancer takes: who watches a failover should not wait for it. */
const CHECK = { intervalS: 5, timeoutS: 2, healthy: 2, unhealthy: 2 } as const;
const NAME_MAX = 32;

/** Names of load balancers have 32 characters. */
export const shortName = (service: string, suffix = ''): string =>
  service.slice(0, NAME_MAX - suffix.length).replace(/-+$/, '') + suffix;

export const present = <T>(value: T | undefined, what: string): T => {
  if (value !== undefined) return value;
  throw new DrillError('DataCorrupt', `an answer of the embedded cloud names no ${what}`);
};

/** A load balancer's target group, by the name of what it sends requests to. */
const ensureGroup = async ({ elbv2 }: Clients, { run }: Config, name: string): Promise<string> => {
  const group = await elbv2.send(
    new CreateTargetGroupCommand({
      Name: name,
      Protocol: 'HTTP',
      Port: run.port,
      VpcId: 'vpc-embedded',
      TargetType: 'ip',
      HealthCheckPath: run.health,
      HealthCheckIntervalSeconds: CHECK.intervalS,
      HealthCheckTimeoutSeconds: CHECK.timeoutS,
      HealthyThresholdCount: CHECK.healthy,
      UnhealthyThresholdCount: CHECK.unhealthy,
    }),
  );
  return present(group.TargetGroups?.[0]?.TargetGroupArn, 'target group');
};

/** Forwards to the first group alone, and lets the others be found healthy. */
const forwardTo = (groups: readonly string[]): Action[] => [
  {
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: groups.map((TargetGroupArn, n) => ({
        TargetGroupArn,
        Weight: n === 0 ? 100 : 0,
      })),
    },
  },
];

/** Traffic that is shared out already stays as it is. */
const ensureListener = async (
  { elbv2 }: Clients,
  { run }: Config,
  balancer: string,
  groups: readonly string[],
): Promise<string> => {
  const { Listeners: listeners = [] } = await elbv2.send(
    new DescribeListenersCommand({ LoadBalancerArn: balancer }),
  );
  const found = listeners.find(({ Port }) => Port === run.port);
  const DefaultActions = forwardTo(groups);
  if (found === undefined) {
    const made = await elbv2.send(
      new CreateListenerCommand({
        ...{ LoadBalancerArn: balancer, Protocol: 'HTTP', Port: run.port, DefaultActions },
      }),
    );
    return present(made.Listeners?.[0]?.ListenerArn, 'listener');
  }
  const known = found.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? [];
  const isWhole = groups.every((arn) => known.some((one) => one.TargetGroupArn === arn));
  const ListenerArn = present(found.ListenerArn, 'listener');
  if (!isWhole) await elbv2.send(new ModifyListenerCommand({ ListenerArn, DefaultActions }));
  return ListenerArn;
};

/** Creating any of it again with the same settings answers with what is there. */
export const ensureBalancer = async (
  clients: Clients,
  config: Config,
  { name, beside }: { readonly name: string; readonly beside: string | null },
) => {
  const { elbv2 } = clients;
  const { service, run } = config;
  const main = await ensureGroup(clients, config, name);
  const next = beside === null ? null : await ensureGroup(clients, config, beside);
  const made = await elbv2.send(
    new CreateLoadBalancerCommand({ Name: name, Subnets: SUBNETS, Scheme: 'internet-facing' }),
  );
  const arn = present(made.LoadBalancers?.[0]?.LoadBalancerArn, 'load balancer');
  const groups = next === null ? [main] : [main, next];
  const listener = await ensureListener(clients, config, arn, groups);
  const { LoadBalancers: shown = [] } = await elbv2.send(
    new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
  );
  const zone = shown[0]?.AvailabilityZones?.[0];
  const address = present(zone?.LoadBalancerAddresses?.[0]?.IpAddress, 'address');
  // Clients have been told this address, so it cannot be another one.
  if (shown[0]?.State?.Code === 'failed') {
    throw new DrillError(
      'AddressInUse',
      `${service} is reached at ${address}:${run.port}, which somebody else on this machine holds, such as another watch. Stop that, or start anew with another data folder (--data)`,
    );
  }
  return { main, next, listener, address };
};
