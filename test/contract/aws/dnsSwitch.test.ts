// Goal: driver `quorum` holds when two of three objects say so; one dark region, a rival, a forged or a
// late write change nothing of that.
// Method: aws/dnsSwitch.ts and the switch of `flip` over sockets, against S3 of three regions with faults.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DnsSwitch, openDnsSwitch } from '../../../aws/dnsSwitch.ts';
import { ASSERTED_TEXT, type SwitchBody } from '../../../core/failover/switchObjects.ts';
import { openCalls } from '../../../functions/_calls.ts';
import { moveQuorum, proveQuorum } from '../../../functions/flip/quorum.ts';
import type { Guard } from '../../../functions/flip/record.ts';
import { signerOf } from '../../../functions/flip/signing.ts';
import { fastClock } from '../../support/fastClock.ts';
import { type SwitchWorld, startSwitchWorld } from '../../support/switchWorld.ts';

const signal = new AbortController().signal;
const allow: Guard = () => ({ ok: true, why: '' });
const REGIONS = { home: 'eu-west-1', standby: 'eu-central-1' };
const AT_WORK = { epoch: null, regions: REGIONS };
const [first, second, third] = ['eu-central-1', 'eu-north-1', 'us-east-2'] as const;

let world: SwitchWorld;
let clock: ReturnType<typeof fastClock>;

beforeEach(async () => {
  world = await startSwitchWorld();
  clock = fastClock();
});
afterEach(() => world.close());

const bodyAt = (epoch: number, over: Partial<SwitchBody> = {}): SwitchBody => ({
  state: 'standby',
  epoch,
  decisionId: `decision-${epoch}`,
  evidenceHash: 'e'.repeat(64),
  expiresAtMs: 1,
  ...over,
});

const move = async (body: SwitchBody, guard = allow, dnsSwitch = world.dnsSwitch) => {
  const calls = openCalls(clock);
  const needs = { dnsSwitch, clock, random: () => 0.5 };
  const moved = await moveQuorum(needs, { objects: world.objects, body, guard }, calls, signal);
  return { ...moved, calls: calls.made };
};
const writes = (calls: readonly { operation: string; region: string; result: string }[]) =>
  calls.filter(({ operation }) => operation === 'PutObject');

describe('an object', () => {
  it('is signed, and says what the health checks look for early on', async () => {
    await move(bodyAt(1));
    const [one] = await world.dnsSwitch.read(world.objects, signal);
    expect(one).toMatchObject({ state: 'standby', epoch: 1, reachable: true });
    expect(one?.text?.indexOf(ASSERTED_TEXT)).toBeGreaterThan(0);
    expect(one?.text?.length).toBeLessThan(5_120);
    expect(JSON.parse(one?.text ?? '').signature).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says that a rehearsal sends clients to the standby, under its signature, until the next flip', async () => {
    const serving = async () =>
      (await proveQuorum({ dnsSwitch: world.dnsSwitch }, world.objects, AT_WORK, signal)).serving;
    await move(bodyAt(1, { rehearsal: true }));
    expect(await serving()).toEqual({ region: REGIONS.standby, epoch: 1, rehearsal: true });
    await move(bodyAt(2, { state: 'home' }));
    expect(await serving()).toEqual({ region: REGIONS.home, epoch: 2 });
  });

  it('that another key has signed says nothing, and holds up nothing', async () => {
    const stranger = openDnsSwitch(signerOf('another key'), world.sdk);
    const [object] = await world.dnsSwitch.read(world.objects, signal);
    const condition = { ifMatch: object?.etag ?? '' };
    const [target] = world.objects;
    if (target) await stranger.write(target, bodyAt(99), condition, signal);
    stranger.close();
    const [forged] = await world.dnsSwitch.read(world.objects, signal);
    expect(forged).toMatchObject({ epoch: null, state: null, why: 'the signature does not fit' });
    expect(await move(bodyAt(1))).toMatchObject({ done: true });
    expect(await world.states()).toEqual(['standby 1', 'standby 1', 'standby 1']);
  });
});

describe('a flip', () => {
  it('writes all three at once, and again writes nothing', async () => {
    expect(await move(bodyAt(1))).toMatchObject({ done: true, superseded: false });
    const again = await move(bodyAt(1));
    expect(again).toMatchObject({ done: true });
    expect(writes(again.calls)).toEqual([]);
  });

  it('holds with one region dark, and is not held up by it', async () => {
    await world.darken(third);
    const from = performance.now();
    const moved = await move(bodyAt(1));
    expect(moved).toMatchObject({ done: true });
    // Its own limits are seconds; the region would never answer.
    expect(performance.now() - from).toBeLessThan(15_000);
    await world.heal(third);
    expect(await world.states()).toEqual(['standby 1', 'standby 1', 'home 0']);
  });

  it('with two regions gone is not done, after a bounded number of tries', async () => {
    await world.deny(second);
    await world.deny(third);
    const moved = await move(bodyAt(1));
    expect(moved).toMatchObject({ done: false, superseded: false });
    expect(moved.why).toContain('1 switches hold it, 2 are needed');
    expect(clock.slept).toEqual([500, 1_000, 2_000, 4_000]);
  });

  it('is done once a region that was gone is back in time', async () => {
    await world.deny(second);
    await world.deny(third);
    let asked = 0;
    const moved = await move(bodyAt(1), () => {
      asked += 1;
      if (asked === 1) void world.heal(second);
      return { ok: true, why: '' };
    });
    expect(moved).toMatchObject({ done: true });
  });

  it('asks before each write whether it still may, and writes nothing where it may not', async () => {
    const guard: Guard = () => ({ ok: false, why: 'the lease may be over' });
    expect(await move(bodyAt(1), guard)).toMatchObject({
      done: false,
      why: 'the lease may be over',
    });
    expect(await world.states()).toEqual(['home 0', 'home 0', 'home 0']);
  });

  it('goes back by rewriting, never by deleting', async () => {
    await move(bodyAt(1));
    expect(await move(bodyAt(2, { state: 'home' }))).toMatchObject({ done: true });
    expect(await world.states()).toEqual(['home 2', 'home 2', 'home 2']);
  });
});

describe('two executors', () => {
  it('of which the older comes later: it changes nothing', async () => {
    await move(bodyAt(5));
    const late = await move(bodyAt(4, { state: 'home' }));
    expect(late).toMatchObject({ done: false, superseded: true });
    expect(writes(late.calls)).toEqual([]);
  });

  it('of which one was paused between its check and its write: the condition refuses it', async () => {
    let rival: Promise<unknown> | undefined;
    const paused: DnsSwitch = {
      ...world.dnsSwitch,
      write: async (...args) => {
        rival ??= move(bodyAt(2));
        await rival;
        return world.dnsSwitch.write(...args);
      },
    };
    const late = await move(bodyAt(1, { state: 'home' }), allow, paused);
    expect(late).toMatchObject({ done: false, superseded: true });
    expect(writes(late.calls).map(({ result }) => result.split(' ')[0])).toEqual(
      Array(3).fill('condition-failed'),
    );
    expect(await world.states()).toEqual(['standby 2', 'standby 2', 'standby 2']);
  });
});

describe('the proof that a flip could be written', () => {
  it('writes what is there, in every region', async () => {
    const before = await world.dnsSwitch.read(world.objects, signal);
    const proof = await proveQuorum(world, world.objects, AT_WORK, signal);
    expect(proof).toMatchObject({ ok: true, writable: 3, needed: 2, of: 3 });
    expect(proof.serving).toEqual({ region: REGIONS.home, epoch: 0 });
    const after = await world.dnsSwitch.read(world.objects, signal);
    expect(after.map(({ text }) => text)).toEqual(before.map(({ text }) => text));
  });

  it('counts what it cannot write, and says why', async () => {
    await world.deny(second);
    const one = await proveQuorum(world, world.objects, AT_WORK, signal);
    expect(one).toMatchObject({ ok: true, writable: 2 });
    await world.deny(third);
    const two = await proveQuorum(world, world.objects, AT_WORK, signal);
    expect(two).toMatchObject({ ok: false, writable: 1 });
    expect(two.why).toContain(`${second}: `);
    // One that can be read is no majority.
    expect(two.serving).toBeNull();
  });

  it('does not undo a flip that comes in between', async () => {
    const [target] = world.objects;
    const [found] = await world.dnsSwitch.read(world.objects, signal);
    if (target === undefined || !found?.etag || !found.text) throw new Error('no switch to read');
    await move(bodyAt(1));
    const { etag, text } = found;
    const proof = await world.dnsSwitch.rewrite(target, text, { ifMatch: etag }, signal);
    expect(proof).toMatchObject({ region: first, result: 'condition-failed' });
    expect((await world.states())[0]).toBe('standby 1');
  });
});

describe('a switch that missed the flip, or was lost since', () => {
  it('is written again with what the majority says, once there is one', async () => {
    await world.deny(third);
    expect(await move(bodyAt(1))).toMatchObject({ done: true });
    await world.heal(third);
    // The watch that is at rest at epoch 0, or in the middle of a move, mends nothing.
    await proveQuorum(world, world.objects, { epoch: 0, regions: REGIONS }, signal);
    await proveQuorum(world, world.objects, AT_WORK, signal);
    expect(await world.states()).toEqual(['standby 1', 'standby 1', 'home 0']);
    const proof = await proveQuorum(world, world.objects, { epoch: 1, regions: REGIONS }, signal);
    expect(proof).toMatchObject({ writable: 3, why: expect.stringContaining(`${third} was`) });
    expect(await world.states()).toEqual(['standby 1', 'standby 1', 'standby 1']);
    const again = await proveQuorum(world, world.objects, { epoch: 1, regions: REGIONS }, signal);
    expect(again.why).toBe('3 of 3 switches can be written');
  });

  it('is written again where it was deleted, and left alone where no majority stands', async () => {
    await move(bodyAt(1));
    await world.remove(second);
    expect(await proveQuorum(world, world.objects, AT_WORK, signal)).toMatchObject({ writable: 2 });
    expect(
      await proveQuorum(world, world.objects, { epoch: 1, regions: REGIONS }, signal),
    ).toMatchObject({ writable: 3 });
    expect(await world.states()).toEqual(['standby 1', 'standby 1', 'standby 1']);
    await world.remove(first);
    await world.remove(second);
    expect(
      await proveQuorum(world, world.objects, { epoch: 1, regions: REGIONS }, signal),
    ).toMatchObject({
      ok: false,
      writable: 1,
    });
  });
});
