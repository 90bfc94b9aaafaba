import path from 'node:path';
import * as z from 'zod';
import { openStateFile } from '../state/stateFile.ts';
import { Service } from './services/model.ts';

const Pairs = z.record(z.string(), z.string());

const PortMapping = z.object({
  containerPort: z.number(),
  name: z.string().optional(),
  appProtocol: z.string().optional(),
});

const Container = z.object({
  name: z.string(),
  image: z.string(),
  cpu: z.number().optional(),
  memory: z.number().optional(),
  portMappings: z.array(PortMapping),
  environment: Pairs,
  entryPoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  workingDirectory: z.string().optional(),
  user: z.string().optional(),
  readonlyRootFilesystem: z.boolean().optional(),
  stopTimeout: z.number().optional(),
  dockerLabels: Pairs.optional(),
  logConfiguration: z.object({ logDriver: z.literal('awslogs'), options: Pairs }).optional(),
});

export const Definition = z.object({
  region: z.string(),
  arn: z.string(),
  family: z.string(),
  revision: z.number(),
  active: z.boolean(),
  /** CPU units and MiB of the whole task, as text on the wire. */
  cpu: z.number(),
  memory: z.number(),
  container: Container,
  executionRoleArn: z.string().optional(),
  taskRoleArn: z.string().optional(),
  runtimePlatform: z
    .object({
      cpuArchitecture: z.string().optional(),
      operatingSystemFamily: z.string().optional(),
    })
    .optional(),
  tags: Pairs,
  registeredAt: z.number(),
  deregisteredAt: z.number().optional(),
});
export type Definition = z.infer<typeof Definition>;
export type Container = z.infer<typeof Container>;

const Override = z.object({
  cpu: z.number().optional(),
  memory: z.number().optional(),
  container: z
    .object({
      name: z.string(),
      command: z.array(z.string()).optional(),
      environment: Pairs.optional(),
      cpu: z.number().optional(),
      memory: z.number().optional(),
    })
    .optional(),
});
export type Override = z.infer<typeof Override>;

export const TaskStatus = z.enum([
  'PROVISIONING',
  'PENDING',
  'RUNNING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
]);
export type TaskStatus = z.infer<typeof TaskStatus>;

export const StopCode = z.enum([
  'TaskFailedToStart',
  'EssentialContainerExited',
  'UserInitiated',
  'ServiceSchedulerInitiated',
  'TerminationNotice',
]);
export type StopCode = z.infer<typeof StopCode>;

/** Times are epoch milliseconds. */
export const Task = z.object({
  region: z.string(),
  arn: z.string(),
  id: z.string(),
  cluster: z.string(),
  definitionArn: z.string(),
  family: z.string(),
  group: z.string(),
  /** ARN of the service that wants it; `startedBy` is then the deployment. */
  service: z.string().optional(),
  startedBy: z.string().optional(),
  subnet: z.string(),
  securityGroups: z.array(z.string()).default([]),
  /** Whether its network interface has an address of the internet. */
  isPublic: z.boolean().default(false),
  platformVersion: z.string(),
  overrides: Override,
  tags: Pairs,
  clientToken: z.string().optional(),
  lastStatus: TaskStatus,
  desiredStatus: z.enum(['RUNNING', 'STOPPED']),
  version: z.number(),
  createdAt: z.number(),
  startedAt: z.number().optional(),
  stoppingAt: z.number().optional(),
  executionStoppedAt: z.number().optional(),
  stoppedAt: z.number().optional(),
  stopCode: StopCode.optional(),
  stoppedReason: z.string().optional(),
  address: z.string().optional(),
  imageDigest: z.string().optional(),
  exitCode: z.number().optional(),
  containerReason: z.string().optional(),
  runner: z.string().optional(),
  notEnforced: z.array(z.string()).optional(),
});
export type Task = z.infer<typeof Task>;

const Cluster = z.object({
  region: z.string(),
  name: z.string(),
  arn: z.string(),
  tags: Pairs,
});
export type Cluster = z.infer<typeof Cluster>;

/** A RunTask call that was answered, so that a retry of it starts nothing. */
const Answered = z.object({
  region: z.string(),
  cluster: z.string(),
  token: z.string(),
  /** Digest of the request. */
  request: z.string(),
  taskArns: z.array(z.string()),
  at: z.number(),
});
export type Answered = z.infer<typeof Answered>;

const State = z.object({
  clusters: z.array(Cluster),
  definitions: z.array(Definition),
  tasks: z.array(Task),
  services: z.array(Service).default([]),
  answered: z.array(Answered),
});

/** ECS shows a stopped task for about an hour, and knows a client token for a day. */
const STOPPED_KEPT_MS = 3_600_000;
const TOKEN_KEPT_MS = 86_400_000;

/**
 * What the embedded ECS knows, in memory and on disk. The maps may be changed freely; `save` makes
 * the changes durable.
 */
export const openEcsState = async (folder: string) => {
  const file = await openStateFile(path.join(folder, 'state.json'), State, {
    clusters: [],
    definitions: [],
    tasks: [],
    services: [],
    answered: [],
  });
  const found = file.value;
  const clusters = new Map(found.clusters.map((one) => [one.arn, one]));
  const definitions = new Map(found.definitions.map((one) => [one.arn, one]));
  const tasks = new Map(found.tasks.map((one) => [one.arn, one]));
  const services = new Map(found.services.map((one) => [one.arn, one]));
  let answered = found.answered;
  return {
    clusters,
    definitions,
    tasks,
    services,
    answerTo: (region: string, cluster: string, token: string) =>
      answered.find((a) => a.region === region && a.cluster === cluster && a.token === token),
    remember: (one: Answered) => void answered.push(one),
    /** Forgets what ECS would have forgotten by `now`; returns the ids of the tasks. */
    forget(now: number): string[] {
      answered = answered.filter((one) => now - one.at < TOKEN_KEPT_MS);
      const old = [...tasks.values()].filter(
        (task) => task.stoppedAt !== undefined && now - task.stoppedAt > STOPPED_KEPT_MS,
      );
      for (const task of old) tasks.delete(task.arn);
      return old.map((task) => task.id);
    },
    /** Resolves when everything changed so far is on disk. Rejects with DiskFull. */
    save: (): Promise<void> =>
      file.save({
        clusters: [...clusters.values()],
        definitions: [...definitions.values()],
        tasks: [...tasks.values()],
        services: [...services.values()],
        answered,
      }),
  };
};
export type EcsState = Awaited<ReturnType<typeof openEcsState>>;
