// Goal: a service's scheduler keeps to the limits of its deployment in every situation it can be in.
// Method: the pure plan, by examples and by random situations.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment, Service } from '../../../local/ecs/services/model.ts';
import {
  backoffMs,
  failureThreshold,
  planService,
  type ServiceTask,
} from '../../../local/ecs/services/plan.ts';

const NOW = 1_000_000;

const deployment = (id: string, over: Partial<Deployment> = {}): Deployment => ({
  id,
  definitionArn: `arn:${id}`,
  status: 'PRIMARY',
  rolloutState: 'IN_PROGRESS',
  rolloutStateReason: '',
  failedTasks: 0,
  startsAtMs: 0,
  createdAt: 0,
  updatedAt: 0,
  ...over,
});

const service = (over: Partial<Service> = {}): Service => ({
  region: 'eu-west-1',
  arn: 'arn:shop',
  name: 'shop',
  cluster: 'arn:drill',
  status: 'ACTIVE',
  desiredCount: 2,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  circuitBreaker: { enable: false, rollback: false },
  loadBalancers: [],
  graceS: 0,
  subnets: [],
  isPublic: false,
  securityGroups: [],
  platformVersion: '1.4.0',
  tags: {},
  createdAt: 0,
  request: '',
  deployments: [deployment('new'), deployment('old', { status: 'ACTIVE' })],
  events: [],
  ...over,
});

let count = 0;
const tasks = (of: string, ...stages: ServiceTask['stage'][]): ServiceTask[] =>
  stages.map((stage) => ({ arn: `task-${++count}`, deployment: of, stage }));

const stopped = (plan: ReturnType<typeof planService>, all: readonly ServiceTask[]) =>
  plan.stop.map(({ arn, why }) => {
    const task = all.find((one) => one.arn === arn);
    return `${task?.deployment} ${task?.stage} ${why}`;
  });

describe('a rolling deployment', () => {
  it('starts beside what runs, and stops nothing before the new tasks are of use', () => {
    const all = tasks('old', 'ready', 'ready');
    expect(planService(service(), all, NOW)).toEqual({ start: 2, stop: [], complete: false });
    const starting = [...all, ...tasks('new', 'starting', 'starting')];
    expect(planService(service(), starting, NOW)).toMatchObject({ start: 0, stop: [] });
  });

  it('stops one old task for each new one that is of use', () => {
    const all = [...tasks('old', 'ready', 'ready'), ...tasks('new', 'ready', 'starting')];
    const plan = planService(service(), all, NOW);
    expect(stopped(plan, all)).toEqual(['old ready replaced']);
    expect(plan.complete).toBe(false);
  });

  it('makes room first where it may not run more than is wanted', () => {
    const tight = service({ minimumHealthyPercent: 50, maximumPercent: 100 });
    const all = tasks('old', 'ready', 'ready');
    const plan = planService(tight, all, NOW);
    expect(stopped(plan, all)).toEqual(['old ready replaced']);
    expect(plan.start).toBe(1);
  });

  it('is complete when all it wants is of use and nothing else is left', () => {
    const fresh = tasks('new', 'ready', 'ready');
    expect(planService(service(), fresh, NOW).complete).toBe(true);
    const leaving = [...fresh, ...tasks('old', 'stopping')];
    expect(planService(service(), leaving, NOW).complete).toBe(false);
  });

  it('that failed starts nothing more', () => {
    const failed = service({ deployments: [deployment('new', { rolloutState: 'FAILED' })] });
    expect(planService(failed, [], NOW).start).toBe(0);
  });

  it('waits after failures', () => {
    const later = service({ deployments: [deployment('new', { startsAtMs: NOW + 1 })] });
    expect(planService(later, [], NOW).start).toBe(0);
    expect(planService(later, [], NOW + 1).start).toBe(2);
  });
});

describe('scaling', () => {
  it('down stops what serves least first, then the youngest', () => {
    const all = tasks('new', 'ready', 'starting', 'ready');
    const one = service({ desiredCount: 1, deployments: [deployment('new')] });
    const plan = planService(one, all, NOW);
    expect(plan.stop.map(({ arn }) => arn)).toEqual([all[1]?.arn, all[2]?.arn]);
  });

  it('to nothing stops all', () => {
    const all = [...tasks('old', 'ready'), ...tasks('new', 'starting')];
    expect(planService(service({ desiredCount: 0 }), all, NOW).stop).toHaveLength(2);
  });

  it('replaces what fails its health checks', () => {
    const all = tasks('new', 'unhealthy', 'ready');
    const plan = planService(service({ deployments: [deployment('new')] }), all, NOW);
    expect(stopped(plan, all)).toEqual(['new unhealthy unhealthy']);
    expect(plan.start).toBe(1);
  });
});

it('never stops below the least that must be of use, and never starts above the most', () => {
  const stage = fc.constantFrom('starting', 'ready', 'unhealthy', 'stopping' as const);
  const task = fc.record({ arn: fc.uuid(), deployment: fc.constantFrom('new', 'old'), stage });
  const situation = fc.record({
    all: fc.uniqueArray(task, { maxLength: 12, selector: ({ arn }) => arn }),
    desiredCount: fc.nat(6),
    minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
    maximumPercent: fc.integer({ min: 100, max: 200 }),
  });
  fc.assert(
    fc.property(situation, ({ all, ...limits }) => {
      const wanted = service(limits);
      const plan = planService(wanted, all, NOW);
      const gone = new Set(plan.stop.map(({ arn }) => arn));
      const ready = all.filter((one) => one.stage === 'ready');
      const kept = ready.filter(({ arn }) => !gone.has(arn)).length;
      const least = Math.ceil((limits.desiredCount * limits.minimumHealthyPercent) / 100);
      // Surplus of the new deployment is not bound by it: it is more than is wanted anyway.
      const surplus = plan.stop.filter(({ why }) => why === 'surplus').length;
      expect(kept + surplus).toBeGreaterThanOrEqual(Math.min(least, ready.length));
      const alive = all.filter(
        ({ arn, stage: at }) => !gone.has(arn) && (at === 'ready' || at === 'starting'),
      );
      const most = Math.floor((limits.desiredCount * limits.maximumPercent) / 100);
      if (plan.start > 0) expect(alive.length + plan.start).toBeLessThanOrEqual(most);
    }),
  );
});

it('gives a deployment up after half as many failures as are wanted, 3 to 200', () => {
  expect([1, 6, 7, 100, 1_000].map(failureThreshold)).toEqual([3, 3, 4, 50, 200]);
});

it('doubles the pause after each failure, up to a minute', () => {
  expect([0, 1, 2, 3, 20].map(backoffMs)).toEqual([0, 500, 1_000, 2_000, 60_000]);
});
