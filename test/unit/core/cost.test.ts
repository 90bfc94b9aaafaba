// Goal: costs add up from the price table, and what the project promises of them holds.
// Method: parts by hand; the configuration of docs/cost.md through the command.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cost, costOf } from '../../../cli/commands/cost.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import { drillsAMonth } from '../../../cli/cost/figures.ts';
import { alarmMetrics } from '../../../core/cost/alarms.ts';
import { drillItems } from '../../../core/cost/drill.ts';
import { others } from '../../../core/cost/others.ts';
import { byPart, PRICES, PRICES_DATE, usdOf } from '../../../core/cost/prices.ts';
import { watchItems } from '../../../core/cost/watch.ts';
import { CostOutput } from '../../../events/costOutput.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { keptOutput } from '../../support/keptOutput.ts';

const SIZE = {
  ...{ arms: 5, variants: 4, regions: 2, publicRegions: 1, vantages: 3 },
  ...{ rounds: 12, roundMs: 120_000 },
  ...{ cpu: 256, memoryMb: 512, probeMemoryMb: 1_024, buildMinutes: 2, imageMb: 512 },
};

const partOf = (items: Parameters<typeof byPart>[0], part: string): number =>
  byPart(items).find((one) => one.part === part)?.usd ?? Number.NaN;

describe('the cost of a drill', () => {
  it('is the sum of its parts, each by hand', () => {
    const items = drillItems(SIZE);
    const taskHours = (12 * 5 * 2 * 120) / 3_600;
    expect(partOf(items, 'Fargate')).toBeCloseTo(taskHours * (0.25 * 0.04048 + 0.5 * 0.004445), 10);
    expect(partOf(items, 'addresses')).toBeCloseTo((taskHours / 2) * 0.005, 10);
    const calls = 12 * (2 * 10 + 2 * 6 + 3) + 12;
    expect(partOf(items, 'Lambda')).toBeCloseTo(12 * 6 * 120 * 0.0000133334 + calls * 2e-7, 10);
    expect(partOf(items, 'CodeBuild')).toBeCloseTo(4 * 2 * 0.005, 10);
    expect(partOf(items, 'Step Functions')).toBeCloseTo((12 + 12 * (5 + 10 * 2 + 6)) * 2.5e-5, 10);
    expect(partOf(items, 'transfer')).toBeCloseTo(4 * 0.5 * 0.02, 10);
    const sum = byPart(items).reduce((all, { usd }) => all + usd, 0);
    expect(usdOf(items)).toBeCloseTo(sum, 12);
  });

  it('bills a task a minute at least', () => {
    const fargate = (roundMs: number) => partOf(drillItems({ ...SIZE, roundMs }), 'Fargate');
    expect(fargate(5_000)).toBe(fargate(60_000));
  });

  it('of 4 variants in 3 regions, each night of rounds of two minutes, stays below half a dollar', () => {
    expect(usdOf(drillItems({ ...SIZE, regions: 3, imageMb: 80 }))).toBeLessThan(0.5);
  });
});

describe('the cost of a watch', () => {
  const size = {
    observers: 3,
    driver: 'quorum' as const,
    intervalMs: 10_000,
    beating: 2,
    controllers: 1 as const,
    alarmMetrics: { home: 7, observer: 1, beat: 1 },
    memoryMb: { observe: 1_024, beat: 128, evaluate: 512, prepare: 512 },
  };

  it('has its switch, its observers and its heartbeats by hand', () => {
    const items = watchItems(size);
    // Three checks with three options, one over them; three puts and gets a minute.
    expect(partOf(items, 'switch')).toBeCloseTo(4 * 0.5 + 9 + 43_800 * 3 * (5e-6 + 4e-7), 6);
    const seen = 43_800 * 3 * (2 + 2 * 2) * 0.625e-6;
    const read = 43_800 * 3 * 3 * 0.125e-6;
    expect(partOf(items, 'observers')).toBeCloseTo(3 * 43_800 * 70 * 0.0000133334 + seen + read, 6);
    expect(partOf(items, 'heartbeats')).toBeCloseTo(
      2 * 43_800 * (56 / 8) * 0.0000133334 + 2 * 2 * 43_800 * 12 * 0.625e-6,
      6,
    );
    expect(partOf(items, 'alarms')).toBeCloseTo((7 + 3 + 2) * 0.1, 6);
  });

  it('has a second controller that hears all votes, and costs nothing where there is none', () => {
    expect(watchItems(size).some(({ part }) => part === 'second controller')).toBe(false);
    const [minutes, votes] = [43_800, 3 * 43_800 * 3];
    const starts = votes + 2 * minutes;
    const seconds = 0.1 * (votes + minutes) * 0.5 + 0.1 * minutes * 0.5;
    expect(partOf(watchItems({ ...size, controllers: 2 }), 'second controller')).toBeCloseTo(
      votes * 1e-6 +
        seconds * 0.0000133334 +
        ((votes + minutes) * 4 + minutes * 3) * 0.625e-6 +
        minutes * 0.125e-6 +
        2 * minutes * 1e-6 +
        starts * 2e-7 +
        (starts / 1_024 ** 2) * 0.57 +
        7 * 0.1,
      6,
    );
  });

  it('counts an alarm by the metrics that it looks at', () => {
    const stat = { Id: 'a', MetricStat: { Metric: { MetricName: 'ExecutionsFailed' } } };
    expect(alarmMetrics({ MetricName: 'Errors' })).toBe(1);
    expect(alarmMetrics({ Metrics: [{ Id: 'sum', Expression: 'a + b' }, stat, stat] })).toBe(2);
  });

  it('has no switch with driver record, and nothing that beats without a table', () => {
    const parts = byPart(watchItems({ ...size, driver: 'record', beating: 0 }));
    expect(parts.map(({ part }) => part)).toEqual([
      'observers',
      'judging',
      'starts',
      'logs',
      'alarms',
      'DNS',
    ]);
  });
});

describe('what else there is', () => {
  it('costs what its vendors say', () => {
    const usd = Object.fromEntries(others(3).map(({ name, items }) => [name, usdOf(items)]));
    expect(usd).toEqual({
      'Route 53 failover alone': 10,
      'ARC routing controls': 1_825,
      'ARC Region switch': 70,
      'CloudWatch Synthetics': expect.closeTo(3 * 2 * 43_800 * 0.0012, 6),
    });
  });
});

describe('the price table', () => {
  it('names a source and a grade for each price, and how old it is', () => {
    expect(PRICES_DATE).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    for (const [name, { usd, source, grade }] of Object.entries(PRICES)) {
      expect(usd, name).toBeGreaterThan(0);
      expect(source, name).toMatch(/^aws\.amazon\.com\/.*pricing/);
      expect(['primary', 'secondary', 'unverified'], name).toContain(grade);
    }
  });
});

/** The configuration that docs/cost.md shows. */
const CONFIG = /```yaml\n([\s\S]*?)```/.exec(
  readFileSync(path.join(PROJECT_FOLDER, 'docs/cost.md'), 'utf8'),
)?.[1];

describe('failover cost', () => {
  let folder = '';
  let file = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'failover-cost-'));
    file = path.join(folder, 'failover.yml');
    const stages = ['fat', 'slim', 'distroless', 'web'].map((name) => `FROM scratch AS ${name}\n`);
    writeFileSync(path.join(folder, 'Dockerfile'), stages.join(''));
    writeFileSync(file, CONFIG ?? '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const NOW = Date.parse('2026-11-20T10:00:00Z');

  it('keeps a nightly drill of 4 variants seen from 3 regions within $0.50, a month of watching within $45', () => {
    const found = costOf(file, NOW);
    expect(found.drill?.usd).toBeLessThanOrEqual(0.5);
    expect(found.drill?.usd).toBeGreaterThan(0.05);
    expect(found.drill?.aMonth).toBe(30);
    expect(found.watch?.observers).toBe(3);
    expect(found.watch?.usd).toBeLessThanOrEqual(45);
    expect(found.watch?.usd).toBeGreaterThan(20);
    // The registries of both serving regions, full: a hundred of 80 MB each.
    expect(found.images).toMatchObject({ kept: 100, regions: 2 });
    expect(found.images?.usd).toBeCloseTo((2 * 100 * 80 * 0.1) / 1_024, 9);
    const nights = 30 * (found.drill?.usd ?? 0) + (found.images?.usd ?? 0);
    expect(found.monthUsd).toBeCloseTo(nights + (found.watch?.usd ?? 0), 9);
  });

  it('prints what its schema says, and for people what was not counted and not looked up', () => {
    const { output, kept } = keptOutput();
    cost({ config: file }, output);
    const { result, text } = kept;
    const parsed = CostOutput.parse(result);
    const used = new Set(parsed.watch?.items.map(({ price }) => price));
    for (const price of used) expect(parsed.prices[price]?.source).toContain('pricing');
    expect(text).toMatch(/Rough: \d+ % of it rests on prices that nobody has looked up again/);
    expect(text).toContain('Not counted: free tiers');
    expect(text).toMatch(/ARC routing controls +\$1,825/);
  });

  it('rests on no build where none is drilled, and on nothing where nothing is counted', () => {
    const textOf = (config: string): string => {
      const bare = path.join(folder, 'bare.yml');
      writeFileSync(bare, config);
      const { output, kept } = keptOutput();
      cost({ config: bare }, output);
      return kept.text.replace(/\s+/g, ' ');
    };
    const regions = 'service: shop\nregions: { primary: eu-west-1, standby: eu-central-1 }\n';
    const nothing = textOf(regions);
    expect(nothing).toContain('Nothing to count: there is neither an image to drill nor a record');
    expect(nothing).not.toMatch(/rests on|builds of/);
    const watched = textOf(`${regions}record: shop.example.com\n`);
    expect(watched).toMatch(/Rough: \d+ % of it rests on prices .* \(--json names them\)\. Not/);
    expect(watched).not.toContain('builds of');
  });

  it('without a schedule starts no drill', () => {
    const { config } = loadConfig(file);
    expect(drillsAMonth({ ...config, drill: { ...config.drill, schedule: undefined } }, NOW)).toBe(
      0,
    );
  });
});
