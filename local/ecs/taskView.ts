import { ACCOUNT_ID } from '../wire/types.ts';
import { present, writePairs, writeTags } from './requests.ts';
import type { EcsState, Override, Task, TaskStatus } from './state.ts';

/** The tag and the attributes by which a result can be labelled with the way its task was run. */
const RUNNER_TAG = 'runner';
const RUNNER_ATTRIBUTE = 'failover-drill.runner';
const NOT_ENFORCED_ATTRIBUTE = 'failover-drill.limits-not-enforced';

const time = (ms: number | undefined): Date | undefined =>
  ms === undefined ? undefined : new Date(ms);

const overridesOf = ({ cpu, memory, container }: Override, name: string) => ({
  containerOverrides: [
    {
      name,
      ...present({ command: container?.command, cpu: container?.cpu, memory: container?.memory }),
      ...(container?.environment ? { environment: writePairs(container.environment) } : {}),
    },
  ],
  inferenceAcceleratorOverrides: [],
  ...present({ cpu: cpu?.toString(), memory: memory?.toString() }),
});

const attachmentStatus = (task: Task): string => {
  if (task.lastStatus === 'STOPPED') return 'DELETED';
  return task.address === undefined ? 'PRECREATED' : 'ATTACHED';
};

const attachmentId = ({ id }: Task): string =>
  `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`;

/** The network interface of a task, as EC2 has it. */
export type TaskInterface = Pick<Task, 'subnet' | 'securityGroups' | 'isPublic'> & {
  readonly id: string;
  readonly region: string;
  readonly address: string;
  readonly description: string;
};

const interfaceId = (task: Task): string => `eni-${task.id.slice(0, 17)}`;

/** Of tasks that have been given an address and have not ended. */
export const interfacesOf = (state: EcsState): TaskInterface[] =>
  [...state.tasks.values()].flatMap((task) => {
    const { region, address, lastStatus, subnet, securityGroups, isPublic } = task;
    if (address === undefined || lastStatus === 'STOPPED') return [];
    const description = `arn:aws:ecs:${region}:${ACCOUNT_ID}:attachment/${attachmentId(task)}`;
    const id = interfaceId(task);
    return [{ id, region, address, description, subnet, securityGroups, isPublic }];
  });

const attachmentOf = (task: Task) => ({
  id: attachmentId(task),
  type: 'ElasticNetworkInterface',
  status: attachmentStatus(task),
  details: [
    { name: 'subnetId', value: task.subnet },
    ...(task.address === undefined
      ? []
      : [
          { name: 'networkInterfaceId', value: interfaceId(task) },
          { name: 'privateIPv4Address', value: task.address },
        ]),
  ],
});

const CONTAINER_STATUS: Readonly<Record<TaskStatus, string>> = {
  PROVISIONING: 'PENDING',
  PENDING: 'PENDING',
  RUNNING: 'RUNNING',
  STOPPING: 'RUNNING',
  DEPROVISIONING: 'STOPPED',
  STOPPED: 'STOPPED',
};

/** A task as the wire shows it. */
export const describeTask = (task: Task, state: EcsState, withTags: boolean) => {
  const definition = state.definitions.get(task.definitionArn);
  const container = definition?.container;
  const attributes = [
    { name: 'ecs.cpu-architecture', value: process.arch === 'arm64' ? 'arm64' : 'x86_64' },
    ...(task.runner ? [{ name: RUNNER_ATTRIBUTE, value: task.runner }] : []),
    ...(task.notEnforced?.length
      ? [{ name: NOT_ENFORCED_ATTRIBUTE, value: task.notEnforced.join(',') }]
      : []),
  ];
  const tags = { ...task.tags, ...(task.runner ? { [RUNNER_TAG]: task.runner } : {}) };
  return {
    taskArn: task.arn,
    clusterArn: task.cluster,
    taskDefinitionArn: task.definitionArn,
    group: task.group,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    launchType: 'FARGATE',
    platformFamily: 'Linux',
    platformVersion: task.platformVersion,
    cpu: String(task.overrides.cpu ?? definition?.cpu ?? ''),
    memory: String(task.overrides.memory ?? definition?.memory ?? ''),
    version: task.version,
    availabilityZone: `${task.region}a`,
    enableExecuteCommand: false,
    createdAt: new Date(task.createdAt),
    attachments: [attachmentOf(task)],
    attributes,
    overrides: overridesOf(task.overrides, container?.name ?? ''),
    tags: withTags ? writeTags(tags) : [],
    containers: [
      {
        containerArn: task.arn.replace(':task/', ':container/').concat('/', container?.name ?? ''),
        taskArn: task.arn,
        name: container?.name,
        image: container?.image,
        lastStatus: CONTAINER_STATUS[task.lastStatus],
        networkBindings: [],
        networkInterfaces:
          task.address === undefined || task.lastStatus === 'STOPPED'
            ? []
            : [{ privateIpv4Address: task.address, attachmentId: attachmentOf(task).id }],
        cpu: String(task.overrides.container?.cpu ?? container?.cpu ?? 0),
        ...present({
          imageDigest: task.imageDigest,
          exitCode: task.exitCode,
          reason: task.containerReason,
          memory: (task.overrides.container?.memory ?? container?.memory)?.toString(),
        }),
      },
    ],
    // No pullStartedAt and pullStoppedAt: the image is in the machine's storage, nothing is pulled.
    ...present({
      startedBy: task.startedBy,
      startedAt: time(task.startedAt),
      stoppingAt: time(task.stoppingAt),
      executionStoppedAt: time(task.executionStoppedAt),
      stoppedAt: time(task.stoppedAt),
      stopCode: task.stopCode,
      stoppedReason: task.stoppedReason,
      connectivity: task.address === undefined ? undefined : 'CONNECTED',
    }),
  };
};
