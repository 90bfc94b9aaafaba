// Goal: the main job works whole: the shop is built, placed, probed, ranked and told of, and leaves nothing.
// Method: the command of the README on a fresh data folder, with real containers where a builder can be had
// (root may install one) and plain processes elsewhere; its report, records and messages are read.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DrillReport } from '../../events/drillReport.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { keepUse } from '../support/grantUse.ts';
import { leftovers, untilNothing } from '../support/leftovers.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'failover-e2e-'));
const data = path.join(folder, 'data');
const COLD_MS_MAX = 300_000;
const VARIANTS = ['distroless', 'fat', 'slim', 'web'];
const CELLS = 6;

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const failover = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const main = path.join(PROJECT_FOLDER, 'cli/main.ts');
    const child = spawn(process.execPath, [main, ...args, '--data', data], {
      cwd: PROJECT_FOLDER,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });

let ended: Ended;
let report: DrillReport;
let tookMs = 0;

beforeAll(async () => {
  const startedMs = performance.now();
  ended = await failover(
    ...['drill', '--enforce-iam', '--config', 'examples/shop/failover.yml', '--json'],
  );
  keepUse('shop', data);
  tookMs = performance.now() - startedMs;
  report = DrillReport.parse(JSON.parse(ended.stdout));
});

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

it('ends within its time', () => {
  // Marks are for a machine too busy for its samples, and are told of; a failure is not.
  expect([0, 3], ended.stderr).toContain(ended.code);
  expect(tookMs).toBeLessThan(COLD_MS_MAX);
});

it('builds every variant, and says how they ran', () => {
  expect(report.variants.map(({ image }) => image?.status)).toEqual(VARIANTS.map(() => 'built'));
  const builder = !ended.stderr.includes('no container builder works here');
  expect(report.runner).toEqual([
    expect.stringMatching(builder ? /^(runc|crun|docker|podman|process)$/ : /^process$/),
  ]);
  for (const { image } of report.variants) {
    if (builder) expect(image?.compressedBytes).toBeGreaterThan(1_000_000);
    else expect(image?.compressedBytes).toBeNull();
  }
});

it('looks into the images: every layer is read, every build has steps, and relatives share', () => {
  for (const { image } of report.variants) {
    expect(image?.buildSteps.length).toBeGreaterThan(5);
    expect(image?.stages.filter(({ part }) => part === 'shipped').length).toBeGreaterThan(0);
    if (image?.compressedBytes === null) continue;
    expect(image?.content).toMatchObject({ notRead: null });
    expect(image?.content?.efficiency).toBeGreaterThan(0.9);
    expect(image?.content?.layers.some(({ ofBase }) => ofBase)).toBe(true);
  }
  const slim = report.variants.find(({ id }) => id === 'slim')?.image?.content;
  if (slim) expect(slim.bytesBeyond['fat']).toBeLessThan(slim.sharedBytes);
});

it('ranks every variant in every scenario, from rounds that count', () => {
  const [ranking] = report.rankings;
  expect(ranking?.scenario).toBe('all up');
  expect(ranking?.rows.map(({ v }) => v).toSorted()).toEqual(VARIANTS);
  expect(ranking?.rounds).toBeGreaterThanOrEqual(1);
  expect(new Set(report.rankings.map(({ scenario }) => scenario)).size).toBeGreaterThanOrEqual(3);
});

it('measures every cell, no answer failed, and none came faster than the network lets it', () => {
  expect(report.cells).toHaveLength(CELLS);
  expect(report.failed).toBe(0);
  for (const { arms, knownRttMs, environment } of report.cells) {
    for (const { metrics } of arms) {
      expect(metrics['http.total']?.p5).toBeGreaterThanOrEqual(knownRttMs);
    }
    expect(Object.keys(environment)).toEqual(
      expect.arrayContaining(['dns.total', 'database.write', 'database.read']),
    );
  }
});

it('keeps its records: history, ranking and export read them again', async () => {
  const history = JSON.parse((await failover('history', '--json')).stdout);
  expect(history.drills[0]).toMatchObject({ drillId: report.drillId, status: 'SUCCEEDED' });
  const again = await failover('rank', '--json');
  expect(again.code, again.stderr).toBe(0);
  const csv = (await failover('export', '--csv')).stdout.trim().split('\n');
  expect(csv.length).toBeGreaterThan(VARIANTS.length * CELLS);
});

it('tells Slack once', () => {
  const messages = readFileSync(`${data}/slack/messages.jsonl`, 'utf8').trim().split('\n');
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain('shop: drill done');
});

it('leaves no process, mount, control group or run folder', async () => {
  await untilNothing([data]);
  expect(leftovers([data])).toEqual([]);
});
