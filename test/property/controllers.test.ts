// Goal: of two controllers, never two act under one epoch, and none takes the place of one that speaks.
// Method: both against one store that compares and swaps, with reads that grow old, clocks that are off, and moves
// that are paused at any point, in random order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controllersOf } from '../../core/failover/controllers.ts';
import {
  type Claim,
  claimLease,
  type Lease,
  type LeaseCondition,
} from '../../core/failover/lease.ts';
import { handOver, placeStep, TAKE_OVER_MS } from '../../core/failover/place.ts';

const FIRST = 'eu-central-1';
const SECOND = 'eu-west-3';
const LEASE = { ttlMs: 30_000, skewMs: 2_000 };

type Write = { readonly item: Lease; readonly condition: LeaseCondition };

/** One item, as the table in three regions keeps it. */
const openStore = () => {
  let now: Lease | null = null;
  const written: Lease[] = [];
  const holds = (condition: LeaseCondition): boolean => {
    if (condition.expect === 'absent') return now === null;
    const { epoch, holder, renewedAtMs } = condition;
    return (
      now !== null &&
      now.epoch === epoch &&
      now.holder === holder &&
      (renewedAtMs === undefined || now.renewedAtMs === renewedAtMs)
    );
  };
  return {
    read: () => now,
    written,
    write: ({ item, condition }: Write): boolean => {
      if (!holds(condition)) return false;
      now = item;
      written.push(item);
      return true;
    },
  };
};

type Step = {
  readonly who: 'first' | 'second';
  readonly what: 'tick' | 'claim' | 'go on' | 'hand over' | 'nothing';
  readonly passMs: number;
  /** The read of this step is that of a former one, as of whoever was paused in between. */
  readonly late: boolean;
};

const step = fc.record<Step>({
  who: fc.constantFrom('first', 'second'),
  what: fc.constantFrom('tick', 'tick', 'claim', 'go on', 'hand over', 'nothing'),
  passMs: fc.constantFrom(0, 1_000, 20_000, 60_000, 200_000),
  late: fc.boolean(),
});

type Actor = {
  readonly region: string;
  readonly aheadMs: number;
  epoch: number;
  seen: Lease | null;
  execution: { readonly epoch: number; readonly holder: string } | null;
};

/** Runs the steps; gives all that was written, with who wrote it. */
const run = (steps: readonly Step[], aheadMs: number, claims: typeof claimLease) => {
  const store = openStore();
  const acted: { readonly region: string; readonly item: Lease; readonly before: Lease | null }[] =
    [];
  const actors: Record<Step['who'], Actor> = {
    first: { region: FIRST, aheadMs: 0, epoch: 0, seen: null, execution: null },
    second: { region: SECOND, aheadMs, epoch: 0, seen: null, execution: null },
  };
  let clockMs = 1_000_000;
  const write = (actor: Actor, wanted: Write): boolean => {
    const before = store.read();
    const done = store.write(wanted);
    if (done) acted.push({ region: actor.region, item: wanted.item, before });
    return done;
  };
  for (const { who, what, passMs, late } of steps) {
    clockMs += passMs;
    const actor = actors[who];
    const nowMs = clockMs + actor.aheadMs;
    const found = late ? actor.seen : store.read();
    actor.seen = store.read();
    const self = { controller: actor.region, nowMs, epoch: actor.epoch, skewMs: LEASE.skewMs };
    if (what === 'tick') {
      const next = placeStep(found, { ...self, isFirst: who === 'first' });
      if (next.do !== 'stand-by' && write(actor, next) && next.do === 'take') {
        actor.epoch = next.item.epoch;
      }
    }
    if (what === 'claim') {
      // Both count alike, so both may give a move the same name and the same epoch.
      const execution = { epoch: actor.epoch + 1, holder: `shop-${actor.epoch}-1` };
      const claim: Claim = claims(found, {
        ...execution,
        ...LEASE,
        ...self,
        epoch: execution.epoch,
      });
      if (claim.ok && write(actor, claim)) {
        actor.epoch = execution.epoch;
        actor.execution = execution;
      }
    }
    if (what === 'go on' && actor.execution !== null) {
      const { epoch, holder } = actor.execution;
      const item = { ...actor.execution, expiresAtMs: nowMs + LEASE.ttlMs };
      write(actor, {
        item: { ...item, controller: actor.region, renewedAtMs: nowMs },
        condition: { expect: 'epoch', epoch, holder },
      });
    }
    if (what === 'hand over') {
      const given = handOver(found, self, who === 'first' ? SECOND : FIRST);
      if (given.ok) write(actor, given);
    }
  }
  return acted;
};

const broken = (acted: ReturnType<typeof run>): string[] => {
  const owners = new Map<number, string>();
  return acted.flatMap(({ item }, n) => {
    const { epoch, controller = '?' } = item;
    const owner = owners.get(epoch) ?? controller;
    owners.set(epoch, owner);
    const last = acted[n - 1]?.item.epoch ?? 0;
    return [
      ...(owner === controller ? [] : [`epoch ${epoch} of ${owner} and of ${controller}`]),
      ...(epoch < last ? [`epoch ${epoch} after ${last}`] : []),
    ];
  });
};

describe('two controllers over one lease', () => {
  it('never act under one epoch, and epochs never go down', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: -600_000, max: 600_000 }),
        (steps, aheadMs) => {
          expect(broken(run(steps, aheadMs, claimLease))).toEqual([]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('would share an epoch if names of moves were taken for proof', () => {
    // The claim as it is for one controller, which knows nobody else.
    const alone: typeof claimLease = (found, claimant) => {
      const claim = claimLease(found, { ...claimant, controller: undefined });
      const { controller, nowMs } = claimant;
      return claim.ok && controller !== undefined
        ? { ...claim, item: { ...claim.item, controller, renewedAtMs: nowMs } }
        : claim;
    };
    const always = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      expect(broken(run(steps, 0, alone))).toEqual([]);
    });
    expect(fc.check(always, { numRuns: 2_000, seed: 1 }).failed).toBe(true);
  });

  it('take nothing from one that spoke within three minutes, unless it gave its place away', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        for (const { region, item, before } of run(steps, 0, claimLease)) {
          if (before?.controller === undefined || item.controller === before.controller) continue;
          if (region === before.controller) continue;
          const silentMs = (item.renewedAtMs ?? 0) - (before.renewedAtMs ?? 0);
          expect(silentMs).toBeGreaterThanOrEqual(TAKE_OVER_MS);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

const lease = (over: Partial<Lease> = {}): Lease => ({
  ...{ epoch: 7, holder: 'shop-6-1', expiresAtMs: 0 },
  ...{ controller: FIRST, renewedAtMs: 1_000_000 },
  ...over,
});
const second = (silentMs: number, over: Partial<Parameters<typeof placeStep>[1]> = {}) => ({
  ...{ controller: SECOND, isFirst: false, epoch: 0, skewMs: 2_000 },
  nowMs: 1_000_000 + silentMs,
  ...over,
});

describe('the place of the controller', () => {
  it('is opened by the first alone, above every epoch that it knows', () => {
    expect(placeStep(null, second(0))).toMatchObject({ do: 'stand-by' });
    const opened = placeStep(null, second(0, { controller: FIRST, isFirst: true, epoch: 4 }));
    expect(opened).toMatchObject({ do: 'take', item: { epoch: 5, controller: FIRST } });
  });

  it('goes to the second after three minutes of silence, and not back by itself', () => {
    expect(placeStep(lease(), second(TAKE_OVER_MS - 1))).toEqual({
      ...{ do: 'stand-by', why: 'eu-central-1 is in charge, and spoke 180 s ago' },
    });
    const over = placeStep(lease(), second(TAKE_OVER_MS));
    expect(over).toMatchObject({
      ...{ do: 'take', item: { epoch: 8, controller: SECOND, expiresAtMs: 0 } },
      condition: { expect: 'epoch', epoch: 7, holder: 'shop-6-1', renewedAtMs: 1_000_000 },
    });
    const first = second(60_000, { controller: FIRST, isFirst: true });
    const held = lease({ controller: SECOND });
    expect(placeStep(held, first)).toMatchObject({ do: 'stand-by' });
  });

  it('is not taken while a lease runs, however silent its controller is', () => {
    const running = lease({ expiresAtMs: 1_000_000 + TAKE_OVER_MS });
    expect(placeStep(running, second(TAKE_OVER_MS + 1_000))).toMatchObject({ do: 'stand-by' });
    expect(placeStep(running, second(TAKE_OVER_MS + 2_000))).toMatchObject({ do: 'take' });
  });

  it('is given away by order, when no lease runs, and only by who is in charge', () => {
    const at = { controller: SECOND, nowMs: 1_000_000 };
    const held = lease({ controller: SECOND });
    expect(handOver(held, at, FIRST)).toMatchObject({
      ...{ ok: true, item: { epoch: 8, controller: FIRST } },
    });
    expect(handOver(lease(), at, FIRST)).toEqual({
      ...{ ok: false, why: 'eu-central-1 is in charge, not eu-west-3' },
    });
    const running = lease({ controller: SECOND, expiresAtMs: 1_000_001 });
    expect(handOver(running, at, FIRST)).toEqual({
      ...{ ok: false, why: 'shop-6-1 still holds the lease' },
    });
  });
});

describe('where a second controller stands', () => {
  const regions = {
    ...{
      primary: 'eu-west-1',
      standby: 'eu-central-1',
      witness: 'eu-west-3',
      driver: 'quorum' as const,
      wanted: 'auto' as const,
    },
    observers: ['eu-north-1', 'us-east-2'],
  };

  it('in the witness, with a third region of the set: an observer, or else the primary', () => {
    const chosen = { first: 'eu-central-1', second: 'eu-west-3' };
    expect(controllersOf(regions)).toEqual({ controllers: { ...chosen, third: 'eu-west-1' } });
    expect(controllersOf({ ...regions, observers: ['eu-west-1', 'eu-west-2'] })).toEqual({
      controllers: { ...chosen, third: 'eu-west-2' },
    });
  });

  it.each([
    [{ wanted: 'one' as const }, 'failover.controllers asks for one'],
    [{ driver: 'record' as const }, 'us-east-1 in any case'],
    [{ witness: null }, 'no witness is named'],
    [{ observers: [] }, 'nobody observes from outside the standby'],
    [{ witness: 'eu-north-1' }, 'eu-central-1 and eu-north-1 are of none together'],
    [{ standby: 'sa-east-1' }, 'sa-east-1 and eu-west-3 are of none together'],
    [{ primary: 'eu-south-1' }, 'no third region of eu-west-1, eu-west-2, eu-west-3, eu-central-1'],
  ])('nowhere with %j, and says why', (over, why) => {
    const chosen = controllersOf({ ...regions, ...over });
    expect(chosen).toEqual({ controllers: null, why: expect.stringContaining(why) });
  });

  it('never has two of its three regions be one, nor any outside of one set', () => {
    const all = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1', 'eu-west-2', 'eu-west-3'];
    const region = fc.constantFrom(...all, 'eu-central-1', 'eu-north-1', 'ap-northeast-2');
    fc.assert(
      fc.property(
        region,
        region,
        region,
        fc.array(region),
        (primary, standby, witness, observers) => {
          fc.pre(new Set([primary, standby, witness]).size === 3);
          const { controllers } = controllersOf({
            ...regions,
            primary,
            standby,
            witness,
            observers,
          });
          if (controllers === null) return;
          const { first, second: other, third } = controllers;
          expect(new Set([first, other, third]).size).toBe(3);
          expect([first, other]).toEqual([standby, witness]);
          expect([primary, ...observers]).toContain(third);
          const areas = [first, other, third].map((name) => name.slice(0, 2));
          expect(new Set(areas).size).toBe(1);
        },
      ),
    );
  });
});
