// Goal: votes may come twice, late, out of order or not at all, two evaluations may meet, a process
// may die between saving and doing: the watch ends up where it should. Method: `evaluate` as it is,
// on the embedded DynamoDB and EventBridge, with votes of given moments.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Vote } from '../../../core/health/vote.ts';
import { AwsError } from '../../../local/wire/types.ts';
import { eventually } from '../../contract/endpoint.ts';
import {
  goodFacts,
  HOME,
  type Opinion,
  STANDBY,
  START_MS,
  voices,
} from '../../support/failovers.ts';
import { type PlanOptions, watchPlanWith } from '../../support/watchPlans.ts';
import { openWatchRun, type WatchRun } from '../../support/watchRun.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

let world: WatchWorld;
beforeAll(async () => {
  world = await startWatchWorld();
});
afterAll(() => world.close());

let runs = 0;
type Facts = (nowMs: number) => ReturnType<typeof goodFacts> | null;
type Options = PlanOptions & { idle?: boolean; facts?: Facts };
const opened = (options: Options = {}): Promise<WatchRun> => {
  const { idle = false, facts = goodFacts, ...rest } = options;
  const plan = watchPlanWith({ ...rest, service: `eval${++runs}` });
  return openWatchRun(world, { plan, startMs: START_MS, idle, facts });
};

const S = 1_000;
const at = (seconds: number) => START_MS + seconds * S;

const hearAll = async (run: WatchRun, nowMs: number, said: Vote[][]): Promise<void> => {
  for (const votes of said) await run.hear(nowMs, votes);
};

/** Well at first, then in doubt, so that facts are there, then about to be found down. */
const doubted = async (run: WatchRun): Promise<void> => {
  await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
  await hearAll(run, at(2), voices(at(2), 'DOUBT', 1 * S));
};
const down = (seconds: number) => voices(at(seconds), 'DOWN', (seconds - 1) * S);

describe('scenario 11: votes', () => {
  it('that come three times each, in any order, move traffic once', async () => {
    const run = await opened();
    await doubted(run);
    const said = [...down(3), ...down(3), ...down(3)].reverse();
    await hearAll(run, at(3), said);
    await hearAll(run, at(3) + 500, [...down(3), ...voices(at(2), 'UP', 60 * S)]);
    const { state } = await run.stored();
    expect(state).toMatchObject({ phase: 'STABILIZE', active: STANDBY, epoch: 1 });
    expect(run.started()).toHaveLength(1);
  });

  it('that are older than what is known change nothing and are not written', async () => {
    const run = await opened();
    await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
    const before = await run.stored();
    await hearAll(run, at(0) + 500, voices(at(-1), 'DOWN', 30 * S));
    await hearAll(run, at(0) + 600, voices(at(0), 'UP', 60 * S));
    await run.tick(at(0) + 700);
    expect(await run.stored()).toEqual(before);
  });

  it('that were delayed until they are stale count as silence', async () => {
    const run = await opened();
    await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
    await hearAll(run, at(10), voices(at(6), 'DOWN', 5 * S));
    const { verdicts, state } = await run.stored();
    expect(verdicts).toContainEqual({ region: HOME, state: 'UNKNOWN' });
    expect([state.active, run.started()]).toEqual([HOME, []]);
  });

  it('of strangers, and about other regions, are left out', async () => {
    const run = await opened();
    const [one] = voices(at(0), 'DOWN', 30 * S);
    const odd = one!.map((vote) => ({ ...vote, observer: 'eu-south-1' }));
    const elsewhere = one!.map((vote) => ({ ...vote, target: 'us-west-2' }));
    await run.hear(at(0), [...odd, ...elsewhere]);
    expect((await run.stored()).votes).toEqual([]);
  });
});

describe('verdicts', () => {
  it('are told when they turn, and not because a watch begins', async () => {
    const run = await opened({ idle: true });
    await run.tick(at(0));
    await hearAll(run, at(1), voices(at(1), 'UP', 60 * S));
    await hearAll(run, at(2), voices(at(2), 'UP', 61 * S));
    await hearAll(run, at(4), voices(at(4), 'DOWN', 2 * S));
    await eventually('three verdicts', () => run.heard('RegionVerdict').length >= 3);
    const told = run
      .heard('RegionVerdict')
      .map(({ detail }) => [detail['region'], detail['state']]);
    expect(told.filter(([region]) => region === STANDBY)).toEqual([[STANDBY, 'UP']]);
    expect(told.filter(([region]) => region === HOME)).toEqual([
      [HOME, 'UP'],
      [HOME, 'DOWN'],
    ]);
  });
});

describe('evaluations that meet', () => {
  it('all count: ten at the same moment, of which nine have to try again', async () => {
    const run = await opened();
    await run.tick(at(0));
    const sandboxes = Array.from({ length: 10 }, () => run.newEvaluator());
    const said = voices(at(0), 'UP', 60 * S).flatMap((votes) => votes.map((vote) => [vote]));
    run.setNow(at(0) + 100);
    await Promise.all(said.map((votes, index) => run.send(run.voteEvent(votes), sandboxes[index])));
    const { votes, version, verdicts } = await run.stored();
    expect([votes.length, version]).toEqual([10, 11]);
    expect(verdicts.map(({ state }) => state)).toEqual(['UP', 'UP']);
  });

  it('start one execution, however many of them decide', async () => {
    const run = await opened({ idle: true });
    await doubted(run);
    await hearAll(run, at(3), down(3).slice(0, 2));
    run.setNow(at(3));
    const [, , deciding] = down(3);
    const sandboxes = [run.newEvaluator(), run.newEvaluator(), run.newEvaluator()];
    await Promise.all(sandboxes.map((by) => run.send(run.voteEvent(deciding!), by)));
    expect(run.started().map(({ name }) => name)).toEqual([`eval${runs}-0-1`]);
    expect((await run.stored()).state).toMatchObject({ phase: 'ACQUIRE', epoch: 0 });
  });
});

describe('scenario 14: clocks', () => {
  it('of an observer five minutes ahead or behind: its votes count as abstentions', async () => {
    for (const offMs of [300_000, -300_000]) {
      const run = await opened();
      await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
      const [odd] = voices(at(1) + offMs, 'DOWN', 30 * S);
      await run.hear(at(1), odd!);
      const { verdicts } = await run.stored();
      expect(verdicts).toContainEqual({ region: HOME, state: 'UP' });
      // Set right, it is heard again at once.
      const [right] = voices(at(2), 'UP', 60 * S);
      await run.hear(at(2), right!);
      expect((await run.stored()).votes.filter(({ atMs }) => atMs === at(2))).toHaveLength(2);
    }
  });

  it('of the evaluator thirty seconds ahead: it knows nothing, pages, and moves nothing', async () => {
    const run = await opened();
    for (const later of [0, 2, 4, 6, 8, 10, 12]) {
      await hearAll(run, at(30 + later), voices(at(later), 'DOWN', (30 + later) * S));
    }
    expect((await run.stored()).state).toMatchObject({ phase: 'SUSPECT', active: HOME });
    expect(run.started()).toEqual([]);
    await eventually('a page', () => run.notices().includes('page'));
  });
});

describe('scenario 15: votes that stop', () => {
  it.each<Opinion>(['UP', 'DOUBT'])(
    'at %s: ticks find out, page, and move nothing',
    async (frozen) => {
      const run = await opened();
      await hearAll(run, at(0), voices(at(0), frozen, 1 * S));
      for (const seconds of [60, 120, 180]) await run.tick(at(seconds));
      const { state, verdicts } = await run.stored();
      expect(verdicts).toEqual([
        { region: HOME, state: 'UNKNOWN' },
        { region: STANDBY, state: 'UNKNOWN' },
      ]);
      expect(state).toMatchObject({ phase: 'SUSPECT', active: HOME });
      expect(run.started()).toEqual([]);
      await eventually('a page', () => run.notices().includes('page'));
      expect(run.notices().filter((notice) => notice === 'page')).toHaveLength(1);
    },
  );
});

describe('a crash between saving and doing', () => {
  it('is made good by the next evaluation, of whichever process', async () => {
    const run = await opened({ idle: true });
    await doubted(run);
    await hearAll(run, at(3), down(3).slice(0, 2));
    // The machine cannot be started, and whoever tried is gone.
    world.meets.set('StartExecution', () => {
      throw new AwsError('ExecutionLimitExceeded', 'too many');
    });
    await run.hear(at(3), down(3)[2]!);
    world.meets.clear();
    expect(run.started()).toEqual([]);
    const { state, outbox } = await run.stored();
    expect(state.phase).toBe('ACQUIRE');
    expect(outbox.flatMap(({ actions }) => actions.map((action) => action.do))).toContain('start');
    const other = run.newEvaluator();
    run.setNow(at(7));
    await run.send(run.voteEvent(voices(at(7), 'DOWN', 6 * S)[0]!), other);
    expect(run.started()).toHaveLength(1);
    // It is known to be done, and leaves with the next write.
    run.setNow(at(8));
    await run.send(run.voteEvent(voices(at(8), 'DOWN', 7 * S)[0]!), other);
    expect((await run.stored()).outbox).toEqual([]);
  });

  it('of a machine that ended without a word: the move is given up and told', async () => {
    const run = await opened({ idle: true });
    await doubted(run);
    await hearAll(run, at(3), down(3).slice(0, 3));
    const [started] = run.started();
    if (started === undefined) throw new Error('nothing was started');
    const key = [...world.executions].find(([, one]) => one.name === started.name)![0];
    await run.transitions.apply(
      `eval${runs}`,
      [{ kind: 'lease', won: true, nowMs: at(4), execution: started.name }],
      new AbortController().signal,
    );
    world.executions.set(key, { ...started, status: 'FAILED' });
    await run.tick(at(60));
    const { state } = await run.stored();
    expect(state).toMatchObject({ phase: 'HOLD', active: HOME, epoch: 1, execution: null });
    await eventually('failure told', () => run.notices().includes('failed'));
  });
});

describe('an approval', () => {
  const asked = async () => {
    const run = await opened({ failover: { mode: 'approve' }, idle: true });
    await doubted(run);
    await hearAll(run, at(3), down(3).slice(0, 3));
    const { state } = await run.stored();
    if (state.approval === null) throw new Error('nobody was asked');
    const { decisionId, epoch } = state.approval;
    const service = `eval${runs}`;
    const word = { kind: 'approval' as const, service, decisionId, epoch, nonce: 'nonce-000001' };
    return { run, word };
  };

  it('moves traffic after the gates were asked again', async () => {
    const { run, word } = await asked();
    expect(run.started()).toEqual([]);
    await hearAll(run, at(4), down(4));
    const answer = await run.send(word);
    expect(answer).toMatchObject({ accepted: true, why: expect.stringContaining('moves') });
    expect(run.started()).toHaveLength(1);
    const kept = await world.table.decision(word.service, word.decisionId);
    expect(kept?.decision.plan).toMatchObject({ plan: 'approve' });
  });

  it.each([
    ['forged', { decisionId: 'not-the-one-asked' }, 'no approval is asked for decision'],
    ['of another epoch', { epoch: 7 }, 'epoch 7 has passed'],
  ])('that is %s is refused', async (_what, over, why) => {
    const { run, word } = await asked();
    const answer = await run.send({ ...word, ...over });
    expect(answer).toMatchObject({ accepted: false, why: expect.stringContaining(why) });
    // No gate was asked, so none is shown as a reason.
    expect(answer.decision).toBeNull();
    expect(run.started()).toEqual([]);
    expect(answer.state.phase).toBe('AWAIT_APPROVAL');
  });

  it('that is repeated, or late, is refused', async () => {
    const { run, word } = await asked();
    await hearAll(run, at(4), down(4));
    await run.send(word);
    expect(await run.send(word)).toMatchObject({
      accepted: false,
      why: 'this approval has been used before',
    });
    expect(run.started()).toHaveLength(1);
    const { run: late, word: lateWord } = await asked();
    late.setNow(at(3) + 900 * S);
    expect(await late.send({ ...lateWord, nonce: 'nonce-000002' })).toMatchObject({
      accepted: false,
      why: expect.stringContaining('the time to approve has passed'),
    });
  });
});

describe('facts of the gates', () => {
  it('that no suspicion had gathered are waited for, and nobody hears of a hold', async () => {
    const run = await opened({ idle: true });
    await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
    // Found down at once, as after an evaluator that was away.
    await hearAll(run, at(3), down(3));
    expect(run.started()).toHaveLength(1);
    const { decisionId } = (await run.stored()).state.execution!;
    const kept = await world.table.decision(`eval${runs}`, decisionId);
    expect(kept?.input.facts).toEqual(goodFacts(at(3)));
    await eventually('the decision told', () => run.notices().includes('decided'));
    expect(run.notices()).toEqual(['suspect', 'decided']);
  });

  it('that cannot be gathered block, and that is told once', async () => {
    const run = await opened({ facts: () => null });
    await doubted(run);
    for (const seconds of [3, 4, 5]) await hearAll(run, at(seconds), down(seconds));
    expect(run.started()).toEqual([]);
    await eventually('a hold', () => run.notices().includes('held'));
    expect(run.notices()).toEqual(['suspect', 'held']);
    const [held] = run.heard('FailoverNotice').slice(-1);
    expect(held?.detail['why']).toContain('too few switches can be written');
  });
});

describe('orders and alarms', () => {
  it('an order to flip is carried out through the gates, with fresh facts', async () => {
    let found: ReturnType<typeof goodFacts> | null = null;
    const run = await opened({ idle: true, facts: () => found });
    const service = `eval${runs}`;
    await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
    const order = { kind: 'order' as const, service, order: 'flip' as const };
    const refused = await run.send(order);
    expect(refused).toMatchObject({ accepted: false, why: expect.stringMatching(/^G10: /) });
    expect(run.prepared()).toBe(1);
    found = goodFacts(at(0));
    const answer = await run.send(order);
    expect(answer).toMatchObject({
      accepted: true,
      why: `eval${runs}-0-1 moves ${service} to ${STANDBY}`,
    });
    expect(answer.decision?.plan.gates).toHaveLength(10);
    const again = await run.send(order);
    expect(again).toMatchObject({
      accepted: false,
      why: `cannot flip now: ${service} is ACQUIRE, ${HOME} is active`,
    });
  });

  it('an order to go back from home has nowhere to go', async () => {
    const run = await opened();
    const service = `eval${runs}`;
    await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
    expect(await run.send({ kind: 'order', service, order: 'back' })).toMatchObject({
      accepted: false,
      why: `cannot go back now: ${service} is STEADY, ${HOME} is active`,
    });
  });

  it('an alarm raises suspicion and decides nothing, until it is taken back', async () => {
    const run = await opened();
    const service = `eval${runs}`;
    await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
    const alarm = { service, region: HOME, source: 'pager', atMs: at(1) };
    const ring = (ringing: boolean) =>
      run.send({
        source: 'failover-drill',
        'detail-type': 'ExternalAlarm',
        detail: { ...alarm, ringing },
      });
    run.setNow(at(1));
    expect((await ring(true)).state).toMatchObject({
      phase: 'SUSPECT',
      alarm: { source: 'pager', atMs: at(1) },
    });
    expect((await ring(false)).state.alarm).toBeNull();
    expect(run.started()).toEqual([]);
  });

  it('a quorum that agrees with an alarm of CloudWatch moves traffic at once', async () => {
    const run = await opened({ idle: true, health: { down: '30s' } });
    await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
    run.setNow(at(1));
    await run.send({
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      time: at(1),
      region: HOME,
      detail: { alarmName: 'shop-5xx', state: { value: 'ALARM' } },
    });
    await hearAll(run, at(2), voices(at(2), 'DEGRADED', 1 * S).slice(0, 3));
    const { state } = await run.stored();
    expect(state.execution).toMatchObject({ cause: 'external', to: STANDBY });
  });

  it('asked how it stands, it says so and changes nothing', async () => {
    const run = await opened();
    const service = `eval${runs}`;
    await hearAll(run, at(0), voices(at(0), 'UP', 60 * S));
    const before = await run.stored();
    const status = await run.send({ kind: 'status', service });
    expect(status).toMatchObject({ accepted: true, version: before.version });
    expect(status.decision?.plan).toMatchObject({ plan: 'stay' });
    expect(await run.stored()).toEqual(before);
  });
});
