// Goal: docs/detector.md is what its command writes, and ours is on the front.
// Method: a slice of the seeds run again against the hash in the document; the table read back.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sliceHash } from '../../sim/compare/document.ts';
import { plotOf } from '../../sim/compare/plot.ts';
import { NO_SCORE, scoreOf } from '../../sim/compare/scores.ts';
import { PLACES } from '../../sim/faults/generate.ts';
import { trafficOf } from '../../sim/faults/traffic.ts';
import { MINUTE_MS, refusing, traceOf } from '../support/simTraces.ts';

const DOCUMENT = readFileSync(path.resolve(import.meta.dirname, '../../docs/detector.md'), 'utf8');

type Read = { name: string; best: boolean; falsePerYear: number; delayS: number };

const rows: Read[] = [
  ...DOCUMENT.matchAll(/^\| (\*\*)?([^|*]+?)(?:\*\*)? \| ([\d.]+) \| [^|]+ \| ([\d.]+) s /gm),
].map(([, bold, name = '', falsePerYear, delayS]) => ({
  name,
  best: bold !== undefined,
  falsePerYear: Number(falsePerYear),
  delayS: Number(delayS),
}));

describe('docs/detector.md', () => {
  it('is of these rules: write it again with its command when this fails', () => {
    expect(DOCUMENT).toContain(`give \`${sliceHash()}\``);
  });

  it('has ours on the front: no rule that looks from outside is better at an equal or shorter delay', () => {
    expect(rows.length).toBeGreaterThan(15);
    const ours = rows.filter(({ name }) => name.startsWith('ours'));
    const others = rows.filter(({ name }) => !name.startsWith('ours') && name !== 'k8gb');
    for (const own of ours) {
      const better = others.filter(
        (each) => each.falsePerYear < own.falsePerYear && each.delayS <= own.delayS,
      );
      expect(
        better.map(({ name }) => name),
        own.name,
      ).toEqual([]);
    }
  });
});

describe('a score', () => {
  const trace = traceOf(20 * MINUTE_MS, refusing(PLACES.home, 5 * MINUTE_MS, 15 * MINUTE_MS));
  const score = (...turns: { atMs: number; to: 0 | 1 }[]) =>
    scoreOf(turns, trafficOf(trace), trace, 60_000);

  it('knows the delay, and how long clients were sent to the dead region', () => {
    const good = score({ atMs: 5 * MINUTE_MS + 30_000, to: 1 });
    expect(good).toMatchObject({ outages: 1, missed: 0, delaysMs: [30_000], falseMoves: 0 });
    // Half a minute to decide, and half a TTL on average.
    expect(good.wrongMs).toBeGreaterThan(50_000);
    expect(good.wrongMs).toBeLessThan(70_000);
  });

  it('counts an outage that nobody acted on, with all its time', () => {
    expect(score()).toMatchObject({ missed: 1, delaysMs: [], wrongMs: 10 * MINUTE_MS });
  });

  it('counts a move away from a region that was well', () => {
    expect(score({ atMs: 2 * MINUTE_MS, to: 1 })).toMatchObject({ falseMoves: 1, outages: 0 });
    expect(NO_SCORE.falseMoves).toBe(0);
  });
});

describe('the plot', () => {
  const row = (name: string, p50Ms: number, falsePerYear: number) => ({
    ...{ name, p50Ms, falsePerYear, ours: name.startsWith('ours'), inside: false },
    ...{ missed: 0, outages: 1, p95Ms: null, p99Ms: null, flapMoves: 0, wrongS: 0 },
  });
  const crowd = [
    ...Array.from({ length: 8 }, (_, n) => row(`a rule beside others, ${n}`, 30_000 + n * 900, 2)),
    ...[row('ours, at the right edge', 120_000, 2), row('one at the right edge', 125_000, 2.2)],
  ];

  it('names every rule inside its frame, and no name covers another or a point', () => {
    const plot = plotOf({ first: 1, last: 1, rows: crowd });
    const number = '([-\\d.]+)';
    const points = [...plot.matchAll(new RegExp(`cx="${number}" cy="${number}"`, 'g'))].map(
      ([, x, y]) => ({
        x0: Number(x) - 4,
        x1: Number(x) + 4,
        y0: Number(y) - 4,
        y1: Number(y) + 4,
      }),
    );
    const texts = new RegExp(
      `<text x="${number}" y="${number}" text-anchor="(start|end)" class="(?:ours|peer)[^"]*">([^<]*)<`,
      'g',
    );
    const names = [...plot.matchAll(texts)].map(([, x, y, anchor, name = '']) => {
      const width = name.length * 6;
      const x0 = anchor === 'start' ? Number(x) : Number(x) - width;
      return { x0, x1: x0 + width, y0: Number(y) - 9, y1: Number(y) + 2 };
    });
    expect(names).toHaveLength(crowd.length);
    expect(names.every(({ x0, x1 }) => x0 > 0 && x1 < 760)).toBe(true);
    const boxes = [...points, ...names];
    const covered = names.flatMap((name, at) =>
      boxes.filter(
        (other, n) =>
          n !== points.length + at &&
          other.x0 < name.x1 &&
          name.x0 < other.x1 &&
          other.y0 < name.y1 &&
          name.y0 < other.y1,
      ),
    );
    expect(covered).toEqual([]);
  });
});
