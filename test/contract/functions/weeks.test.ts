// Goal: over weeks of nights an image, a region and the measuring itself are told apart, each told once, in
// Slack and on the bus; a night that was missed or failed is a hole.
// Method: the whole drill machine, started by its schedule on a virtual clock, with the real functions on the
// embedded services; only builds, tasks and probes are made up.
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NightModel } from '../../support/nightDrills.ts';
import { openNights } from '../../support/nightMachine.ts';
import { temporaryFolder } from '../endpoint.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** Nights, counted from 0. */
const [MISSED, IMAGE, FAILED, REGION, MEASURING, END] = [4, 10, 12, 15, 20, 24];

const MODEL: NightModel = {
  seed: 'three weeks',
  noise: 0.02,
  truth: (arm, { region }, at) =>
    (arm === 'distroless' && at >= IMAGE ? 1.2 : 1) *
    (region === 'eu-west-1' && at >= REGION ? 1.25 : 1) *
    (arm === 'control' && at >= MEASURING ? 1.15 : 1),
};

type World = Awaited<ReturnType<typeof openNights>>;
type Night = Awaited<ReturnType<World['pass']>>;

const passAll = async (world: World): Promise<Map<number, Night>> => {
  const nights = new Map<number, Night>();
  for (let at = 0; at < END; at++) {
    if (at === MISSED) await world.miss();
    else nights.set(at, await world.pass());
  }
  return nights;
};

const newsOf = ({ report }: Night) =>
  (report?.nights?.alerts ?? [])
    .filter(({ state }) => state === 'new' || state === 'changed')
    .map(({ state, word, of, where, since }) => ({ state, word, of, where, since }));

describe('three weeks of the drill machine', () => {
  it('tell an image, a region and the measuring apart, each once', {
    timeout: 180_000,
  }, async () => {
    vi.resetModules();
    const world = await openNights({
      dataDir: folder,
      model: MODEL,
      setEnv: (name, value) => void vi.stubEnv(name, value),
      setDate: (ms) => void vi.setSystemTime(ms),
      builds: (night) => night !== FAILED,
      changedFrom: IMAGE,
    });
    const nights = await passAll(world);

    const failed = nights.get(FAILED);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'ReferenceFailed' });
    const others = [...nights.values()].filter((night) => night !== failed);
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));

    const news = [...nights].flatMap(([at, night]) => newsOf(night).map((one) => ({ at, ...one })));
    const nobody = { state: 'new', of: null, where: null };
    expect(news).toEqual([
      { ...nobody, at: IMAGE, word: 'image', of: 'distroless', since: '2026-07-11' },
      { ...nobody, at: REGION, word: 'environment', where: 'in eu-west-1', since: '2026-07-16' },
      { ...nobody, at: MEASURING, word: 'measurement', since: '2026-07-21' },
    ]);

    const last = nights.get(END - 1);
    expect(last?.report?.nights).toMatchObject({ first: '2026-07-01', measured: 22, holes: 2 });
    const [line] = last?.report?.nights?.timelines ?? [];
    const holes = (line?.values ?? []).flatMap((value, at) => (value === null ? [at] : []));
    expect(holes).toEqual([MISSED, FAILED]);

    // One message for each drill; the words of an alert stand in that of its night, and in no other.
    expect(world.told).toHaveLength(END - 1);
    const order = [...nights.keys()];
    const told = (text: string) =>
      world.told.flatMap((message, at) => (message.includes(text) ? [order[at]] : []));
    expect(told('drill failed')).toEqual([FAILED]);
    expect(told('image distroless: ')).toEqual([IMAGE]);
    expect(told('• environment in eu-west-1: ')).toEqual([REGION]);
    expect(told('• measurement: ')).toEqual([MEASURING]);

    const events = await world.heard(3);
    expect(events.map(({ drillId }) => drillId)).toEqual(
      [IMAGE, REGION, MEASURING].map((at) => nights.get(at)?.name),
    );
    await world.close();
  });
});
