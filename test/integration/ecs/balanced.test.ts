// Goal: a service behind a load balancer answers without a gap through a new image, a bad image and
// the loss of a task, and again at the same address after its cloud was killed.
// Method: the embedded ECS and load balancers on the real network, over the wire; plain processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateClusterCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../contract/endpoint.ts';
import {
  type BalancedCloud,
  lookAtService,
  makeBalancer,
  makeService,
  registerImage,
  startBalancedCloud,
  targetStates,
} from '../../support/balancedCloud.ts';

const CHILD = fileURLToPath(new URL('./crashBalanced.ts', import.meta.url));

type Said = { readonly status: number; readonly image: unknown; readonly pid: number };

const ask = async (url: string): Promise<Said> => {
  const response = await fetch(url);
  const text = await response.text();
  return { status: response.status, ...(text.startsWith('{') ? JSON.parse(text) : {}) };
};

/** Asks without a pause until it is told to stop; answers with every status and image there was. */
const askOn = (url: string) => {
  const statuses = new Set<number>();
  const images = new Set<unknown>();
  let asking = true;
  const done = (async () => {
    while (asking) {
      const { status, image } = await ask(url);
      statuses.add(status);
      images.add(image);
    }
  })();
  return {
    stop: async () => {
      asking = false;
      await done;
      return { statuses: [...statuses], images: [...images].sort() };
    },
  };
};

describe('a service behind a load balancer', () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'failover-balanced-'));
  let cloud: BalancedCloud;
  let balancer: Awaited<ReturnType<typeof makeBalancer>>;

  const untilImage = (suffix: string, withinMs: number) =>
    eventually(
      `only shop:${suffix} runs`,
      async () => {
        const { deployments = [] } = (await lookAtService(cloud)) ?? {};
        const [only] = deployments;
        return (
          deployments.length === 1 &&
          only?.rolloutState === 'COMPLETED' &&
          only.taskDefinition?.endsWith(`shop:${suffix}`) === true
        );
      },
      withinMs,
    );

  beforeAll(async () => {
    cloud = await startBalancedCloud(dataDir);
    await cloud.ecs.send(new CreateClusterCommand({ clusterName: 'drill' }));
    balancer = await makeBalancer(cloud);
    await registerImage(cloud, 'one');
    const deploymentCircuitBreaker = { enable: true, rollback: true };
    await makeService(cloud, balancer.targetGroupArn, {
      deploymentConfiguration: { deploymentCircuitBreaker },
    });
    await untilImage('1', 20_000);
  });
  afterAll(async () => {
    await cloud.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('shares requests between its tasks', async () => {
    const pids = new Set<number>();
    for (let n = 0; n < 4; n++) pids.add((await ask(balancer.url)).pid);
    expect(pids.size).toBe(2);
  });

  it('is given a new image without one failed request', async () => {
    const asking = askOn(balancer.url);
    const taskDefinition = await registerImage(cloud, 'two');
    await cloud.ecs.send(
      new UpdateServiceCommand({ cluster: 'drill', service: 'shop', taskDefinition }),
    );
    await untilImage('2', 30_000);
    expect(await asking.stop()).toEqual({ statuses: [200], images: ['one', 'two'] });
  });

  it('keeps its image when another is broken, without one failed request', async () => {
    const asking = askOn(balancer.url);
    const taskDefinition = await registerImage(cloud, 'broken');
    await cloud.ecs.send(
      new UpdateServiceCommand({ cluster: 'drill', service: 'shop', taskDefinition }),
    );
    await untilImage('2', 30_000);
    const { events = [] } = (await lookAtService(cloud)) ?? {};
    expect(events.some(({ message }) => message?.includes('rolling back to deployment'))).toBe(
      true,
    );
    expect(await asking.stop()).toEqual({ statuses: [200], images: ['two'] });
  });

  it('gets another task for one that is killed', async () => {
    const { pid } = await ask(balancer.url);
    process.kill(pid, 'SIGKILL');
    await eventually('two others serve', async () => {
      const states = await targetStates(cloud, balancer.targetGroupArn);
      return (
        states.join() === 'healthy,healthy' && (await lookAtService(cloud))?.runningCount === 2
      );
    });
    for (let n = 0; n < 4; n++) expect((await ask(balancer.url)).pid).not.toBe(pid);
  });
});

it.skipIf(process.platform !== 'linux')(
  'is served again at the same address after its cloud was killed',
  async () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'failover-balanced-'));
    const child = spawn(process.execPath, [CHILD, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const { url, targetGroupArn } = JSON.parse(String(line));
    const before = await ask(url);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually('nothing listens', async () =>
      ask(url).then(
        () => false,
        () => true,
      ),
    );
    const cloud = await startBalancedCloud(dataDir);
    try {
      await eventually(
        'both tasks serve again, and no target of before is left',
        async () => (await targetStates(cloud, targetGroupArn)).join() === 'healthy,healthy',
      );
      const after = await ask(url);
      expect(after).toMatchObject({ status: 200, image: 'one' });
      expect(after.pid).not.toBe(before.pid);
      expect(await lookAtService(cloud)).toMatchObject({ runningCount: 2, desiredCount: 2 });
    } finally {
      await cloud.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
);
