import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-ecs';
import { realClock } from '../../../local/clock.ts';
import { ec2Front } from '../../../local/ec2/service.ts';
import { createEcs, type Ecs, type EcsNeeds } from '../../../local/ecs/createEcs.ts';
import type { TaskNetwork } from '../../../local/ecs/lifecycle.ts';
import { createProcessRunner } from '../../../local/ecs/runners/process.ts';
import { startWireServer, type WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';

/** A network without delays: relays bytes and nothing else. */
const plainNetwork: TaskNetwork = {
  listen: ({ host, port, target }) =>
    new Promise((resolve, reject) => {
      const open = new Set<net.Socket>();
      const server = net.createServer((near) => {
        const far = net.connect(target);
        for (const socket of [near, far]) {
          open.add(socket);
          socket.on('error', () => {});
          socket.on('close', () => {
            near.destroy();
            far.destroy();
            open.delete(socket);
          });
        }
        near.pipe(far).pipe(near);
      });
      server.once('error', reject);
      server.listen(port, host, () =>
        resolve({
          close: () =>
            new Promise<void>((done) => {
              server.close(() => done());
              for (const socket of open) socket.destroy();
            }),
        }),
      );
    }),
};

export type Cloud = {
  readonly ecs: Ecs;
  readonly wire: WireServer;
  readonly client: sdk.ECSClient;
  close(): Promise<void>;
};

/** The embedded ECS behind a real endpoint, with a cluster named `drill`. */
export const startCloud = async (
  needs: Omit<EcsNeeds, 'clock' | 'network'> & Partial<EcsNeeds>,
): Promise<Cloud> => {
  const ecs = await createEcs({ clock: realClock, network: plainNetwork, ...needs });
  await ecs.recover();
  const onFault = (error: unknown): void => {
    throw error;
  };
  const wire = await startWireServer({
    services: [
      serviceFromSdk(sdk, 'ecs', ecs.operations),
      ec2Front({ interfaces: ecs.interfaces, onFault }),
    ],
  });
  const client = new sdk.ECSClient({
    region: 'eu-west-1',
    endpoint: wire.url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  });
  await client.send(new sdk.CreateClusterCommand({ clusterName: 'drill' }));
  return {
    ecs,
    wire,
    client,
    close: async () => {
      client.destroy();
      await wire.close();
      await ecs.close();
    },
  };
};

/** An image that is a Node program run as a plain process. */
const programImage = (text: string) => ({
  kind: 'process' as const,
  digest: `sha256:${'ab'.repeat(32)}`,
  cwd: os.tmpdir(),
  env: {},
  command: [process.execPath, '-e', text],
});

/** A cloud whose tasks are the given programs as plain processes, on its own data folder if none is given. */
export const startProcessCloud = async (
  programs: Readonly<Record<string, string>>,
  more: Partial<EcsNeeds> = {},
): Promise<Cloud & { readonly dataDir: string }> => {
  const dataDir = more.dataDir ?? mkdtempSync(path.join(os.tmpdir(), 'failover-ecs-'));
  const cloud = await startCloud({
    dataDir,
    runner: async (ledger) => createProcessRunner(ledger, 'for this test'),
    images: async (name) => {
      const text = programs[name];
      return text === undefined ? undefined : programImage(text);
    },
    ...more,
  });
  return {
    ...cloud,
    dataDir,
    close: async () => {
      await cloud.close();
      if (more.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

export const definitionInput = (
  image: string,
  container: Partial<sdk.ContainerDefinition> = {},
): sdk.RegisterTaskDefinitionCommandInput => ({
  family: 'shop',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [
    {
      name: 'app',
      image,
      essential: true,
      portMappings: [{ containerPort: 8080, protocol: 'tcp' }],
      stopTimeout: 1,
      ...container,
    },
  ],
});

export const runInput = (more: Partial<sdk.RunTaskCommandInput> = {}): sdk.RunTaskCommandInput => ({
  cluster: 'drill',
  taskDefinition: 'shop',
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  ...more,
});

/** Registers a definition for the image and runs it; returns the ARNs of the tasks. */
export const runTasks = async (
  { client }: Pick<Cloud, 'client'>,
  image: string,
  more: {
    container?: Partial<sdk.ContainerDefinition>;
    run?: Partial<sdk.RunTaskCommandInput>;
  } = {},
): Promise<string[]> => {
  await client.send(new sdk.RegisterTaskDefinitionCommand(definitionInput(image, more.container)));
  const { tasks = [] } = await client.send(new sdk.RunTaskCommand(runInput(more.run)));
  return tasks.map((task) => task.taskArn ?? '');
};

export const describeTasks = async (
  { client }: Pick<Cloud, 'client'>,
  tasks: string[],
): Promise<sdk.Task[]> => {
  const answer = await client.send(
    new sdk.DescribeTasksCommand({ cluster: 'drill', tasks, include: ['TAGS'] }),
  );
  return answer.tasks ?? [];
};

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until every task has one of the statuses. */
export const untilStatus = async (
  cloud: Pick<Cloud, 'client'>,
  arns: string[],
  statuses: readonly string[],
  withinMs = 90_000,
): Promise<sdk.Task[]> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const tasks = await describeTasks(cloud, arns);
    if (tasks.every((task) => statuses.includes(task.lastStatus ?? ''))) return tasks;
    if (performance.now() > deadline) {
      const found = tasks.map((task) => `${task.lastStatus} ${task.stoppedReason ?? ''}`);
      throw new Error(`not ${statuses.join(' or ')} within ${withinMs} ms: ${found.join(', ')}`);
    }
    await wait(5);
  }
};

export const addressOf = (task: sdk.Task | undefined): string =>
  task?.attachments?.[0]?.details?.find((one) => one.name === 'privateIPv4Address')?.value ?? '';

/** The network links to task containers on this machine, of whatever cloud. */
export const taskLinks = (): string[] =>
  existsSync('/sys/class/net')
    ? readdirSync('/sys/class/net').filter((name) => name.startsWith('fdrill'))
    : [];

/** Asks until the program answers; it may need a while to listen. */
export const fetchJson = async (
  url: string,
  withinMs = 90_000,
): Promise<Record<string, unknown>> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      return Object(await answer.json());
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(20);
    }
  }
};
