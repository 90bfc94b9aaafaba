/** A watched service in one region, as the template of role `service` has it made: where it is, and how it does. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import {
  DescribeLoadBalancersCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { type Balancer, openBalancers } from '../../aws/balancers.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import { DrillError } from '../../core/errors.ts';
import type { Config } from '../../events/config.ts';
import type { PromotionPlace } from '../../events/promotion.ts';
import type { TargetFacts } from '../../events/watchPlanOf.ts';
import type { Clients } from './clients.ts';

/** Tasks that a region begins with, and needs to serve. */
export const TASKS = 1;
const LOOK_EVERY_MS = 100;

export const clusterOf = (service: string): string => `failover-drill-${service}`;

export const stagingOf = (service: string): string => `${service}-staging`;

/** @throws DrillError `DataCorrupt` when a part of the stack is not there. */
export const balancerIn = async (
  region: string,
  name: string,
  sdk: SdkSettings,
): Promise<Balancer> => {
  const balancers = openBalancers(region, sdk);
  try {
    const found = await balancers.find(name);
    if (found !== null) return found;
    throw new DrillError('DataCorrupt', `${region} has no whole load balancer ${name}`);
  } finally {
    balancers.close();
  }
};

/** Where a load balancer is asked; the name, where its certificate is one of another host than the URL's. */
export type Reached = { readonly url: string; readonly serverName?: string | null };

/** Where versions of the service are replaced in a region, and asked: as the watch asks there. */
export const placeOf = (
  service: string,
  { role, region }: Pick<PromotionPlace, 'role' | 'region'>,
  { listener, groups }: Pick<Balancer, 'listener' | 'groups'>,
  { url, serverName = null }: Reached,
): PromotionPlace => ({
  ...{ role, region, cluster: clusterOf(service), service },
  next: { service: `${service}-next` },
  balancer: { url, serverName, listener, groups },
});

/**
 * Address of a load balancer. Clients are told it, as no DNS resolves its name here.
 * @throws DrillError `AddressInUse`
 */
export const addressOf = async (
  { elbv2 }: Clients,
  { service, run }: Pick<Config, 'service' | 'run'>,
): Promise<string> => {
  const { LoadBalancers: [shown] = [] } = await elbv2.send(
    new DescribeLoadBalancersCommand({ Names: [service] }),
  );
  const address = shown?.AvailabilityZones?.[0]?.LoadBalancerAddresses?.[0]?.IpAddress;
  // Clients have been told this address, so it cannot be another one.
  if (address === undefined || shown?.State?.Code === 'failed') {
    throw new DrillError(
      'AddressInUse',
      `${service} is reached at ${address}:${run.port}, which somebody else on this machine holds, such as another watch. Stop that, or start anew with another data folder (--data)`,
    );
  }
  return address;
};

export const urlAt = (address: string, { run }: Pick<Config, 'run'>): string =>
  `http://${address}:${run.port}${run.health}`;

export const factsOf = async (clients: Clients, config: Config): Promise<TargetFacts & Reached> => {
  const { service } = config;
  const address = await addressOf(clients, config);
  return {
    url: urlAt(address, config),
    answers: { A: [address] },
    capacity: { cluster: clusterOf(service), service, wanted: TASKS },
  };
};

/**
 * Waits until the region serves.
 * @throws DrillError `NotReady` with what ECS said last, when it does not in time.
 */
export const awaitServing = async (
  { ecs, elbv2 }: Clients,
  { service, run, drill }: Config,
  region: string,
  { groups }: Pick<Balancer, 'groups'>,
  signal: AbortSignal,
): Promise<void> => {
  const withinMs = drill.readyTimeout;
  const untilMs = performance.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const seen = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: groups.main }));
    const healthy = (seen.TargetHealthDescriptions ?? []).filter(
      ({ TargetHealth }) => TargetHealth?.State === 'healthy',
    );
    if (healthy.length >= TASKS) return;
    if (performance.now() > untilMs) {
      const { services = [] } = await ecs.send(
        new DescribeServicesCommand({ cluster: clusterOf(service), services: [service] }),
      );
      const said = services[0]?.events?.[0]?.message ?? 'nothing';
      throw new DrillError(
        'NotReady',
        `${service} did not answer ${run.health} on port ${run.port} in ${region} within ${withinMs / 1_000} s; ECS said last: ${said}`,
      );
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
};

/** How the platform runs the tasks, such as `runc` or `process`; null when none runs. */
export const runnerOf = async ({ ecs }: Clients, { service }: Config): Promise<string | null> => {
  const cluster = clusterOf(service);
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster, serviceName: service, maxResults: 1 }),
  );
  if (taskArns.length === 0) return null;
  const { tasks = [] } = await ecs.send(
    new DescribeTasksCommand({ cluster, tasks: taskArns, include: ['TAGS'] }),
  );
  return tasks[0]?.tags?.find(({ key }) => key === 'runner')?.value ?? null;
};
