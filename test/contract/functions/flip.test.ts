// Goal: of all executors only the one that holds the lease moves traffic, once, at its epoch, with fresh
// evidence; a move can be repeated, rolled back, done by shares, and needs neither the primary nor
// us-east-1 with driver `quorum` (I2, I3, I6, I8, I11; scenarios 12, 13, 21).
// Method: the real acquire-lease, fence and flip on the embedded table, S3 and Route 53, with faults.
import { once } from 'node:events';
import http from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Leases } from '../../../aws/leases.ts';
import type { Flipped } from '../../../events/failoverFlip.ts';
import type { WatchPlan } from '../../../events/watchPlan.ts';
import { proveLease } from '../../../functions/_hold.ts';
import { realClock } from '../../../local/clock.ts';
import { HOME, STANDBY } from '../../support/failovers.ts';
import { EXECUTION, type FlipWorld, startFlipWorld, votesAt } from '../../support/flipWorld.ts';
import { plain, startRoute53 } from '../../support/route53.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { eventually } from '../endpoint.ts';

const RECORD = 'www.ex.test';
const HOME_ADDRESS = '127.0.1.1';
const AWAY = '127.0.2.1';
const signal = new AbortController().signal;
const ORDER = {
  ...{ service: 'shop', execution: EXECUTION },
  ...{ weight: 0, weightSinceMs: null, changeId: null },
};

let zone: Awaited<ReturnType<typeof startRoute53>>;
let world: FlipWorld;

beforeEach(async () => {
  zone = await startRoute53({ clock: realClock });
  world = await startFlipWorld(zone.url);
  await zone.change(['CREATE', plain(RECORD, 'A', HOME_ADDRESS)]);
});
afterEach(async () => {
  await world.close();
  await zone.close();
});

const planOf = (over: Partial<WatchPlan> = {}): WatchPlan => ({
  ...watchPlanWith({ observers: [] }),
  ...{ record: RECORD, zone: 'ex.test', zoneId: zone.zoneId },
  ...over,
});
const acquire = (who = world.executor()) =>
  who.acquire({ service: 'shop', execution: EXECUTION }, signal);
const flipBy = async (
  who: ReturnType<FlipWorld['executor']>,
  over: Partial<Parameters<typeof who.flip>[0]> = {},
): Promise<Flipped> => {
  const order = { ...ORDER, move: 'flip' as const, ...over };
  return (await who.flip(order as Parameters<typeof who.flip>[0], signal)) as Flipped;
};
const state = async () => (await world.table.state('shop'))?.state;
const answers = () => zone.answers(RECORD);

describe('the lease', () => {
  it('is won once; what has nothing to do is passed over', async () => {
    await world.seed(planOf());
    expect(await acquire()).toMatchObject({ won: true, fence: false, scale: false });
    expect(await world.table.lease('shop')).toMatchObject({ epoch: 1, holder: 'shop-0-1' });
    expect(await state()).toMatchObject({ phase: 'FLIP', epoch: 1 });
  });

  it('of another executor ends this one, and a repeat by the holder goes on', async () => {
    await world.seed(planOf());
    const rival = { ...EXECUTION, name: 'shop-0-2' };
    await world.executor().acquire({ service: 'shop', execution: rival }, signal);
    expect(await acquire()).toMatchObject({ ok: false, won: false });
    expect(await state()).toMatchObject({ phase: 'SUSPECT', execution: null });
    await world.seed(planOf(), { execution: rival });
    const again = await world.executor().acquire({ service: 'shop', execution: rival }, signal);
    expect(again).toMatchObject({ won: true });
  });

  it('can be proven to be writable without being taken', async () => {
    await world.seed(planOf());
    const who = world.executor();
    const proof = await who.acquire({ service: 'shop', preflight: true }, signal);
    expect(proof).toMatchObject({ ok: true, writable: 1, needed: 1, of: 1 });
    expect(await world.table.lease('shop')).toMatchObject({ epoch: 0, holder: 'nobody' });
    expect(await acquire(who)).toMatchObject({ won: true });
  });

  it('is proven by each of several at once that find none', async () => {
    await world.seed(planOf());
    const found = { reads: 0 };
    const leases: Leases = {
      ...world.table,
      lease: async (service, at) => {
        const lease = await world.table.lease(service, at);
        found.reads += 1;
        // Each has found none before any of them writes.
        await eventually('three reads', () => found.reads >= 3);
        return lease;
      },
    };
    const proofs = await Promise.all(
      [1, 2, 3].map(() => proveLease(leases, 'shop', undefined, signal)),
    );
    expect(proofs.map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  it('that was proven and then taken by a rival stays with the rival', async () => {
    await world.seed(planOf());
    const [who, rival] = [world.executor(), world.executor()];
    await who.acquire({ service: 'shop', preflight: true }, signal);
    const execution = { ...EXECUTION, name: 'shop-0-2' };
    await rival.acquire({ service: 'shop', execution }, signal);
    expect(await acquire(who)).toMatchObject({ won: false, why: 'epoch 1 is held by shop-0-2' });
    expect(await world.table.lease('shop')).toMatchObject({ epoch: 1, holder: 'shop-0-2' });
  });
});

describe('the fence', () => {
  it('is told to every hook, and an old lease is waited for where one region may write', async () => {
    const told: unknown[] = [];
    const hook = http.createServer((request, response) => {
      let text = '';
      request.on('data', (part) => (text += part));
      request.on('end', () => {
        told.push(JSON.parse(text));
        response.end();
      });
    });
    hook.listen(0, '127.0.0.1');
    await once(hook, 'listening');
    const address = hook.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const fences = [
      { kind: 'http' as const, target: `http://127.0.0.1:${port}/stop?secret=1` },
      { kind: 'http' as const, target: 'http://127.0.0.1:1/nobody' },
    ];
    await world.seed(planOf({ fences, singleWriter: true }));
    const who = world.executor();
    expect(await acquire(who)).toMatchObject({ won: true, fence: true });
    expect(await state()).toMatchObject({ phase: 'FENCE' });
    const order = { service: 'shop', execution: EXECUTION };
    const fenced = await who.fence({ ...order, waited: false, listener: false }, signal);
    expect(fenced).toMatchObject({ waitSeconds: 32, why: '1 of 2 fences are surely up' });
    expect(told).toEqual([{ service: 'shop', region: HOME, to: STANDBY, epoch: 1 }]);
    expect(await state()).toMatchObject({ phase: 'FENCE' });
    expect(await who.fence({ ...order, waited: true, listener: false }, signal)).toMatchObject({
      waitSeconds: 0,
    });
    // Nobody manages the capacity of the standby, and the machine goes on to the flip.
    expect(await state()).toMatchObject({ phase: 'FLIP' });
    const [piece] = (await world.table.evidence(EXECUTION.name)).filter(
      ({ kind }) => kind === 'fence',
    );
    expect(JSON.stringify(piece)).toContain('done: HTTP 200');
    expect(JSON.stringify(piece)).not.toContain('secret');
    hook.close();
  });
});

describe('a flip', () => {
  it('moves the record and the machine, and a repeat changes nothing', async () => {
    await world.seed(planOf());
    await acquire();
    expect(await flipBy(world.executor())).toMatchObject({ done: true, shift: null });
    expect(answers()).toEqual([AWAY]);
    expect(await state()).toMatchObject({ phase: 'VERIFY', active: STANDBY, epoch: 1 });
    expect(await flipBy(world.executor())).toMatchObject({ done: true, changeId: null });
    expect((await state())?.flips).toHaveLength(1);
  });

  it('without a lease is not made', async () => {
    await world.seed(planOf());
    await acquire();
    const rival = { ...EXECUTION, name: 'shop-1-1', epoch: 2 };
    world.clock.pass(40_000);
    await world.executor().acquire({ service: 'shop', execution: rival }, signal);
    const late = await flipBy(world.executor());
    expect(late).toMatchObject({ done: false, superseded: true });
    expect(late.why).toBe('epoch 2 is held by shop-1-1');
    expect(answers()).toEqual([HOME_ADDRESS]);
  });

  it('on stale evidence is not made', async () => {
    await world.seed(planOf());
    await acquire();
    world.clock.pass(31_000);
    const blind = await flipBy(world.executor());
    expect(blind.done).toBe(false);
    expect(blind.why).toMatch(/^the evidence is \d+ ms old$/);
    expect(await state()).toMatchObject({ phase: 'HOLD' });
    expect(answers()).toEqual([HOME_ADDRESS]);
  });

  it('of an execution that is no longer under way is not made', async () => {
    await world.seed(planOf());
    await acquire();
    const stored = await world.table.state('shop');
    await world.seed(planOf(), { ...stored?.state, phase: 'HOLD', execution: null });
    expect(await flipBy(world.executor())).toMatchObject({ done: false, superseded: true });
    expect(answers()).toEqual([HOME_ADDRESS]);
  });

  it('is rolled back once, at an epoch of its own', async () => {
    await world.seed(planOf());
    await acquire();
    const who = world.executor();
    await flipBy(who);
    const moved = await state();
    const back = { ...EXECUTION, epoch: 2 };
    await world.seed(planOf(), { ...moved, phase: 'ROLLBACK_FLIP', execution: back });
    expect(await flipBy(who, { move: 'roll-back' })).toMatchObject({ done: true });
    expect(answers()).toEqual([HOME_ADDRESS]);
    expect(await world.table.lease('shop')).toMatchObject({ epoch: 2, holder: 'shop-0-1' });
    expect(await state()).toMatchObject({ phase: 'HOLD', active: HOME, epoch: 2 });
  });

  it('whose change was lost is made again while it is followed', async () => {
    await world.seed(planOf());
    await acquire();
    const who = world.executor();
    zone.route53.setFaults({ losesChanges: true });
    const { changeId } = await flipBy(who);
    expect(answers()).toEqual([HOME_ADDRESS]);
    zone.route53.setFaults({});
    expect(await flipBy(who, { move: 'settle', changeId })).toMatchObject({ ok: true });
    expect(answers()).toEqual([AWAY]);
    const kinds = (await world.table.evidence(EXECUTION.name)).map(({ kind }) => kind);
    expect(kinds).toEqual(['lease', 'flip', 'settle']);
  });

  it('that stays PENDING for ten minutes is told of, and submitted once', async () => {
    await world.seed(planOf());
    await acquire();
    const who = world.executor();
    zone.route53.setPropagationMs(3_600_000);
    const { changeId } = await flipBy(who);
    const settled = await flipBy(who, { move: 'settle', changeId });
    expect(settled.ok).toBe(false);
    expect(settled.why).toMatch(/^not in sync after \d+ ms: PENDING/);
    expect(world.clock.slept.length).toBeGreaterThan(590);
  });
});

describe('scenario 9: switches that cannot be written', () => {
  const deny = async (...regions: string[]) => {
    await world.seed(planOf({ switch: world.quorum }));
    await acquire();
    for (const region of regions) await world.switches.deny(region);
    return flipBy(world.executor());
  };

  it('one of three: traffic moves', async () => {
    expect(await deny('us-east-2')).toMatchObject({ done: true });
    expect(await state()).toMatchObject({ phase: 'VERIFY', active: STANDBY });
  });

  it('two of three: it is held, and a person is paged', async () => {
    const moved = await deny('us-east-2', 'eu-north-1');
    expect(moved).toMatchObject({ done: false, superseded: false });
    expect(moved.why).toContain('1 switches hold it, 2 are needed');
    expect(await state()).toMatchObject({ phase: 'HOLD', active: HOME, held: moved.why });
    const notices = () =>
      world.switches.told.flatMap(({ type, detail }) =>
        type === 'FailoverNotice' ? [detail['notice']] : [],
      );
    await eventually('a page', () => notices().includes('page'));
    expect(notices()).toEqual(['page', 'failed']);
  });
});

describe('with the primary and us-east-1 denied', () => {
  it('the quorum switch flips all the same, and nothing has asked them', async () => {
    const { switches } = world;
    await world.seed(planOf({ switch: world.quorum }));
    await switches.deny(HOME);
    await switches.deny('us-east-1');
    switches.asked.length = 0;
    const who = world.executor();
    expect(await who.flip({ service: 'shop', preflight: true }, signal)).toMatchObject({
      writable: 3,
      serving: { region: HOME, epoch: 0 },
    });
    expect(await acquire(who)).toMatchObject({ won: true });
    expect(await flipBy(who)).toMatchObject({ done: true });
    expect(await switches.states()).toEqual(['standby 1', 'standby 1', 'standby 1']);
    expect([...new Set(switches.asked)].sort()).toEqual(
      ['eu-central-1', 'eu-north-1', 'us-east-2'].sort(),
    );
  });

  it('goes back all at once, and says why', async () => {
    const home = { ...EXECUTION, name: 'shop-1-1', cause: 'failback' as const, epoch: 2 };
    const back = { ...home, from: STANDBY, to: HOME };
    const away = { active: STANDBY, other: HOME, epoch: 1, cause: 'failback' as const };
    await world.seed(planOf({ switch: world.quorum }), { ...away, execution: back });
    const who = world.executor();
    await who.acquire({ service: 'shop', execution: back }, signal);
    const moved = await flipBy(who, { execution: back, move: 'shift' });
    expect(moved).toMatchObject({ done: true, shift: null });
    expect(moved.why).toContain('all at once: shares need driver "record"');
    expect(await world.switches.states()).toEqual(['home 2', 'home 2', 'home 2']);
  });
});

describe('a failback by shares', () => {
  const back = {
    ...{ ...EXECUTION, name: 'shop-1-1', cause: 'failback' as const, epoch: 2 },
    ...{ from: STANDBY, to: HOME },
  };
  const begin = async (home: 'UP' | 'DOWN' | 'ABSTAIN' = 'UP') => {
    const away = { active: STANDBY, other: HOME, epoch: 1, cause: 'failback' as const };
    const votes = votesAt(world.clock.now(), home === 'ABSTAIN' ? 'UP' : home);
    await zone.change(['UPSERT', { ...plain(RECORD, 'A', AWAY), TTL: 1 }]);
    await world.seed(planOf(), { ...away, execution: back }, votes);
    const who = world.executor();
    await who.acquire({ service: 'shop', execution: back }, signal);
    return who;
  };
  const step = (who: Awaited<ReturnType<typeof begin>>, at: Flipped['shift']) =>
    flipBy(who, {
      ...{ execution: back, move: 'shift' },
      ...(at === null ? {} : { weight: at.weight, weightSinceMs: at.weightSinceMs }),
    });
  const revote = async (home: 'UP' | 'DOWN') => {
    const stored = await world.table.state('shop');
    if (stored === null) throw new Error('no state');
    const votes = votesAt(world.clock.now(), home);
    await world.table.saveState('shop', { ...stored, version: stored.version + 1, votes });
  };

  it('takes 1, 5, 25 and 100 %, each watched for its time', async () => {
    const who = await begin();
    const weights: number[] = [];
    let at: Flipped['shift'] = null;
    for (;;) {
      const moved: Flipped = await step(who, at);
      if (moved.shift === null) {
        expect(moved).toMatchObject({ done: true });
        break;
      }
      weights.push(moved.shift.weight);
      expect(moved.shift.holdSeconds).toBe(3);
      at = moved.shift;
      world.clock.pass(3_000);
      await revote('UP');
    }
    expect(weights).toEqual([1, 5, 25]);
    expect(answers()).toEqual([HOME_ADDRESS]);
    expect(await state()).toMatchObject({ phase: 'VERIFY', active: HOME, epoch: 2 });
  });

  it('waits for the time of a share, and retreats when home is bad again', async () => {
    const who = await begin();
    const first = await step(who, null);
    expect((await step(who, first.shift)).why).toBe('watching 1 %');
    await revote('DOWN');
    const ended = await step(who, first.shift);
    expect(ended).toMatchObject({ done: false, shift: null });
    expect(answers()).toEqual([AWAY]);
    expect(await state()).toMatchObject({ phase: 'HOLD', active: STANDBY });
  });

  it('waits while home is not well yet', async () => {
    const who = await begin('DOWN');
    const waiting = await step(who, null);
    expect(waiting).toMatchObject({ done: false, shift: { weight: 0, weightSinceMs: null } });
    expect(answers()).toEqual([AWAY]);
  });
});
