import type {
  CreateClusterRequest,
  DeleteClusterRequest,
  DescribeClustersRequest,
  ListClustersRequest,
} from '@aws-sdk/client-ecs';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { clientError, page, readTags, refuseOthers, writeTags } from './requests.ts';
import type { Cluster, EcsState } from './state.ts';

const NAME = /^[A-Za-z0-9_-]{1,255}$/;

const clusterArn = (region: string, name: string): string =>
  `arn:aws:ecs:${region}:${ACCOUNT_ID}:cluster/${name}`;

const arnOf = (region: string, nameOrArn = 'default'): string =>
  nameOrArn.startsWith('arn:') ? nameOrArn : clusterArn(region, nameOrArn);

/** The cluster a request means; the one named `default` when it names none. */
export const findCluster = (
  state: EcsState,
  region: string,
  nameOrArn: string | undefined,
): Cluster => {
  const cluster = state.clusters.get(arnOf(region, nameOrArn));
  if (!cluster) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
};

export const clusterOperations = (state: EcsState): Operations => {
  const describe = (cluster: Cluster, withTags: boolean) => {
    const tasks = [...state.tasks.values()].filter((task) => task.cluster === cluster.arn);
    return {
      clusterArn: cluster.arn,
      clusterName: cluster.name,
      status: 'ACTIVE',
      registeredContainerInstancesCount: 0,
      runningTasksCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
      pendingTasksCount: tasks.filter(
        (task) => task.lastStatus === 'PROVISIONING' || task.lastStatus === 'PENDING',
      ).length,
      activeServicesCount: [...state.services.values()].filter(
        (service) => service.cluster === cluster.arn && service.status === 'ACTIVE',
      ).length,
      statistics: [],
      settings: [],
      capacityProviders: [],
      defaultCapacityProviderStrategy: [],
      tags: withTags ? writeTags(cluster.tags) : [],
    };
  };
  return {
    CreateCluster: async (input: CreateClusterRequest, { region }: CallContext) => {
      refuseOthers('CreateCluster', input, ['clusterName', 'tags'], clientError);
      const name = input.clusterName ?? 'default';
      if (!NAME.test(name)) {
        throw new AwsError(
          'InvalidParameterException',
          `Cluster name '${name}' must have 1 to 255 letters, numbers, hyphens and underscores.`,
        );
      }
      const arn = clusterArn(region, name);
      const cluster = state.clusters.get(arn) ?? { region, name, arn, tags: readTags(input.tags) };
      state.clusters.set(arn, cluster);
      await state.save();
      return { cluster: describe(cluster, true) };
    },
    DescribeClusters: (input: DescribeClustersRequest, { region }: CallContext) => {
      const asked = (input.clusters ?? ['default']).map((one) => arnOf(region, one));
      const found = asked.flatMap((arn) => state.clusters.get(arn) ?? []);
      const withTags = input.include?.includes('TAGS') ?? false;
      return {
        clusters: found.map((cluster) => describe(cluster, withTags)),
        failures: asked
          .filter((arn) => !state.clusters.has(arn))
          .map((arn) => ({ arn, reason: 'MISSING' })),
      };
    },
    ListClusters: (input: ListClustersRequest, { region }: CallContext) => {
      const arns = [...state.clusters.values()]
        .filter((cluster) => cluster.region === region)
        .map((cluster) => cluster.arn);
      const { items, ...more } = page(arns, input);
      return { clusterArns: items, ...more };
    },
    DeleteCluster: async (input: DeleteClusterRequest, { region }: CallContext) => {
      const cluster = findCluster(state, region, input.cluster);
      const serving = [...state.services.values()].some(
        (service) => service.cluster === cluster.arn && service.status !== 'INACTIVE',
      );
      if (serving) {
        throw new AwsError(
          'ClusterContainsServicesException',
          'The Cluster cannot be deleted while Services are active.',
        );
      }
      const busy = [...state.tasks.values()].some(
        (task) => task.cluster === cluster.arn && task.lastStatus !== 'STOPPED',
      );
      if (busy) {
        throw new AwsError(
          'ClusterContainsTasksException',
          'The Cluster cannot be deleted while Tasks are active.',
        );
      }
      state.clusters.delete(cluster.arn);
      await state.save();
      return { cluster: { ...describe(cluster, false), status: 'INACTIVE' } };
    },
  };
};
