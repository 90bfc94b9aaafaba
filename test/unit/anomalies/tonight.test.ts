// Goal: one change is one alert with its cause and place, told once, again when it changes, and not while
// it is acknowledged; holes are no zeros, and a promotion is no change.
import { describe, expect, it } from 'vitest';
import type { NightPoint } from '../../../core/anomalies/points.ts';
import { nightPoints } from '../../../core/anomalies/points.ts';
import { nightsReport } from '../../../core/anomalies/report.ts';
import { seenFrom, seriesUpTo, valuesOf } from '../../../core/anomalies/series.ts';
import { findingsOf } from '../../../core/anomalies/tonight.ts';
import { reportOfDrill } from '../../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT } from '../../support/drillRecords.ts';
import {
  FIRST_DAY,
  type Model,
  nightOf,
  type Truth,
  toldOver,
  watchNights,
} from '../../support/nights.ts';
import { troubledDrill } from '../../support/troubledDrill.ts';

const AT = 14;
const model = (truth: Truth, more: Partial<Model> = {}): Model => ({
  ...{ seed: 'tonight 2', noise: 0.03, armNoise: 0.01, truth },
  ...more,
});
const since = (at: number, factor: number, night: number): number => (night >= at ? factor : 1);

const summary = (given: Model, nights = 30) =>
  toldOver(given, nights).map(({ at, state, alert }) => ({
    ...{ at, state, word: alert.word, of: alert.of, where: alert.where },
  }));

describe('a change over the nights', () => {
  it.each<[string, Truth, { word: string; of: string | null; where?: string | null }]>([
    [
      'of a candidate',
      (arm, _, at) => (arm === 'distroless' ? since(AT, 1.15, at) : 1),
      { word: 'image', of: 'distroless' },
    ],
    [
      'of what runs today',
      (arm, _, at) => (arm === 'slim' || arm === 'control' ? since(AT, 1.15, at) : 1),
      { word: 'image', of: 'slim' },
    ],
    ['of everything', (_, __, at) => since(AT, 1.2, at), { word: 'environment', of: null }],
    [
      'of one region',
      (_, { region }, at) => (region === 'eu-west-1' ? since(AT, 1.25, at) : 1),
      { word: 'environment', of: null, where: 'in eu-west-1' },
    ],
    [
      'of one vantage',
      (_, { vantage }, at) => (vantage === 'eu-north-1' ? since(AT, 1.3, at) : 1),
      { word: 'environment', of: null, where: 'seen from eu-north-1' },
    ],
    [
      'of the control alone',
      (arm, _, at) => (arm === 'control' ? since(AT, 1.15, at) : 1),
      { word: 'measurement', of: null },
    ],
    [
      'of how the reference is measured',
      (arm, _, at) => (arm === 'slim' ? since(AT, 1.15, at) : 1),
      { word: 'measurement', of: null },
    ],
  ])('%s is told once, with its cause', (_, truth, expected) => {
    const told = summary(model(truth));
    expect(told).toEqual([expect.objectContaining({ state: 'new', ...expected })]);
    expect(told[0]!.at).toBeGreaterThanOrEqual(AT);
    expect(told[0]!.at).toBeLessThan(AT + 3);
  });

  it('of the size of an image is told on the night it comes', () => {
    const sizes = (arm: string, at: number): number => (arm === 'fat' && at >= AT ? 150e6 : 90e6);
    const told = toldOver(
      model(() => 1, { sizes }),
      24,
    );
    expect(told.map(({ at, alert }) => [at, alert.word, alert.of])).toEqual([[AT, 'image', 'fat']]);
  });

  it('of the noise of the probers is a fault of the measuring', () => {
    const floor = (at: number): number => (at >= AT ? 6 : 0.5);
    const [told, ...more] = toldOver(
      model(() => 1, { floor }),
      24,
    );
    expect(more).toEqual([]);
    expect(told?.alert).toMatchObject({ word: 'measurement', lead: { metric: 'noise.floor' } });
  });

  it('and another one later are two alerts, and the way back is one more', () => {
    const steps = (arm: string, at: number): number => {
      if (arm !== 'distroless' || at < 14) return 1;
      return at < 26 ? 1.15 : at < 38 ? 1.35 : 1;
    };
    const told = toldOver(
      model((arm, _, at) => steps(arm, at)),
      46,
    );
    expect(told.map(({ state }) => state)).toContain('new');
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(new Set(told.map(({ alert }) => alert.of))).toEqual(new Set(['distroless']));
    expect(told.at(-1)!.alert.after).toBeLessThan(told.at(-1)!.alert.before);
  });
});

describe('an alert', () => {
  const grown: Truth = (arm, _, at) => (arm === 'distroless' && at >= AT ? 1.2 : 1);

  it('has an id made of service and first bad night, and keeps it', () => {
    const watch = watchNights();
    const ids = Array.from({ length: 24 }, (_, at) => watch.next(nightOf(model(grown), at)))
      .flat()
      .map(({ alert }) => alert.id);
    expect(new Set(ids)).toEqual(new Set(['shop-20260715-1']));
    expect(ids.length).toBeGreaterThan(5);
  });

  it('is quiet while it is acknowledged, and speaks when it changes', () => {
    const watch = watchNights();
    const truth: Truth = (arm, cell, at) =>
      grown(arm, cell, at) * (arm === 'distroless' && at >= 19 ? 1.4 : 1);
    const states: string[] = [];
    for (let at = 0; at < 22; at++) {
      const judged = watch.next(nightOf(model(truth), at));
      states.push(judged.map(({ state }) => state).join());
      const [first] = judged;
      if (at !== AT || !first) continue;
      const { id, told } = first.alert;
      const { word, of, logChange } = told;
      watch.acks.push({
        alertId: id,
        word,
        of,
        logChange,
        at: '2026-07-15T09:00:00.000Z',
        note: null,
      });
    }
    expect(states[AT]).toBe('new');
    expect(new Set(states.slice(AT + 1, 19))).toEqual(new Set(['acknowledged']));
    expect(states.slice(19).join()).toMatch(/changed|new/);
  });

  it('is the same when the series come in another order', () => {
    const nights = Array.from({ length: AT + 1 }, (_, at) => nightOf(model(grown), at));
    const tonight = nights.at(-1) ?? [];
    const all = tonight.map((night) =>
      seriesUpTo(
        night,
        nights
          .flat()
          .filter(({ scope, metric }) => scope === night.scope && metric === night.metric),
      ),
    );
    const found = findingsOf(all, 'slim');
    expect(found).toHaveLength(1);
    expect(findingsOf(all.toReversed(), 'slim')).toEqual(found);
  });
});

describe('a series', () => {
  const night = (at: number, more: Partial<ReturnType<typeof nightOf>[number]> = {}) => ({
    ...nightOf(
      model(() => 1),
      at,
    )[0]!,
    ...more,
  });

  it('has a hole for each day without a drill, and for each drill without a value', () => {
    const series = seriesUpTo(night(5), [night(0), night(3, { reference: null })]);
    expect(series.nights.map(({ day }) => day - FIRST_DAY)).toEqual([0, 1, 2, 3, 4, 5]);
    const values = valuesOf(series, { role: 'reference' }).map(({ value }) => value !== null);
    expect(values).toEqual([true, false, false, false, false, true]);
  });

  it('leaves out nights under other conditions, and takes the last drill of a day', () => {
    const other = night(1, { conditions: 'another profile' });
    const twice = night(2, { startedAt: '2026-07-03T20:00:00.000Z', reference: 99 });
    const series = seriesUpTo(night(3), [other, night(2), twice]);
    expect(series.nights.map(({ night: one }) => one?.reference)).toEqual([99, night(3).reference]);
  });

  it('goes on after a promotion, seen from the new reference', () => {
    const kept = night(0, {
      reference: 30,
      control: 0.01,
      candidates: { fat: 0.2, distroless: -0.1 },
    });
    const seen = seenFrom(kept, 'distroless');
    expect(seen).toMatchObject({ referenceId: 'distroless', control: null });
    expect(seen?.reference).toBeCloseTo(30 * Math.exp(-0.1), 9);
    expect(seen?.candidates['slim']).toBeCloseTo(0.1, 9);
    expect(seen?.candidates['fat']).toBeCloseTo(0.3, 9);
    expect(seenFrom(kept, 'web')).toBeNull();
  });
});

describe('the points of a drill', () => {
  const points = nightPoints(reportOfDrill(drillRecords(), FINISHED_AT));
  const one = (scope: string, metric: string): NightPoint | undefined =>
    points.find((point) => point.scope === scope && point.metric === metric);

  it('are absolute for the reference and relative for the others', () => {
    const point = one('all up', 'http.total.p50');
    expect(point?.reference).toBeGreaterThan(35);
    expect(Math.abs(point?.control ?? 1)).toBeLessThan(0.05);
    expect(point?.candidates['distroless']).toBeLessThan(-0.05);
    expect(Object.keys(point?.candidates ?? {}).sort()).toEqual(['distroless', 'fat', 'web']);
  });

  it('are there for each scenario, cell and what images cost', () => {
    expect(one('eu-west-1 lost', 'http.total.p95')).toBeDefined();
    expect(one('eu-west-1 from eu-north-1', 'http.total.p50')).toBeDefined();
    expect(one('eu-west-1 from eu-central-1', 'replication.lag.p50')?.reference).toBeGreaterThan(
      30,
    );
    expect(one('all regions', 'size')).toMatchObject({ unit: 'bytes', reference: 89_300_000 });
    expect(one('all regions', 'ready')?.reference).toBeGreaterThan(100);
    expect(one('all regions', 'noise.floor')?.reference).toBeGreaterThan(0);
  });

  it('leave out what a troubled drill did not measure', () => {
    const troubled = nightPoints(reportOfDrill(troubledDrill(), FINISHED_AT));
    for (const { reference } of troubled) expect(reference === null || reference > 0).toBe(true);
    expect(
      nightPoints({ ...reportOfDrill(drillRecords(), FINISHED_AT), rankings: [], cells: [] }),
    ).not.toContainEqual(expect.objectContaining({ scope: 'all up' }));
  });

  it('make no report where there are none', () => {
    expect(nightsReport([], [], [])).toBeUndefined();
  });
});
