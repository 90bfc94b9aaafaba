/** What a request says of a service, checked. */
import { createHash } from 'node:crypto';
import type {
  CreateServiceRequest,
  DeploymentConfiguration,
  LoadBalancer,
  NetworkConfiguration,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../../wire/types.ts';
import { invalid, isPublic, refuseOthers } from '../requests.ts';
import type { Definition } from '../state.ts';
import type { Service, ServiceLoadBalancer, ServiceTargets } from './model.ts';

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
/** Quota "Tasks per service". */
const DESIRED_MAX = 5_000;
const GRACE_S_MAX = 2_147_483_647;
const TARGET_GROUPS_MAX = 5;

const CREATE_FIELDS = [
  'cluster',
  'serviceName',
  'taskDefinition',
  'desiredCount',
  'launchType',
  'platformVersion',
  'networkConfiguration',
  'loadBalancers',
  'deploymentConfiguration',
  'healthCheckGracePeriodSeconds',
  'schedulingStrategy',
  'deploymentController',
  'clientToken',
  'tags',
];
const UPDATE_FIELDS = [
  'cluster',
  'service',
  'desiredCount',
  'taskDefinition',
  'forceNewDeployment',
  'deploymentConfiguration',
  'healthCheckGracePeriodSeconds',
  'networkConfiguration',
  'platformVersion',
];

/** Refuses what the embedded ECS does not act on. */
export const checkCreate = (input: CreateServiceRequest): void => {
  refuseOthers('CreateService', input, CREATE_FIELDS, invalid);
  if (!NAME.test(input.serviceName ?? '')) {
    throw invalid(`Service name '${input.serviceName ?? ''}' is empty or not allowed.`);
  }
  if (input.launchType !== 'FARGATE') {
    throw invalid(
      'No Container Instances were found in your cluster. The embedded ECS has FARGATE only: set launchType to FARGATE.',
    );
  }
  if ((input.schedulingStrategy ?? 'REPLICA') !== 'REPLICA') {
    throw invalid('The scheduling strategy DAEMON is not supported for FARGATE.');
  }
  if ((input.deploymentController?.type ?? 'ECS') !== 'ECS') {
    throw invalid('The embedded ECS has the deployment controller ECS only.');
  }
};

export const checkUpdate = (input: UpdateServiceRequest): void =>
  refuseOthers('UpdateService', input, UPDATE_FIELDS, invalid);

const whole = (name: string, value: number, max: number): number => {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw invalid(`${name} must be a whole number from 0 to ${max}; found ${value}.`);
};

export const desiredOf = (value: number): number => whole('desiredCount', value, DESIRED_MAX);

export const graceOf = (value: number, loadBalancers: readonly unknown[]): number => {
  if (value > 0 && loadBalancers.length === 0) {
    throw invalid(
      'Health check grace period is only valid for services configured to use load balancers',
    );
  }
  return whole('healthCheckGracePeriodSeconds', value, GRACE_S_MAX);
};

type Rollout = Pick<Service, 'minimumHealthyPercent' | 'maximumPercent' | 'circuitBreaker'>;

const ROLLOUT: Rollout = {
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  circuitBreaker: { enable: false, rollback: false },
};

const PERCENT_MAX = 200;

export const rolloutOf = (
  input: DeploymentConfiguration | undefined,
  before: Rollout = ROLLOUT,
): Rollout => {
  if (!input) return before;
  const known = ['minimumHealthyPercent', 'maximumPercent', 'deploymentCircuitBreaker', 'strategy'];
  refuseOthers('deploymentConfiguration', input, known, invalid);
  if ((input.strategy ?? 'ROLLING') !== 'ROLLING') {
    throw invalid(`The embedded ECS has the deployment strategy ROLLING only.`);
  }
  const least = input.minimumHealthyPercent ?? before.minimumHealthyPercent;
  const most = input.maximumPercent ?? before.maximumPercent;
  whole('minimumHealthyPercent', least, 100);
  whole('maximumPercent', most, PERCENT_MAX);
  if (most < 100 || most <= least) {
    throw invalid(
      'The specified deployment configuration is not valid: maximumPercent must be at least 100 and more than minimumHealthyPercent.',
    );
  }
  const breaker = input.deploymentCircuitBreaker;
  return {
    minimumHealthyPercent: least,
    maximumPercent: most,
    circuitBreaker: breaker
      ? { enable: breaker.enable ?? false, rollback: breaker.rollback ?? false }
      : before.circuitBreaker,
  };
};

type Placed = Pick<Service, 'subnets' | 'securityGroups' | 'isPublic'>;

export const networkOf = (input: NetworkConfiguration | undefined): Placed => {
  const vpc = input?.awsvpcConfiguration;
  if (!vpc) {
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if ((vpc.subnets ?? []).length === 0) throw invalid('subnets can not be empty.');
  return {
    subnets: vpc.subnets ?? [],
    securityGroups: vpc.securityGroups ?? [],
    isPublic: isPublic(vpc.assignPublicIp),
  };
};

const LOAD_BALANCER_FIELDS = ['targetGroupArn', 'containerName', 'containerPort'];

/** @throws AwsError naming the target group, container or port that is not there. */
export const loadBalancersOf = (
  inputs: readonly LoadBalancer[],
  definition: Definition,
  targets: ServiceTargets | undefined,
): ServiceLoadBalancer[] => {
  if (inputs.length > TARGET_GROUPS_MAX) {
    throw invalid(`A service can have at most ${TARGET_GROUPS_MAX} target groups.`);
  }
  return inputs.map((input) => {
    refuseOthers('loadBalancers', input, LOAD_BALANCER_FIELDS, invalid);
    const { targetGroupArn = '', containerName = '', containerPort = 0 } = input;
    const group = targets?.group(targetGroupArn) ?? 'missing';
    if (group === 'missing') {
      throw invalid(`Unable to find target group with targetGroupArn ${targetGroupArn}.`);
    }
    if (group === 'unused') {
      throw invalid(
        `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
      );
    }
    const { name, portMappings } = definition.container;
    if (name !== containerName) {
      throw invalid(`The container ${containerName} does not exist in the task definition.`);
    }
    if (!portMappings.some((one) => one.containerPort === containerPort)) {
      throw invalid(
        `The container ${containerName} did not have a container port ${containerPort} defined.`,
      );
    }
    return { targetGroupArn, containerName, containerPort };
  });
};

const PLATFORM_VERSION = '1.4.0';

export const platformOf = (version = 'LATEST'): string => {
  if (version === 'LATEST' || version === PLATFORM_VERSION) return PLATFORM_VERSION;
  throw new AwsError('PlatformUnknownException', 'The specified platform version does not exist.');
};

export const digestOf = (input: CreateServiceRequest): string =>
  createHash('sha256').update(JSON.stringify(input)).digest('hex');
