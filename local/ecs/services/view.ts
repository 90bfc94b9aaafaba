/** A service as the wire shows it. */
import { writeTags } from '../requests.ts';
import type { EcsState, Task } from '../state.ts';
import { deploymentOf } from './deployments.ts';
import { type Deployment, primaryOf, type Service } from './model.ts';

const isRunning = ({ lastStatus }: Task): boolean => lastStatus === 'RUNNING';
const isPending = ({ lastStatus }: Task): boolean =>
  lastStatus === 'PROVISIONING' || lastStatus === 'PENDING';

const networkOf = ({ subnets, securityGroups, isPublic }: Service) => ({
  awsvpcConfiguration: {
    subnets,
    securityGroups,
    assignPublicIp: isPublic ? 'ENABLED' : 'DISABLED',
  },
});

const describeDeployment = (service: Service, tasks: readonly Task[]) => (one: Deployment) => {
  const own = tasks.filter((task) => deploymentOf(task) === one.id);
  return {
    id: one.id,
    status: one.status,
    taskDefinition: one.definitionArn,
    desiredCount: one.status === 'PRIMARY' ? service.desiredCount : 0,
    pendingCount: own.filter(isPending).length,
    runningCount: own.filter(isRunning).length,
    failedTasks: one.failedTasks,
    createdAt: new Date(one.createdAt),
    updatedAt: new Date(one.updatedAt),
    launchType: 'FARGATE',
    platformVersion: service.platformVersion,
    platformFamily: 'Linux',
    networkConfiguration: networkOf(service),
    rolloutState: one.rolloutState,
    rolloutStateReason: one.rolloutStateReason,
  };
};

export const describeService = (service: Service, state: EcsState, withTags: boolean) => {
  const tasks = [...state.tasks.values()].filter((task) => task.service === service.arn);
  const { minimumHealthyPercent, maximumPercent } = service;
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster,
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: tasks.filter(isRunning).length,
    pendingCount: tasks.filter(isPending).length,
    launchType: 'FARGATE',
    platformVersion: service.platformVersion,
    platformFamily: 'Linux',
    taskDefinition: primaryOf(service)?.definitionArn,
    deploymentConfiguration: {
      minimumHealthyPercent,
      maximumPercent,
      deploymentCircuitBreaker: service.circuitBreaker,
    },
    deployments: service.deployments.map(describeDeployment(service, tasks)),
    events: service.events.map((event) => ({ ...event, createdAt: new Date(event.createdAt) })),
    loadBalancers: service.loadBalancers,
    healthCheckGracePeriodSeconds: service.graceS,
    networkConfiguration: networkOf(service),
    placementConstraints: [],
    placementStrategy: [],
    serviceRegistries: [],
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    createdAt: new Date(service.createdAt),
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
    tags: withTags ? writeTags(service.tags) : [],
  };
};
