/** The embedded ECS behind the embedded load balancers on the real network, on a given data folder. */
import * as ecsSdk from '@aws-sdk/client-ecs';
import * as elbSdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { rttMs } from '../../core/regions/regions.ts';
import { realClock } from '../../local/clock.ts';
import { createEcs, type EcsNeeds } from '../../local/ecs/createEcs.ts';
import { createProcessRunner } from '../../local/ecs/runners/process.ts';
import { createElbv2 } from '../../local/elbv2/service.ts';
import { openInside } from '../../local/network/inside.ts';
import { createNetwork } from '../../local/network/network.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { HOME } from './failovers.ts';
import { sdkAt } from './watchWorld.ts';
import { startTestServer } from './wireServer.ts';

export const PORT = 18_082;

const SERVER = `require('node:http').createServer((q, r) => r.end(JSON.stringify({
  pid: process.pid, image: process.env.IMAGE ?? null })))
  .listen(process.env.PORT, '127.0.0.1')`;

export const startBalancedCloud = async (dataDir: string, more: Partial<EcsNeeds> = {}) => {
  const options = { dataDir, clock: realClock };
  const onFault = (error: unknown, what: string) => console.error(what, error);
  const network = createNetwork({ rtt: rttMs, random: Math.random, clock: realClock });
  const inside = openInside(network);
  const elbv2 = await createElbv2({
    ...{ ...options, random: Math.random, network, onFault },
    reach: inside.reach,
  });
  const service = await createEcs({
    ...options,
    network: inside,
    targets: elbv2.targets,
    runner: async (ledger) => createProcessRunner(ledger, 'for this test'),
    images: async (image) => ({
      kind: 'process',
      digest: undefined,
      cwd: dataDir,
      env: { IMAGE: image },
      command:
        image === 'broken'
          ? [process.execPath, '-e', 'process.exit(1)']
          : [process.execPath, '-e', SERVER],
    }),
    ...more,
  });
  await service.recover();
  const wire = await startTestServer({
    services: [
      serviceFromSdk(ecsSdk, 'ecs', service.operations),
      serviceFromSdk(elbSdk, 'elasticloadbalancing', elbv2.operations),
    ],
  });
  const settings = { ...sdkAt(wire.url), region: HOME };
  const ecs = new ecsSdk.ECSClient(settings);
  const elb = new elbSdk.ElasticLoadBalancingV2Client(settings);
  return {
    ecs,
    endpoint: wire.url,
    elb,
    close: async () => {
      ecs.destroy();
      elb.destroy();
      await wire.close();
      await service.close();
      await elbv2.close();
      await network.close();
    },
  };
};

export type BalancedCloud = Awaited<ReturnType<typeof startBalancedCloud>>;

/** Makes a target group in use, and answers with it and the address it is reached at. */
export const makeBalancer = async ({ elb }: Pick<BalancedCloud, 'elb'>, port = PORT) => {
  const group = await elb.send(
    new elbSdk.CreateTargetGroupCommand({
      ...{ Name: 'shop', Protocol: 'HTTP', Port: 8080, TargetType: 'ip' },
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
    }),
  );
  const targetGroupArn = group.TargetGroups?.[0]?.TargetGroupArn ?? '';
  const made = await elb.send(
    new elbSdk.CreateLoadBalancerCommand({ Name: 'shop', Subnets: ['subnet-0'] }),
  );
  const arn = made.LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  await elb.send(
    new elbSdk.CreateListenerCommand({
      LoadBalancerArn: arn,
      Protocol: 'HTTP',
      Port: port,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
    }),
  );
  const shown = await elb.send(
    new elbSdk.DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
  );
  const zone = shown.LoadBalancers?.[0]?.AvailabilityZones?.[0];
  const address = zone?.LoadBalancerAddresses?.[0]?.IpAddress ?? '';
  return { targetGroupArn, url: `http://${address}:${port}/` };
};

export const registerImage = async (
  { ecs }: Pick<BalancedCloud, 'ecs'>,
  image: string,
): Promise<string> => {
  const { taskDefinition } = await ecs.send(
    new ecsSdk.RegisterTaskDefinitionCommand({
      ...{ family: 'shop', networkMode: 'awsvpc', cpu: '256', memory: '512' },
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [
        { ...{ name: 'app', image, stopTimeout: 1 }, portMappings: [{ containerPort: 8080 }] },
      ],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
};

export const makeService = async (
  { ecs }: Pick<BalancedCloud, 'ecs'>,
  targetGroupArn: string,
  more: Partial<ecsSdk.CreateServiceCommandInput> = {},
): Promise<void> => {
  await ecs.send(
    new ecsSdk.CreateServiceCommand({
      ...{ cluster: 'drill', serviceName: 'shop', taskDefinition: 'shop' },
      ...{ desiredCount: 2, launchType: 'FARGATE' },
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0'] } },
      loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 8080 }],
      ...more,
    }),
  );
};

export const lookAtService = async ({
  ecs,
}: Pick<BalancedCloud, 'ecs'>): Promise<ecsSdk.Service | undefined> => {
  const { services = [] } = await ecs.send(
    new ecsSdk.DescribeServicesCommand({ cluster: 'drill', services: ['shop'] }),
  );
  return services[0];
};

/** States of the targets, in no order. */
export const targetStates = async (
  { elb }: Pick<BalancedCloud, 'elb'>,
  targetGroupArn: string,
): Promise<(string | undefined)[]> => {
  const seen = await elb.send(
    new elbSdk.DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
  );
  return (seen.TargetHealthDescriptions ?? []).map(({ TargetHealth }) => TargetHealth?.State);
};
