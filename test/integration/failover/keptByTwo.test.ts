// Goal: what two controllers keep is read as one, each move from the region of whoever made it; a lost region is told
// and gone on without, within seconds.
// Method: the store of the commands over the tables of both regions in the embedded DynamoDB; a lost region takes
// connections and answers none.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWatchTable } from '../../../aws/watchTable.ts';
import { keptOf } from '../../../cli/kept.ts';
import { openOutput } from '../../../cli/output/output.ts';
import { type Store, withStoreOf } from '../../../cli/store.ts';
import { named } from '../../../cli/where/deployed.ts';
import { Config } from '../../../events/config.ts';
import type { FailoverSummary } from '../../../events/failoverSummary.ts';
import { HOME, STANDBY, START_MS } from '../../support/failovers.ts';
import { startDark, startTwoRegions, WITNESS } from '../../support/twoControllers.ts';
import { WATCH_TABLE, type WatchWorld } from '../../support/watchWorld.ts';

const CONFIG = Config.parse({
  service: 'shop',
  record: 'shop.example.test',
  regions: {
    primary: { name: HOME, endpoint: 'http://127.0.1.1/' },
    standby: { name: STANDBY, endpoint: 'http://127.0.2.1/' },
    witness: WITNESS,
  },
  observers: ['eu-west-2', 'us-east-2', 'ap-northeast-1'],
});

const summary = (execution: string, minute: number): FailoverSummary => ({
  ...{ service: 'shop', execution, decisionId: 'd1', cause: 'down', from: HOME, to: STANDBY },
  ...{ epoch: 1, automatic: true, outcome: 'done', active: STANDBY, reason: 'it was down' },
  ...{ startedAtMs: START_MS + minute * 60_000, finishedAtMs: START_MS + minute * 60_000 + 9 },
  ...{ timings: null, lossMs: null, leftovers: [], vantage: 'quorum' },
  ...{ record: `evidence/shop/${execution}.json`, entries: 3, head: 'a'.repeat(64) },
});

const probe = (second: number) => ({
  ...{ startMs: START_MS + second * 1_000, endMs: START_MS + second * 1_000 + 20 },
  ...{ latencyMs: 20, failure: null },
});

let world: WatchWorld;
let dark: Awaited<ReturnType<typeof startDark>>;
beforeAll(async () => {
  world = await startTwoRegions();
  dark = await startDark();
  const [first, second] = [STANDBY, WITNESS].map((region) =>
    openWatchTable(WATCH_TABLE, { ...world.sdk, region }),
  ) as [ReturnType<typeof openWatchTable>, ReturnType<typeof openWatchTable>];
  await first.putSummary('shop', summary('shop-0-1', 0));
  await first.putSummary('shop', summary('shop-1-1', 10));
  await second.putSummary('shop', summary('shop-1-1', 12));
  const samples = (...seconds: number[]) => [{ target: HOME, samples: seconds.map(probe) }];
  await first.putSamples('shop', 'us-east-2', samples(1, 2));
  // Written to the first one, whose answer was lost, and so to the second one again.
  await second.putSamples('shop', 'us-east-2', samples(2, 3));
  first.close();
  second.close();
});
afterAll(async () => {
  dark.close();
  await world.close();
});

/** What whoever reaches all regions but those that are lost is told, and reads. */
const reading = async <T>(lost: readonly string[], work: (store: Store) => Promise<T>) => {
  const notes: string[] = [];
  const output = { ...openOutput(true), note: (line: string) => void notes.push(line) };
  const place = { account: '000000000000', region: STANDBY, stage: 'prod', service: 'shop' };
  const deploy = 'failover deploy';
  const sdkIn = (region: string) => ({
    ...{ ...world.sdk, region },
    requestHandler: { connectionTimeout: 500, socketTimeout: 500 },
    ...(lost.includes(region) ? { endpoint: dark.endpoint } : {}),
  });
  const deployed = {
    ...{ config: CONFIG, place, sdkIn, sdk: sdkIn(STANDBY), callSdk: sdkIn(STANDBY) },
    ...{ options: ' --on aws', deploy },
    named: (error: unknown, region: string) => named(error, { service: 'shop', region, deploy }),
  };
  const found = await withStoreOf(keptOf(deployed, 'kept', output), async (store) => ({
    value: await work(store),
    unread: store.unread(),
  }));
  return { ...found, notes };
};

describe('what two controllers keep', () => {
  it('is one history, and a name that both have is told apart by its region', async () => {
    const { value, unread } = await reading([], async ({ failovers }) => ({
      all: (await failovers.all(9)).map((one) => [one.summary.execution, one.region]),
      second: await failovers.find(`shop-1-1@${WITNESS}`),
      both: await failovers.find('shop-1-1').catch((error: Error) => error.message),
    }));
    expect(value.all).toEqual([
      ['shop-1-1', WITNESS],
      ['shop-1-1', STANDBY],
      ['shop-0-1', STANDBY],
    ]);
    expect(value.second?.bucket).toBe(`failover-shop-watch-000000000000-${WITNESS}`);
    expect(value.both).toBe(
      `shop-1-1 is the name of a move by each controller: name shop-1-1@${WITNESS} or shop-1-1@${STANDBY}`,
    );
    expect(unread).toEqual([]);
  });

  it('has the probes of both, each once', async () => {
    const { value } = await reading([], async ({ failovers }) => {
      const found = await failovers.find('shop-0-1');
      return found && failovers.later(found);
    });
    const seen = value?.flatMap(({ samples }) => samples.map(({ startMs }) => startMs));
    expect(seen).toEqual([1, 2, 3].map((second) => START_MS + second * 1_000));
  });

  it.each([
    [STANDBY, ['shop-1-1']],
    [WITNESS, ['shop-1-1', 'shop-0-1']],
  ])('is read without %s, which is told', async (region, left) => {
    const { value, unread, notes } = await reading([region], async ({ failovers, promotions }) => ({
      failovers: (await failovers.all(9)).map((one) => one.summary.execution),
      promotions: await promotions.all(9),
    }));
    expect(value).toEqual({ failovers: left, promotions: [] });
    expect(unread).toEqual([region]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`what is kept in ${region} is left out: not-answered`);
  });

  it('cannot be read where neither answers', async () => {
    const read = reading([STANDBY, WITNESS], ({ failovers }) => failovers.all(9));
    await expect(read).rejects.toMatchObject({ details: { check: 'not-answered' } });
  });
});
