// Goal: votes that change nothing but themselves need no read, and none is lost where two evaluate.
// Method: `evaluate` as it is, in two sandboxes on the embedded DynamoDB, with its reads counted.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Vote } from '../../../core/health/vote.ts';
import { goodFacts, START_MS, voices } from '../../support/failovers.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { openWatchRun } from '../../support/watchRun.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

let world: WatchWorld;
beforeAll(async () => {
  world = await startWatchWorld();
});
afterAll(() => world.close());

const S = 1_000;
const at = (seconds: number) => START_MS + seconds * S;

it('evaluations read once for votes that change nothing else, and again after another has written', async () => {
  const plan = watchPlanWith({ service: 'known' });
  const run = await openWatchRun(world, { plan, startMs: START_MS, idle: true, facts: goodFacts });
  let reads = 0;
  const counted = <T extends unknown[], R>(read: (...args: T) => R) =>
    function counting(...args: T): R {
      reads += 1;
      return read(...args);
    };
  const { load, loadWithPlan } = world.table;
  const table = { ...world.table, load: counted(load), loadWithPlan: counted(loadWithPlan) };
  const [one, other] = [run.newEvaluator({ table }), run.newEvaluator({ table })];
  const heardBy = async (by: typeof one, nowMs: number, said: Vote[][]) => {
    run.setNow(nowMs);
    for (const votes of said) await run.send(run.voteEvent(votes), by);
  };
  // A watch that begins knows nothing, which is trouble until `up` has passed.
  for (let s = 0; s <= 10; s += 2) await heardBy(one, at(s), voices(at(s), 'UP', 60 * S));
  reads = 0;
  await heardBy(one, at(12), voices(at(12), 'UP', 62 * S));
  expect(reads).toBe(0);
  // The last vote of one observer is in the other's hands: nothing of it is lost.
  const [first, ...rest] = voices(at(14), 'DOWN', 2 * S);
  await heardBy(other, at(14), [first!]);
  await heardBy(one, at(14), rest);
  const { votes, state, version } = await run.stored();
  expect(votes.filter(({ vote }) => vote === 'DOWN')).toHaveLength(5);
  expect([state.phase, run.started().length]).toEqual(['ACQUIRE', 1]);
  expect(version).toBe(8 * 5);
  // Whoever met another writer reads before each step for a while.
  reads = 0;
  await heardBy(one, at(15), voices(at(15), 'DOWN', 3 * S));
  expect(reads).toBe(5);
});
