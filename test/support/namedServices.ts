// Services of ECS that somebody else has made in both regions, with names, clusters, roles and listeners of their own,
// and all that docs/promotion.md asks for beside them.
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { openBalancers } from '../../aws/balancers.ts';
import { storePromotionPlan } from '../../cli/deploy/service.ts';
import type { DeploySetup } from '../../cli/deploy/setup.ts';
import { stackParams } from '../../cli/lint/setup.ts';
import { Config } from '../../events/config.ts';
import type { Cloud } from '../../local/cloud.ts';
import { functionBundles, PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { type Clients, CREDENTIALS } from '../../local/stack/clients.ts';
import { deploy } from '../../local/stack/deploy.ts';
import { addressOf, urlAt } from '../../local/stack/serviceStack.ts';
import { ACCOUNT_ID } from '../../local/wire/types.ts';
import { eventually } from '../contract/endpoint.ts';
import { ask, PRIMARY, SERVED, STANDBY, withClients } from './servedCloud.ts';

const FUNCTIONS = ['promote', 'step-promotion'];
const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/front-start`;
const NAMES = {
  [PRIMARY]: { cluster: 'web', service: 'front' },
  [STANDBY]: { cluster: 'spare', service: 'front-b' },
} as const;
type Region = keyof typeof NAMES;

export type NamedRegion = { readonly url: string; readonly address: string };

const makeGroups = async ({ elbv2 }: Clients, service: string, listenerPort: number) => {
  const groups: string[] = [];
  for (const Name of [service, `${service}-next`]) {
    const made = await elbv2.send(
      new CreateTargetGroupCommand({
        ...{ Name, Protocol: 'HTTP', Port: 8080, TargetType: 'ip', HealthCheckPath: '/healthz' },
        ...{ HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2 },
        ...{ HealthyThresholdCount: 2, UnhealthyThresholdCount: 2 },
      }),
    );
    groups.push(made.TargetGroups?.[0]?.TargetGroupArn ?? '');
  }
  const balancer = await elbv2.send(
    new CreateLoadBalancerCommand({ Name: service, Subnets: ['subnet-0'] }),
  );
  const shares = groups.map((TargetGroupArn, at) => ({ TargetGroupArn, Weight: at ? 0 : 100 }));
  const listener = await elbv2.send(
    new CreateListenerCommand({
      LoadBalancerArn: balancer.LoadBalancers?.[0]?.LoadBalancerArn,
      ...{ Protocol: 'HTTP', Port: listenerPort },
      DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups: shares } }],
    }),
  );
  for (const [at, group] of groups.entries()) {
    const Values = [group.slice(group.indexOf('targetgroup/'))];
    await elbv2.send(
      new CreateRuleCommand({
        ListenerArn: listener.Listeners?.[0]?.ListenerArn,
        Priority: at + 2,
        Conditions: [
          {
            Field: 'http-header',
            HttpHeaderConfig: { HttpHeaderName: 'X-Failover-Drill-Group', Values },
          },
        ],
        Actions: [{ Type: 'forward', TargetGroupArn: group }],
      }),
    );
  }
  return groups;
};

/** The definition of the service that is there, as another family with another role. */
const makeServices = async ({ ecs }: Clients, region: Region, groups: readonly string[]) => {
  const { cluster, service } = NAMES[region];
  const { taskDefinition: from } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: SERVED.service }),
  );
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: service, networkMode: 'awsvpc', cpu: from?.cpu, memory: from?.memory },
      ...{ requiresCompatibilities: ['FARGATE'], executionRoleArn: ROLE },
      containerDefinitions: from?.containerDefinitions?.map((one) => ({ ...one, name: 'front' })),
    }),
  );
  for (const [at, targetGroupArn] of groups.entries()) {
    await ecs.send(
      new CreateServiceCommand({
        ...{ cluster, serviceName: at ? `${service}-next` : service, taskDefinition: service },
        ...{ desiredCount: at ? 0 : 1, launchType: 'FARGATE' },
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0'] } },
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
        loadBalancers: [{ targetGroupArn, containerName: 'front', containerPort: 8080 }],
      }),
    );
  }
};

/** Makes them where they are not there yet, and waits until they answer. */
const raise = async (cloud: Cloud, config: Config, region: Region) => {
  const balancers = openBalancers(region, { endpoint: cloud.endpoint, credentials: CREDENTIALS });
  try {
    return await withClients(cloud, region, async (clients) => {
      const { service } = NAMES[region];
      if ((await balancers.find(service)) === null) {
        await makeServices(clients, region, await makeGroups(clients, service, config.run.port));
      }
      const found = await balancers.find(service);
      if (found === null) throw new Error(`${region} has a load balancer ${service}`);
      const address = await addressOf(clients, { ...config, service });
      const url = urlAt(address, config);
      await eventually('it answers', async () => (await ask(url)).status === 200, 60_000);
      return { listener: found.listener, address, url };
    });
  } finally {
    balancers.close();
  }
};

/** Of a person who has the services, and has named them. */
const named = (region: Region, { url, listener }: { url: string; listener: string }) => ({
  ...{ name: region, endpoint: url },
  ecs: {
    ...NAMES[region],
    promotion: { next: `${NAMES[region].service}-next`, listener, roles: [ROLE] },
  },
});

/** What `failover deploy` does by the surroundings of its process, with those of the embedded cloud. */
const surrounded = async (cloud: Cloud, work: () => Promise<unknown>): Promise<void> => {
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  });
  try {
    await work();
  } finally {
    process.env = before;
  }
};

export const raiseNamed = async (cloud: Cloud, config: Config) => {
  const [primary, standby] = await Promise.all([
    raise(cloud, config, PRIMARY),
    raise(cloud, config, STANDBY),
  ]);
  return {
    targets: { primary, standby },
    /** The stack of promotions and its plan, as a deployment makes them. */
    promote: async (bundleDir: string, nowMs: number): Promise<void> => {
      const regions = { primary: named(PRIMARY, primary), standby: named(STANDBY, standby) };
      const asked = { ...config, regions: Config.parse({ ...SERVED, regions }).regions };
      await deploy({
        ...{ folder: PROJECT_FOLDER, endpoint: cloud.endpoint, lambda: cloud.lambda },
        ...{ iam: cloud.iam, wanted: FUNCTIONS, region: STANDBY },
        bundleOf: await functionBundles(bundleDir, nowMs, FUNCTIONS),
        params: {
          ...stackParams(asked, { role: 'promotion', region: STANDBY }),
          role: 'promotion',
        },
      });
      const checked = { config: asked } as DeploySetup['checked'];
      const setup = { checked, service: asked.service, homeRegion: STANDBY } as DeploySetup;
      await surrounded(cloud, () => storePromotionPlan(setup, null));
    },
  };
};
