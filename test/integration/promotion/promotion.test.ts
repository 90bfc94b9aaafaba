// Goal: a better image takes the place of the one that runs, first in the standby, then in the primary, and
// nobody who asks the service is ever turned away; a worse one is taken back.
// Method: the machine `promotion` on an embedded cloud with real processes behind real load balancers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPromoted } from '../../support/promotedCloud.ts';
import { ask, PRIMARY, STANDBY } from '../../support/servedCloud.ts';

const promoted = openPromoted({
  // One region at a time is enough of canaries; the standby gets all of it at once.
  promotion: { steps: ['50%'], hold: '1s', soak: '1s', staging: true },
});
let first = '';

beforeAll(async () => {
  await promoted.start('one');
  first = await promoted.served.build(promoted.cloud(), 'one');
  await promoted.untilSteady();
}, 120_000);
afterAll(() => promoted.close());

/** Asks a region without a pause until it is told to stop; answers with what was said. */
const askAllTheTime = (region: string) => {
  const versions = new Set<unknown>();
  const failures: string[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      try {
        const { status, version } = await ask(promoted.url(region));
        if (status === 200) versions.add(version);
        else failures.push(`${status}`);
      } catch (error) {
        failures.push(String(error));
      }
      await sleep(20);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await asking;
      return { versions: [...versions], failures };
    },
  };
};

it('goes from staging over the standby to the primary, and nobody is turned away', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'two');
  const clients = [PRIMARY, STANDBY].map(askAllTheTime);
  expect(await promoted.order(digest, 'canary', 'p-good')).toMatchObject({
    ...{ status: 'started', mode: 'canary', promotionId: 'p-good', digest },
  });
  const record = await promoted.untilOver();
  expect(record, record.why).toMatchObject({
    ...{ outcome: 'PROMOTED', digest, previousDigest: first, by: 'person' },
  });
  expect(record.memory.places).toMatchObject([
    { role: 'staging', stage: 'done' },
    { role: 'standby', region: STANDBY, stage: 'done' },
    { role: 'primary', region: PRIMARY, stage: 'done' },
  ]);
  // Without traffic, half of it, all of it: in both regions. Staging has none.
  expect(record.gates.map(({ role, percent, verdict }) => [role, percent, verdict])).toEqual([
    ['staging', 0, 'holds'],
    ...['standby', 'primary'].flatMap((role) =>
      [0, 50, 100].map((share) => [role, share, 'holds']),
    ),
  ]);
  for (const client of clients) {
    const { versions, failures } = await client.stop();
    expect(failures).toEqual([]);
    expect(versions.sort()).toEqual(['one', 'two']);
  }
  expect((await ask(promoted.url(PRIMARY))).version).toBe('two');
}, 150_000);

it('is asked twice and begun once', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'two');
  const again = await promoted.order(digest, 'canary', 'p-good');
  expect(again.status).toBe('started');
  expect((await promoted.record())?.outcome).toBe('PROMOTED');
});

it('takes a version back whose requests fail, and no client gets it', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'failing');
  const client = askAllTheTime(STANDBY);
  await promoted.order(digest, 'bluegreen', 'p-failing');
  const record = await promoted.untilOver();
  expect(record, record.why).toMatchObject({ outcome: 'ROLLED_BACK' });
  expect(record.why).toMatch(/requests to the new version failed, 0 of \d+ to the old one/);
  const { versions, failures } = await client.stop();
  expect({ versions, failures }).toEqual({ versions: ['two'], failures: [] });
}, 90_000);

it('sees a version that does not even start, and its deployment rolled back by ECS', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'broken');
  await promoted.order(digest, 'canary', 'p-broken');
  const record = await promoted.untilOver();
  expect(record).toMatchObject({ outcome: 'ROLLED_BACK' });
  expect(record.why).toContain('the service did not take the new version on');
  expect(record.memory.places[0]).toMatchObject({ role: 'staging', stage: 'reverted' });
  expect((await ask(promoted.url(STANDBY))).version).toBe('two');
}, 90_000);

it('is rolled back when a person says so, the primary first', async () => {
  expect(await promoted.rollback()).toMatchObject({ status: 'refused' });
  const digest = await promoted.served.build(promoted.cloud(), 'three');
  await promoted.order(digest, 'bluegreen', 'p-three');
  expect((await promoted.untilOver()).outcome).toBe('PROMOTED');
  expect(await promoted.rollback()).toMatchObject({ status: 'started', promotionId: 'p-three' });
  expect((await promoted.untilOver()).outcome).toBe('ROLLED_BACK');
  for (const region of [PRIMARY, STANDBY]) {
    expect((await ask(promoted.url(region))).version).toBe('two');
  }
  expect(promoted.served.faults).toEqual([]);
}, 150_000);
