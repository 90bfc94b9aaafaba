// Goal: the embedded Route 53 has the hazards of the real one, so that a switch built on it is safe.
// Method: the quorum switch on a virtual clock, with 16 checkers and endpoints that do as they are
// told. Each test is named after the hazard.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DeleteHealthCheckCommand, UpdateHealthCheckCommand } from '@aws-sdk/client-route-53';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plain, startOnVirtualTime } from '../../../support/route53.ts';

type World = Awaited<ReturnType<typeof startOnVirtualTime>>;

const PRIMARY = '127.0.1.1';
const STANDBY = '127.0.2.1';
const SWITCH_PORTS = [1, 2, 3];

let world: World;
beforeEach(async () => {
  world = await startOnVirtualTime();
});
afterEach(() => world.close());

const minutes = (n: number) => n * 60_000;
const set = (status: number, ...ports: number[]) => {
  for (const port of ports) world.endpoints.set(port, status);
};
const served = () => world.answers('www.ex.test');

/** The switch: raw-healthy children mean "fail over"; two of three take the primary out. */
const createSwitch = async () => {
  const children = await Promise.all(
    SWITCH_PORTS.map((Port) =>
      world.createCheck({
        Type: 'HTTP_STR_MATCH',
        SearchString: 'flip',
        Port,
        RequestInterval: 10,
        FailureThreshold: 1,
      }),
    ),
  );
  const asserted = await world.createCheck({
    Type: 'CALCULATED',
    ChildHealthChecks: children,
    HealthThreshold: 2,
  });
  const mayServe = await world.createCheck({
    Type: 'CALCULATED',
    ChildHealthChecks: [asserted],
    HealthThreshold: 1,
    Inverted: true,
  });
  return { children, asserted, mayServe };
};

const attach = async (primaryCheck: string, standbyCheck?: string) => {
  const failover = (Failover: 'PRIMARY' | 'SECONDARY', address: string, check?: string) => ({
    ...plain('www.ex.test', 'A', address),
    SetIdentifier: Failover,
    Failover,
    ...(check && { HealthCheckId: check }),
  });
  await world.change(
    ['UPSERT', failover('PRIMARY', PRIMARY, primaryCheck)],
    ['UPSERT', failover('SECONDARY', STANDBY, standbyCheck)],
  );
};

const readySwitch = async () => {
  set(404, ...SWITCH_PORTS);
  const made = await createSwitch();
  await world.clock.advance(minutes(1));
  await attach(made.mayServe);
  return made;
};

const update = (HealthCheckId: string, config: object) =>
  world.client.send(new UpdateHealthCheckCommand({ HealthCheckId, ...config }));

describe('the quorum switch', () => {
  it('flips with two of three, not with one, and back when two are gone', async () => {
    await readySwitch();
    expect(served()).toEqual([PRIMARY]);
    set(200, 1);
    await world.clock.advance(minutes(5));
    expect(served()).toEqual([PRIMARY]);
    set(200, 2);
    await world.clock.advance(20_000);
    expect(served()).toEqual([STANDBY]);
    set(404, 1, 2);
    await world.clock.advance(20_000);
    expect(served()).toEqual([PRIMARY]);
  });

  it('takes at most one interval from the second write to the new answer', async () => {
    await readySwitch();
    set(200, 1, 2);
    const startedMs = world.clock.now();
    while (served()[0] !== STANDBY && world.clock.now() - startedMs < minutes(1)) {
      await world.clock.advance(100);
    }
    const tookMs = world.clock.now() - startedMs;
    expect(tookMs).toBeGreaterThan(0);
    expect(tookMs).toBeLessThanOrEqual(10_000);
  });

  it('needs no control plane: every API request fails and the flip goes on', async () => {
    await readySwitch();
    world.route53.setFaults({ throttledShare: 1 });
    await expect(world.change(['UPSERT', plain('a.ex.test', 'A', PRIMARY)])).rejects.toMatchObject({
      name: 'Throttling',
    });
    set(200, 2, 3);
    await world.clock.advance(10_000);
    expect(served()).toEqual([STANDBY]);
  });
});

describe('hazard', () => {
  it('a new check is healthy until data arrives: three new children take the primary out', async () => {
    set(404, ...SWITCH_PORTS);
    const { mayServe, asserted } = await createSwitch();
    await attach(mayServe);
    expect(world.route53.healthy(asserted)).toBe(true);
    expect(served()).toEqual([STANDBY]);
    await world.clock.advance(10_000);
    expect(served()).toEqual([PRIMARY]);
  });

  it('a new inverted check is unhealthy until data arrives', async () => {
    set(503, 9);
    const inverted = await world.createCheck({ Port: 9, Inverted: true, RequestInterval: 10 });
    expect(world.route53.healthy(inverted)).toBe(false);
    await world.clock.advance(minutes(1));
    expect(world.route53.healthy(inverted)).toBe(true);
  });

  it('a check that is made again during a failover starts healthy and asserts', async () => {
    const { children, mayServe, asserted } = await readySwitch();
    set(200, 1);
    await world.clock.advance(minutes(1));
    expect(served()).toEqual([PRIMARY]);
    const again = await world.createCheck({ Port: 2, RequestInterval: 10, FailureThreshold: 1 });
    const [first = '', , third = ''] = children;
    await update(asserted, { ChildHealthChecks: [first, again, third] });
    expect(world.route53.healthy(mayServe)).toBe(false);
    expect(served()).toEqual([STANDBY]);
  });

  it('one forged vote, as of a bucket name that a stranger took over, flips nothing', async () => {
    await readySwitch();
    set(200, 3);
    await world.clock.advance(minutes(10));
    expect(served()).toEqual([PRIMARY]);
  });

  it('Disabled means healthy: two disabled children assert the switch', async () => {
    const { children } = await readySwitch();
    const [first = '', second = ''] = children;
    await update(first, { Disabled: true });
    expect(world.route53.healthy(first)).toBe(true);
    expect(served()).toEqual([PRIMARY]);
    await update(second, { Disabled: true });
    expect(served()).toEqual([STANDBY]);
    await world.clock.advance(minutes(60));
    expect(served()).toEqual([STANDBY]);
  });

  it('Disabled means healthy, and only Inverted forces a failover', async () => {
    set(503, 9);
    const check = await world.createCheck({ Port: 9, RequestInterval: 10 });
    await attach(check);
    await world.clock.advance(minutes(1));
    expect(served()).toEqual([STANDBY]);
    await update(check, { Disabled: true });
    expect(served()).toEqual([PRIMARY]);
    set(200, 9);
    await update(check, { Disabled: false });
    await world.clock.advance(minutes(1));
    expect(served()).toEqual([PRIMARY]);
    await update(check, { Inverted: true });
    expect(served()).toEqual([STANDBY]);
  });

  it.each([
    [2, false],
    [3, true],
  ])(
    'more than 18 percent decide: %i of 16 checkers see 200, healthy is %s',
    async (seeing, is) => {
      const all = new Set<string>();
      world.endpoints.set(9, (from) => {
        all.add(from);
        return [...all].indexOf(from) < seeing;
      });
      const check = await world.createCheck({ Port: 9, RequestInterval: 10, FailureThreshold: 1 });
      await world.clock.advance(minutes(1));
      expect(all.size).toBe(16);
      expect(world.route53.healthy(check)).toBe(is);
    },
  );

  it('fail-static: all switch regions dark leave traffic on the primary', async () => {
    await readySwitch();
    set(503, ...SWITCH_PORTS);
    await world.clock.advance(minutes(60));
    expect(served()).toEqual([PRIMARY]);
  });

  it('fail-static is one-sided: two objects lost while the standby serves bring the primary back', async () => {
    await readySwitch();
    set(200, ...SWITCH_PORTS);
    await world.clock.advance(20_000);
    expect(served()).toEqual([STANDBY]);
    set(503, 1);
    await world.clock.advance(minutes(5));
    expect(served()).toEqual([STANDBY]);
    set(503, 2);
    await world.clock.advance(20_000);
    expect(served()).toEqual([PRIMARY]);
  });

  it('a switch bucket in the primary region uses up the one failure that is tolerated', async () => {
    await readySwitch();
    set(503, 1);
    set(200, 2);
    await world.clock.advance(minutes(1));
    expect(served()).toEqual([PRIMARY]);
    set(200, 3);
    await world.clock.advance(20_000);
    expect(served()).toEqual([STANDBY]);
  });

  it('the standby has a check of its own that turns red: traffic goes back to the primary', async () => {
    const { mayServe } = await readySwitch();
    set(200, 8, ...SWITCH_PORTS);
    await attach(mayServe, await world.createCheck({ Port: 8, RequestInterval: 10 }));
    await world.clock.advance(minutes(1));
    expect(served()).toEqual([STANDBY]);
    set(503, 8);
    await world.clock.advance(minutes(1));
    expect(served()).toEqual([PRIMARY]);
  });

  it('both records unhealthy are answered as if all were healthy: with the primary', async () => {
    set(503, 8, 9);
    const [a, b] = await Promise.all(
      [8, 9].map((Port) => world.createCheck({ Port, RequestInterval: 10 })),
    );
    await attach(a!, b);
    await world.clock.advance(minutes(5));
    expect(served()).toEqual([PRIMARY]);
  });

  it('failback is automatic, after as many good results as it took bad ones', async () => {
    set(200, 9);
    await attach(await world.createCheck({ Port: 9, RequestInterval: 10, FailureThreshold: 3 }));
    await world.clock.advance(minutes(1));
    const untilServed = async (address: string) => {
      const startedMs = world.clock.now();
      while (served()[0] !== address) await world.clock.advance(500);
      return world.clock.now() - startedMs;
    };
    set(503, 9);
    const downMs = await untilServed(STANDBY);
    expect(downMs).toBeGreaterThan(20_000);
    expect(downMs).toBeLessThanOrEqual(30_500);
    set(200, 9);
    // Three of the sixteen checkers are enough for the way back, so it is the faster one.
    const upMs = await untilServed(PRIMARY);
    expect(upMs).toBeGreaterThanOrEqual(20_000);
    expect(upMs).toBeLessThanOrEqual(downMs);
  });

  it('a deleted check that a record still names counts as healthy', async () => {
    set(503, 9);
    const check = await world.createCheck({ Port: 9, RequestInterval: 10, FailureThreshold: 1 });
    await attach(check);
    await world.clock.advance(minutes(1));
    expect(served()).toEqual([STANDBY]);
    await world.client.send(new DeleteHealthCheckCommand({ HealthCheckId: check }));
    expect(served()).toEqual([PRIMARY]);
  });

  it('a switch flips A and forgets AAAA where only A has a health check', async () => {
    await readySwitch();
    await world.change(['CREATE', plain('www.ex.test', 'AAAA', '::1')]);
    set(200, ...SWITCH_PORTS);
    await world.clock.advance(20_000);
    expect(served()).toEqual([STANDBY]);
    expect(world.answers('www.ex.test', 'AAAA')).toEqual(['::1']);
  });
});

describe('a restart', () => {
  it('after a kill takes back nothing that was answered', async () => {
    await readySwitch();
    const folder = mkdtempSync(path.join(os.tmpdir(), 'route53-killed-'));
    /** What is on disk as the answer moves, which takes the third checker of two checks. */
    const killed = async (): Promise<void> => {
      while (served()[0] !== STANDBY) await new Promise(setImmediate);
      cpSync(world.dataDir, folder, { recursive: true });
    };
    set(200, 1, 2);
    await Promise.all([killed(), world.clock.advance(20_000)]);
    const again = await startOnVirtualTime({ dataDir: folder }, world.clock.now());
    expect(again.answers('www.ex.test')).toEqual([STANDBY]);
    await again.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['', 0],
    [' on a clock that was set back a day', -86_400_000],
  ])('does not forget what the checkers knew%s', async (_when, stepMs) => {
    const { mayServe } = await readySwitch();
    await world.route53.close();
    const again = await startOnVirtualTime({ dataDir: world.dataDir }, world.clock.now() + stepMs);
    expect(again.route53.healthy(mayServe)).toBe(true);
    expect(again.answers('www.ex.test')).toEqual([PRIMARY]);
    await again.close();
  });
});

describe('a clock that is set back', () => {
  it('takes no answer back', async () => {
    let backMs = 0;
    const clock = { ...world.clock, now: () => world.clock.now() - backMs };
    const other = await startOnVirtualTime({ clock, propagationMs: 1_000 });
    await other.change(['CREATE', plain('a.ex.test', 'A', PRIMARY)]);
    expect(other.answers('a.ex.test')).toEqual([]);
    await world.clock.advance(1_000);
    expect(other.answers('a.ex.test')).toEqual([PRIMARY]);
    backMs = 3_600_000;
    expect(other.answers('a.ex.test')).toEqual([PRIMARY]);
    await other.close();
  });
});
