// Goal: of two controllers one is in charge; a quiet minute costs it one call more, and the place changes hands by
// silence or by order only; whoever asks how the watch stands is told which of them it is.
// Method: `evaluate` as it is, once for each controller, on the embedded DynamoDB with a table in three regions.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOutput } from '../../../cli/output/output.ts';
import { withWatch } from '../../../cli/watch/at.ts';
import { openControl } from '../../../cli/watch/control.ts';
import { openStatus } from '../../../cli/watch/status.ts';
import type { Wanted } from '../../../cli/where/inCharge.ts';
import type { StatusOutput } from '../../../events/statusOutput.ts';
import { realClock } from '../../../local/clock.ts';
import { createNetwork } from '../../../local/network/network.ts';
import { retireSecond } from '../../../local/stack/installControllers.ts';
import { HOME, STANDBY } from '../../support/failovers.ts';
import {
  CONTROLLERS,
  openBoth,
  startDark,
  startTwoRegions,
  WITNESS,
} from '../../support/twoControllers.ts';
import { WATCH_TABLE, type WatchWorld } from '../../support/watchWorld.ts';

const MINUTE_MS = 60_000;

let world: WatchWorld;
let dark: Awaited<ReturnType<typeof startDark>>;
beforeAll(async () => {
  world = await startTwoRegions();
  dark = await startDark();
});
afterAll(async () => {
  dark.close();
  await world.close();
});

/** How the watch stands for whoever reaches all regions but those that are lost. */
const statusAt = async (nowMs: number, ...lost: string[]): Promise<StatusOutput> => {
  const statuses = openStatus({
    ...{ service: 'shop', homeRegion: STANDBY, controllers: CONTROLLERS },
    sdkIn: (region) => ({
      ...{ ...world.sdk, region },
      ...(lost.includes(region) ? { endpoint: dark.endpoint } : {}),
    }),
  });
  try {
    const seen = { dns: [], place: null, faults: [], facts: [] };
    return await statuses.read(seen, nowMs);
  } finally {
    statuses.close();
  }
};

it('a quiet minute costs the one in charge a write, and the other one a read', async () => {
  const { first, second, calls, pass } = await openBoth(world, 'quiet');
  await second.tick();
  expect((await second.state())?.charge).toEqual({ held: false, epoch: 0 });
  await first.tick();
  expect(await first.state()).toMatchObject({ epoch: 1, charge: { held: true, epoch: 1 } });
  for (let minute = 1; minute <= 5; minute++) {
    pass(MINUTE_MS);
    Object.assign(calls, { lease: 0, claim: 0 });
    await first.tick();
    expect(calls).toEqual({ lease: 0, claim: 1 });
    await second.tick();
    expect(calls).toEqual({ lease: 1, claim: 1 });
  }
  expect((await second.state())?.charge?.held).toBe(false);
});

it('the second takes charge after three minutes of silence, once it knows where clients are sent', async () => {
  const { first, second, serves, pass } = await openBoth(world, 'silent');
  await first.tick();
  pass(3 * MINUTE_MS - 1);
  await second.tick();
  expect((await second.state())?.charge?.held).toBe(false);
  pass(1);
  serves(null);
  await second.tick();
  expect((await second.state())?.charge?.held).toBe(false);
  // Traffic had been moved before, which the second one was never told.
  serves({ region: STANDBY, epoch: 4 });
  pass(MINUTE_MS);
  await second.tick();
  expect(await second.state()).toMatchObject({
    ...{ active: STANDBY, other: HOME, epoch: 4, phase: 'STABILIZE' },
    charge: { held: true, epoch: 2 },
  });
  // The first one wakes up: it is relieved, and whoever orders something is told whom to ask.
  await first.tick();
  expect((await first.state())?.charge).toEqual({ held: false, epoch: 2 });
  const refused = await first.ask({ kind: 'order', service: 'silent', order: 'flip' });
  expect(refused).toMatchObject({
    accepted: false,
    why: `the controller in ${STANDBY} is not in charge: ask the one in ${WITNESS}`,
  });
});

it('the place is given back by order alone, by the one that has it', async () => {
  const { first, second, pass } = await openBoth(world, 'given');
  await first.tick();
  pass(4 * MINUTE_MS);
  await second.tick();
  for (let minute = 0; minute < 5; minute++) {
    pass(MINUTE_MS);
    await first.tick();
    await second.tick();
  }
  expect([await first.state(), await second.state()].map((one) => one?.charge?.held)).toEqual([
    ...[false, true],
  ]);
  const handOver = { kind: 'hand-over', service: 'given' } as const;
  expect(await first.ask(handOver)).toMatchObject({
    ...{ accepted: false, why: `${WITNESS} is in charge, not ${STANDBY}` },
  });
  expect(await second.ask(handOver)).toMatchObject({
    ...{ accepted: true, why: `${STANDBY} takes charge within a minute` },
  });
  expect((await second.state())?.charge?.held).toBe(false);
  await first.tick();
  expect(await first.state()).toMatchObject({ epoch: 3, charge: { held: true, epoch: 3 } });
});

it('a second one that is not wanted any more learns of no watch, and leaves the first alone, but never while it is in charge', async () => {
  const { first, second, calls, pass } = await openBoth(world, 'retired');
  await first.tick();
  await second.tick();
  const former = await second.table.plan('retired');
  const { signal } = new AbortController();
  const at = (region: string) => ({ ...world.sdk, region });
  const retire = (wanted?: string) =>
    retireSecond(former, wanted, { table: WATCH_TABLE, at, signal });
  await retire(WITNESS);
  pass(4 * MINUTE_MS);
  await second.tick();
  await expect(retire()).rejects.toThrow(`Put ${STANDBY} in charge first`);
  await second.ask({ kind: 'hand-over', service: 'retired' });
  // Until it has taken the place it does not know what the other one did.
  await expect(retire()).rejects.toThrow('has not taken charge yet');
  expect(await second.table.plan('retired')).not.toBeNull();
  await first.tick();
  await retire();
  expect(await second.table.plan('retired')).toBeNull();
  const alone = await first.table.plan('retired');
  expect(alone).toMatchObject({ homeRegion: STANDBY });
  expect(alone).not.toHaveProperty('controllers');
  // Once more, as by a deployment that was interrupted.
  await retire();
  // Neither asks for the lease that they shared: it may go.
  pass(MINUTE_MS);
  Object.assign(calls, { lease: 0, claim: 0 });
  await first.tick();
  expect(calls).toEqual({ lease: 0, claim: 0 });
  expect(await first.state()).toMatchObject({ epoch: 3, active: HOME });
  expect(await first.state()).not.toHaveProperty('charge');
});

it('whoever asks how the watch stands is told who is in charge, also when a region is lost', async () => {
  const { first, second, now, pass } = await openBoth(world, 'shop');
  await second.tick();
  await first.tick();
  pass(10_000);
  expect((await statusAt(now())).controllers).toEqual({
    ...{ inCharge: STANDBY, readIn: STANDBY },
    first: { region: STANDBY, lastMs: now() - 10_000, silent: false },
    second: { region: WITNESS, lastMs: null, silent: true },
  });
  // Before the second has taken over, it tells what it knows.
  pass(4 * MINUTE_MS);
  expect((await statusAt(now(), STANDBY)).controllers).toMatchObject({
    ...{ inCharge: STANDBY, readIn: WITNESS, first: { silent: true } },
  });
  await second.tick();
  const taken = await statusAt(now(), STANDBY);
  expect(taken).toMatchObject({ active: HOME, epoch: 2 });
  expect(taken.controllers).toMatchObject({
    ...{ inCharge: WITNESS, readIn: WITNESS },
    ...{ first: { lastMs: null, silent: true }, second: { lastMs: now(), silent: false } },
  });
  await expect(statusAt(now(), STANDBY, WITNESS)).rejects.toThrow();
  // Orders to the watch of a data folder go to whoever is in charge; promotions are the first one's.
  const dataDir = mkdtempSync(path.join(tmpdir(), 'in-charge-'));
  writeFileSync(path.join(dataDir, 'endpoint'), `${world.sdk.endpoint}\n`);
  const network = createNetwork({ rtt: () => 0, random: () => 0, clock: realClock });
  const control = await openControl({
    ...{ dataDir, service: 'shop', homeRegion: STANDBY, controllers: CONTROLLERS },
    ...{ dns: '127.0.0.1:5300', network, facts: () => [] },
  });
  try {
    const output = openOutput(true, process, {});
    const regionOf = (wanted: Wanted) =>
      withWatch({ data: dataDir }, output, wanted, async ({ sdk }) => sdk.region);
    expect(await regionOf('in-charge')).toBe(WITNESS);
    expect(await regionOf('home')).toBe(STANDBY);
  } finally {
    await control.close();
    await network.close();
    rmSync(dataDir, { recursive: true });
  }
});
