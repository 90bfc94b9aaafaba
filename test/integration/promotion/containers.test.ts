// Goal: a good image is promoted and a bad one is seen being rolled back, as containers behind the load
// balancers, where containers can be had.
// Method: the machine `promotion` on the whole embedded cloud, with the machine's own builder, on services that the
// configuration names as `ecs.promotion`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPromoted } from '../../support/promotedCloud.ts';
import { ask, PRIMARY, realBuilder, STANDBY } from '../../support/servedCloud.ts';
import { missingEngine } from '../ecs/toyImage.ts';

const missing = await missingEngine();

describe.skipIf(missing !== undefined)(
  `a promotion of containers${missing ? ` (${missing})` : ''}`,
  () => {
    const promoted = openPromoted({}, realBuilder, true);

    beforeAll(async () => {
      await promoted.start('one');
      await promoted.untilSteady();
    });
    afterAll(() => promoted.close());

    it('puts a good image in the place of the one that runs, in both regions', async () => {
      const digest = await promoted.served.build(promoted.cloud(), 'two');
      await promoted.order(digest, 'bluegreen', 'p-good');
      const record = await promoted.untilOver();
      expect(record, record.why).toMatchObject({ outcome: 'PROMOTED', digest });
      for (const region of [STANDBY, PRIMARY]) {
        expect(await ask(promoted.url(region))).toMatchObject({ region, version: 'two' });
      }
    });

    it('takes a bad one back, which does not even start', async () => {
      const digest = await promoted.served.build(promoted.cloud(), 'broken');
      await promoted.order(digest, 'bluegreen', 'p-broken');
      const record = await promoted.untilOver();
      expect(record).toMatchObject({ outcome: 'ROLLED_BACK' });
      expect(record.why).toContain('the new version did not start');
      for (const region of [STANDBY, PRIMARY]) {
        expect((await ask(promoted.url(region))).version).toBe('two');
      }
    });
  },
);
