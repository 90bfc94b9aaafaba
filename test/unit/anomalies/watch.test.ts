// Goal: one alert for each change, none without a value tonight, and a word for the cause.
import { describe, expect, it } from 'vitest';
import { causeOf } from '../../../core/anomalies/attribute.ts';
import type { NightValue } from '../../../core/anomalies/nights.ts';
import { type Alert, newAlerts, watchTonight } from '../../../core/anomalies/watch.ts';
import { normals } from '../../support/noise.ts';

const stepAt = (at: number, n: number, factor: number, seed = 'step'): NightValue[] => {
  const noise = normals(seed);
  return Array.from({ length: n }, (_, day) => ({
    day,
    value: 40 * Math.exp(0.02 * noise()) * (day >= at ? factor : 1),
  }));
};
const watched = (nights: readonly NightValue[], id = 'a') =>
  ({ id, nights, scale: 'positive' }) as const;

describe('watching', () => {
  it('tells of a change with its first bad night, before and after', () => {
    const [alert] = watchTonight([watched(stepAt(87, 90, 1.15))]);
    expect(alert).toMatchObject({ series: 'a', method: 'edivisive', since: 87 });
    expect(alert!.after / alert!.before).toBeCloseTo(1.15, 1);
  });

  it('tells each change once, night after night', () => {
    const nights = stepAt(87, 110, 1.15);
    const told: Alert[] = [];
    for (let n = 80; n <= 110; n++) {
      told.push(...newAlerts(told, watchTonight([watched(nights.slice(0, n))])));
    }
    expect(told).toHaveLength(1);
    const back = newAlerts(told, [
      { ...told[0]!, since: 99 },
      { ...told[0]!, after: 1 },
    ]);
    expect(back).toHaveLength(2);
  });

  it('asks one method when told to', () => {
    const nights = [watched(stepAt(85, 90, 1.2))];
    expect(watchTonight(nights, { method: 'ewma' })[0]).toMatchObject({ method: 'ewma' });
    expect(watchTonight(nights, { method: 'edivisive' })[0]).toMatchObject({ method: 'edivisive' });
  });

  it('has no alert for a night that was not measured', () => {
    const nights = [...stepAt(87, 90, 1.2), { day: 90, value: null }];
    expect(watchTonight([watched(nights)])).toEqual([]);
  });

  it('bridges holes between bad nights', () => {
    const nights = stepAt(86, 92, 1.2).map(({ day, value }) => ({
      day,
      value: day === 88 || day === 90 ? null : value,
    }));
    const [alert] = watchTonight([watched(nights)], { method: 'edivisive' });
    expect(alert).toMatchObject({ since: 86 });
  });

  it('asks for more evidence the more series there are', () => {
    const weak = stepAt(87, 90, 1.08, 'weak 4');
    const alone = watchTonight([watched(weak)]);
    const quiet = Array.from({ length: 200 }, (_, at) =>
      watched(stepAt(0, 90, 1, `q${at}`), `q${at}`),
    );
    const among = watchTonight([watched(weak), ...quiet]).filter(({ series }) => series === 'a');
    expect([alone.length, among.length]).toEqual([1, 0]);
  });
});

describe('the cause', () => {
  const still = { logChange: 0.004, alert: false };
  const moved = { logChange: 0.1, alert: true };
  const base = { reference: still, candidate: still, relative: still, control: still };

  it.each([
    ['nothing', {}, undefined, undefined],
    ['the candidate', { candidate: moved, relative: moved }, 'image', 'candidate'],
    ['everything', { candidate: moved, reference: moved }, 'environment', null],
    [
      'everything, one without an alarm',
      { candidate: moved, reference: { ...moved, alert: false } },
      'environment',
      null,
    ],
    [
      'what runs today',
      { reference: moved, relative: { logChange: -0.1, alert: true } },
      'image',
      'reference',
    ],
    ['the control', { control: moved }, 'measurement', null],
    [
      'the control and more',
      { control: moved, candidate: moved, relative: moved },
      'measurement',
      null,
    ],
  ])('when %s moved', (_, moves, word, of) => {
    const cause = causeOf({ ...base, ...moves });
    expect([cause?.word, cause?.of]).toEqual([word, of]);
  });
});
