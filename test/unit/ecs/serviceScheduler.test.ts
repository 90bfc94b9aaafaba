// Goal: a service is looked at again whenever time alone changes what is to be done.
// Method: the real scheduler and its state file, on a clock that moves while it works.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { newDeployment } from '../../../local/ecs/services/deployments.ts';
import { createServiceScheduler } from '../../../local/ecs/services/scheduler.ts';
import { openEcsState } from '../../../local/ecs/state.ts';
import { manualClock } from '../../support/manualClock.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'failover-ecs-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ARN = 'arn:aws:ecs:eu-west-1:000000000000:service/drill/shop';
const DEFINITION = 'arn:aws:ecs:eu-west-1:000000000000:task-definition/shop:1';

it('starts again after a failure though the pause ended while it was looking', async () => {
  const { clock, advance, settle } = manualClock(1_000_000);
  const state = await openEcsState(folder);
  state.definitions.set(DEFINITION, {
    region: 'eu-west-1',
    arn: DEFINITION,
    family: 'shop',
    revision: 1,
    active: true,
    cpu: 256,
    memory: 512,
    container: { name: 'shop', image: 'shop', portMappings: [], environment: {} },
    tags: {},
    registeredAt: 0,
  });
  let creepMs = 0;
  const begun: string[] = [];
  const scheduler = createServiceScheduler({
    state,
    clock: {
      ...clock,
      now: () => {
        const nowMs = clock.now() + creepMs;
        // Each look at the clock takes a little, as on a busy machine.
        creepMs += 0.4;
        return nowMs;
      },
    },
    lifecycle: { begin: ({ id }) => void begun.push(id), stop: () => {} },
    newTaskId: () => `task-${begun.length}`,
    targets: undefined,
    room: () => 10,
    onFault: (error) => {
      throw error;
    },
  });
  const pauseEndsMs = 1_000_001;
  state.services.set(ARN, {
    region: 'eu-west-1',
    arn: ARN,
    name: 'shop',
    cluster: 'arn:aws:ecs:eu-west-1:000000000000:cluster/drill',
    status: 'ACTIVE',
    desiredCount: 1,
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    loadBalancers: [],
    graceS: 0,
    subnets: [],
    isPublic: false,
    securityGroups: [],
    platformVersion: '1.4.0',
    tags: {},
    createdAt: 0,
    request: '',
    deployments: [{ ...newDeployment(DEFINITION, 0), failedTasks: 1, startsAtMs: pauseEndsMs }],
    events: [],
  });
  scheduler.look(ARN);
  await settle();
  await advance(10);
  // What is begun is on disk before.
  await vi.waitFor(() => expect(begun).toHaveLength(1), 60_000);
  scheduler.close();
});
