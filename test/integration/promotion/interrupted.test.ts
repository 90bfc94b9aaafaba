// Goal: a promotion gives way to a failover at once, and goes on where it was after a kill.
// Method: the machine `promotion` on an embedded cloud, with services of other names, clusters, roles and listeners than
// ours, named as `ecs.promotion` and under the rights for them; a real fault of the network, and a restart.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWatchTable } from '../../../aws/watchTable.ts';
import { eventually } from '../../contract/endpoint.ts';
import { openPromoted } from '../../support/promotedCloud.ts';
import { ask, PRIMARY, STANDBY } from '../../support/servedCloud.ts';

const promoted = openPromoted(
  { promotion: { steps: ['50%'], hold: '60s', soak: '1s' } },
  undefined,
  true,
);

beforeAll(async () => {
  await promoted.start('one');
  await promoted.untilSteady();
});
afterAll(() => promoted.close());

/** Until half of the traffic in the standby is new: there it would stay for a minute. */
const untilShared = () =>
  eventually('half of the traffic is new', async () => {
    const memory = (await promoted.record())?.memory;
    return memory?.places[memory.at]?.stage === 'shift' && memory.share === 1 && !memory.ordered;
  });

const versionsIn = async (region: string): Promise<unknown[]> => {
  const seen = new Set<unknown>();
  for (let n = 0; n < 40; n++) seen.add((await ask(promoted.url(region))).version);
  return [...seen].sort();
};

it('goes on where it was after its process was killed', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'two');
  await promoted.order(digest, 'canary', 'p-killed');
  await untilShared();
  const before = (await promoted.record())?.memory;
  // Of the family that the configuration's service runs, and of no other.
  expect(before?.places[0]).toMatchObject({
    region: STANDBY,
    after: expect.stringMatching(/:task-definition\/front-b:2$/),
  });
  await promoted.restart('one');
  await promoted.untilSteady();
  // The installation of the next start has left everything as it was.
  expect(await versionsIn(STANDBY)).toEqual(['one', 'two']);
  await eventually(
    'it takes steps again',
    async () => ((await promoted.record())?.memory.seq ?? 0) > (before?.seq ?? 0) + 1,
  );
  const after = (await promoted.record())?.memory;
  expect(after).toMatchObject({ at: before?.at, share: before?.share, over: false });
});

it('gives all traffic to the old version when the primary is lost, and lets it fail over', async () => {
  await promoted.cloud().network.setFault({
    ...{ id: 'down', scope: { region: PRIMARY }, kind: 'down', plane: 'service' },
  });
  const record = await promoted.untilOver();
  expect(record).toMatchObject({ outcome: 'INTERRUPTED' });
  expect(record.why).toContain('the watch is in');
  expect(record.memory.places).toMatchObject([
    { role: 'standby', stage: 'reverted' },
    { role: 'primary', stage: 'waiting' },
  ]);
  expect(await versionsIn(STANDBY)).toEqual(['one']);
  const table = openWatchTable(promoted.watchTable(), promoted.sdk());
  try {
    await eventually(
      'traffic is in the standby',
      async () => (await table.state('tiny'))?.state.active === STANDBY,
    );
  } finally {
    table.close();
  }
  const refused = await promoted.order(record.digest, 'canary', 'p-away');
  expect(refused.status).toBe('refused');
});
