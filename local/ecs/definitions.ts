import type {
  ContainerDefinition,
  DeregisterTaskDefinitionRequest,
  DescribeTaskDefinitionRequest,
  ListTaskDefinitionsRequest,
  RegisterTaskDefinitionRequest,
} from '@aws-sdk/client-ecs';
import type { Clock } from '../clock.ts';
import { ACCOUNT_ID, type CallContext, type Operations } from '../wire/types.ts';
import {
  clientError,
  page,
  present,
  readPairs,
  readTags,
  refuseOthers,
  writePairs,
  writeTags,
} from './requests.ts';
import { fargateSize } from './size.ts';
import type { Container, Definition, EcsState } from './state.ts';

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
/** Fargate's longest wait between the stop signal and the kill. */
const STOP_TIMEOUT_S_MAX = 120;
const PORT_MAX = 65_535;

const TASK_FIELDS = [
  'family',
  'containerDefinitions',
  'cpu',
  'memory',
  'networkMode',
  'requiresCompatibilities',
  'executionRoleArn',
  'taskRoleArn',
  'runtimePlatform',
  'tags',
];
const CONTAINER_FIELDS = [
  'name',
  'image',
  'cpu',
  'memory',
  'portMappings',
  'essential',
  'environment',
  'entryPoint',
  'command',
  'workingDirectory',
  'user',
  'readonlyRootFilesystem',
  'stopTimeout',
  'dockerLabels',
  'versionConsistency',
  'logConfiguration',
];
const MAPPING_FIELDS = ['containerPort', 'hostPort', 'protocol', 'name', 'appProtocol'];

const readMapping = (mapping: NonNullable<ContainerDefinition['portMappings']>[number]) => {
  refuseOthers('portMappings', mapping, MAPPING_FIELDS, clientError);
  const { containerPort = 0, hostPort = containerPort, protocol = 'tcp' } = mapping;
  if (!Number.isInteger(containerPort) || containerPort < 1 || containerPort > PORT_MAX) {
    throw clientError(
      `Port mapping: container port ${containerPort} is not from 1 to ${PORT_MAX}.`,
    );
  }
  if (hostPort !== containerPort) {
    throw clientError(
      'When networkMode=awsvpc, the host ports and container ports in port mappings must match.',
    );
  }
  if (protocol !== 'tcp') {
    throw clientError(`The embedded ECS maps tcp ports only, not ${protocol}.`);
  }
  return { containerPort, ...present({ name: mapping.name, appProtocol: mapping.appProtocol }) };
};

const LOG_OPTIONS = ['awslogs-group', 'awslogs-region', 'awslogs-stream-prefix'];

/** What tasks say is kept beside them, whatever group is named; Fargate's own conditions hold. */
const readLogging = (input: ContainerDefinition['logConfiguration']) => {
  if (!input) return undefined;
  const { logDriver = '', options = {} } = input;
  if (logDriver !== 'awslogs') {
    throw clientError(`The embedded ECS knows the log driver awslogs, not '${logDriver}'.`);
  }
  const missing = LOG_OPTIONS.filter((name) => !options[name]);
  if (missing.length > 0) {
    throw clientError(`Log driver awslogs requires options: ${missing.join(', ')}`);
  }
  return { logDriver, options } as const;
};

const readContainer = (input: ContainerDefinition): Container => {
  refuseOthers('containerDefinitions', input, CONTAINER_FIELDS, clientError);
  const { name = '', image = '', stopTimeout } = input;
  if (!NAME.test(name)) throw clientError(`Container name '${name}' is empty or not allowed.`);
  if (image === '') throw clientError('Container.image should not be null or empty.');
  if (input.essential === false) {
    throw clientError('Task definition does not have any essential containers.');
  }
  if (stopTimeout !== undefined && (stopTimeout < 0 || stopTimeout > STOP_TIMEOUT_S_MAX)) {
    throw clientError(`stopTimeout must be from 0 to ${STOP_TIMEOUT_S_MAX} seconds.`);
  }
  return {
    name,
    image,
    portMappings: (input.portMappings ?? []).map(readMapping),
    environment: readPairs(input.environment),
    ...present({
      cpu: input.cpu || undefined,
      memory: input.memory || undefined,
      entryPoint: input.entryPoint,
      command: input.command,
      workingDirectory: input.workingDirectory,
      user: input.user,
      readonlyRootFilesystem: input.readonlyRootFilesystem,
      stopTimeout,
      dockerLabels: input.dockerLabels,
      logConfiguration: readLogging(input.logConfiguration),
    }),
  };
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'X86_64', arm64: 'ARM64' };

const readPlatform = (input: RegisterTaskDefinitionRequest['runtimePlatform']) => {
  if (!input) return undefined;
  const here = ARCHITECTURES[process.arch];
  const { cpuArchitecture = here, operatingSystemFamily = 'LINUX' } = input;
  if (operatingSystemFamily !== 'LINUX' || cpuArchitecture !== here) {
    throw clientError(
      `The embedded ECS runs on this machine, LINUX on ${here}, not ${operatingSystemFamily} on ${cpuArchitecture}.`,
    );
  }
  return present({ cpuArchitecture, operatingSystemFamily });
};

type Draft = Omit<Definition, 'region' | 'arn' | 'revision' | 'registeredAt'>;

const readDefinition = (input: RegisterTaskDefinitionRequest): Draft => {
  refuseOthers('RegisterTaskDefinition', input, TASK_FIELDS, clientError);
  const { family = '', containerDefinitions = [] } = input;
  if (!NAME.test(family)) throw clientError(`Family '${family}' is empty or not allowed.`);
  const [first, ...others] = containerDefinitions;
  if (!first) throw clientError('Container list cannot be empty.');
  if (others.length > 0) {
    throw clientError(
      `The embedded ECS runs tasks of one container; this definition has ${containerDefinitions.length}.`,
    );
  }
  const wanted = input.requiresCompatibilities ?? [];
  if (wanted.some((one) => one !== 'FARGATE')) {
    throw clientError(`The embedded ECS offers FARGATE only, not ${wanted.join(', ')}.`);
  }
  if (input.networkMode !== 'awsvpc') {
    throw clientError("Fargate only supports network mode 'awsvpc'.");
  }
  const size = fargateSize(input.cpu, input.memory);
  const container = readContainer(first);
  if ((container.memory ?? 0) > size.memory || (container.cpu ?? 0) > size.cpu) {
    throw clientError('The container asks for more cpu or memory than the task has.');
  }
  const platform = readPlatform(input.runtimePlatform);
  return {
    family,
    active: true,
    ...size,
    container,
    ...present({ executionRoleArn: input.executionRoleArn, taskRoleArn: input.taskRoleArn }),
    ...(platform ? { runtimePlatform: platform } : {}),
    tags: readTags(input.tags),
  };
};

const describeContainer = ({ portMappings, environment, ...rest }: Container) => ({
  cpu: 0,
  ...rest,
  portMappings: portMappings.map((one) => ({
    ...one,
    hostPort: one.containerPort,
    protocol: 'tcp',
  })),
  environment: writePairs(environment),
  essential: true,
  mountPoints: [],
  volumesFrom: [],
});

const describeDefinition = (definition: Definition) => ({
  taskDefinitionArn: definition.arn,
  family: definition.family,
  revision: definition.revision,
  status: definition.active ? 'ACTIVE' : 'INACTIVE',
  containerDefinitions: [describeContainer(definition.container)],
  volumes: [],
  placementConstraints: [],
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  compatibilities: ['EC2', 'FARGATE'],
  cpu: String(definition.cpu),
  memory: String(definition.memory),
  registeredAt: new Date(definition.registeredAt),
  ...present({
    executionRoleArn: definition.executionRoleArn,
    taskRoleArn: definition.taskRoleArn,
    runtimePlatform: definition.runtimePlatform,
    deregisteredAt:
      definition.deregisteredAt === undefined ? undefined : new Date(definition.deregisteredAt),
  }),
});

const ofFamily = (state: EcsState, region: string, family: string): Definition[] =>
  [...state.definitions.values()].filter((one) => one.region === region && one.family === family);

/**
 * The definition that `family`, `family:revision` or an ARN names; a family alone means its newest
 * active revision.
 * @throws AwsError ClientException when there is none.
 */
export const findDefinition = (
  state: EcsState,
  region: string,
  name: string | undefined,
): Definition => {
  const [family = '', revision] = (name ?? '').replace(/^arn:.*:task-definition\//, '').split(':');
  const found = ofFamily(state, region, family).findLast((one) =>
    revision === undefined ? one.active : one.revision === Number(revision),
  );
  if (!found) throw clientError('Unable to describe task definition.');
  return found;
};

export const definitionOperations = (state: EcsState, clock: Clock): Operations => ({
  RegisterTaskDefinition: async (input: RegisterTaskDefinitionRequest, { region }: CallContext) => {
    const draft = readDefinition(input);
    const revision = (ofFamily(state, region, draft.family).at(-1)?.revision ?? 0) + 1;
    const arn = `arn:aws:ecs:${region}:${ACCOUNT_ID}:task-definition/${draft.family}:${revision}`;
    const definition = { ...draft, region, arn, revision, registeredAt: clock.now() };
    state.definitions.set(arn, definition);
    await state.save();
    return { taskDefinition: describeDefinition(definition), tags: writeTags(definition.tags) };
  },
  DescribeTaskDefinition: (input: DescribeTaskDefinitionRequest, { region }: CallContext) => {
    const definition = findDefinition(state, region, input.taskDefinition);
    return {
      taskDefinition: describeDefinition(definition),
      ...(input.include?.includes('TAGS') ? { tags: writeTags(definition.tags) } : {}),
    };
  },
  DeregisterTaskDefinition: async (
    input: DeregisterTaskDefinitionRequest,
    { region }: CallContext,
  ) => {
    if (!input.taskDefinition?.includes(':')) {
      throw clientError('Task definition must be given with its revision.');
    }
    const found = findDefinition(state, region, input.taskDefinition);
    const definition = { ...found, active: false, deregisteredAt: clock.now() };
    state.definitions.set(found.arn, definition);
    await state.save();
    return { taskDefinition: describeDefinition(definition) };
  },
  ListTaskDefinitions: (input: ListTaskDefinitionsRequest, { region }: CallContext) => {
    const active = (input.status ?? 'ACTIVE') === 'ACTIVE';
    const arns = [...state.definitions.values()]
      .filter((one) => one.region === region && one.active === active)
      .filter((one) => input.familyPrefix === undefined || one.family === input.familyPrefix)
      .toSorted((a, b) => a.family.localeCompare(b.family) || a.revision - b.revision)
      .map((one) => one.arn);
    if (input.sort === 'DESC') arns.reverse();
    const { items, ...more } = page(arns, input);
    return { taskDefinitionArns: items, ...more };
  },
});
