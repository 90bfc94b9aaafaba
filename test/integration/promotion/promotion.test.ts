// Goal: a better image takes the place of the one that runs, first in the standby, then in the primary,
// and nobody who asks the service is ever turned away.
// Method: the machine `promotion` on an embedded cloud with real processes behind real load balancers.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPromoted } from '../../support/promotedCloud.ts';
import { PRIMARY, STANDBY } from '../../support/servedCloud.ts';

const promoted = openPromoted();

beforeAll(async () => {
  await promoted.start('one');
  await promoted.untilSteady();
}, 120_000);
afterAll(() => promoted.close());

it('promotes the standby, then the primary', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'two');
  const told = await promoted.order(digest);
  expect(told).toMatchObject({ status: 'started', mode: 'canary', promotionId: 'p-1' });
  const record = await promoted.untilOver();
  expect(record).toMatchObject({ outcome: 'PROMOTED', digest, by: 'person' });
  expect(record.memory.places).toMatchObject([
    { role: 'standby', region: STANDBY, stage: 'done' },
    { role: 'primary', region: PRIMARY, stage: 'done' },
  ]);
}, 120_000);
