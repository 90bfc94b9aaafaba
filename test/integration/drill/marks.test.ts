// Goal: whatever fails in a drill is marked, each by one line that names it, and the rest is ranked.
// Method: one drill on plain processes whose variants fail in every way that a variant can, read as a
// person does: text, JSON, page, history.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DrillReport } from '../../../events/drillReport.ts';
import { type Ended, openWorkshop, writeService } from '../../support/drillCommand.ts';
import { untilNothing } from '../../support/leftovers.ts';

const workshop = openWorkshop('marks');
const data = workshop.dataDir();

afterAll(() => workshop.remove());

const STAGES = {
  plain: [],
  slow: ['ENV DELAY_MS=3'],
  twin: [],
  broken: ['RUN echo "cannot find the compiler" >&2 && exit 3'],
  sick: ['ENV SICK=1'],
  mortal: ['ENV LIVES=3'],
  leaky: ['ENV API_TOKEN=0123456789abcdef0123'],
};

describe('a drill in which variants fail', () => {
  let ended: Ended;
  let report: DrillReport;

  beforeAll(async () => {
    const config = writeService(workshop, {
      stages: STAGES,
      rounds: 3,
      drill: ['readyTimeout: 10s', 'gates: { findings: high, size: 1MB }'],
    });
    ended = await workshop.run([
      'drill',
      '--no-install',
      '--json',
      '--config',
      config,
      '--data',
      data,
    ]);
    report = DrillReport.parse(JSON.parse(ended.stdout));
  });

  const problem = (kind: string, where: string) =>
    report.problems.find((one) => one.kind === kind && one.where.startsWith(where));

  it('ends as done with marks', () => {
    expect(ended.code, ended.stderr).toBe(3);
    expect(ended.stderr).toContain('installing packages is forbidden (--no-install)');
    expect(ended.stderr).toContain('variants run as plain processes');
  });

  it('ranks what was measured and nothing else; what failed half of the time comes last', () => {
    const rows = report.rankings[0]?.rows.map(({ v }) => v) ?? [];
    // What died in most rounds may have too few left to be ranked at all; it is never among the first.
    expect(['plain', 'slow', 'mortal']).toEqual(expect.arrayContaining(rows));
    // A machine too busy to start a task or to send on time costs a well variant its rank, and that is told.
    const isTold = (v: string): boolean =>
      report.problems.some(
        ({ kind, where }) => kind === 'LateSamples' || where.startsWith(`${v} in `),
      );
    for (const v of ['plain', 'slow']) {
      expect(rows.includes(v) || isTold(v), `${v} is neither ranked nor told of`).toBe(true);
    }
    if (rows.includes('mortal')) expect(rows.at(-1)).toBe('mortal');
  });

  it('marks a build that failed with the last meaningful line of its output', () => {
    expect(problem('BuildFailed', 'broken')?.what).toContain('cannot find the compiler');
  });

  it('marks a variant that is the same image as another', () => {
    expect(problem('SameImage', 'twin')?.what).toContain('the same image as plain');
  });

  it('places nothing that fails a gate, and judges no gate without what it needs', () => {
    expect(problem('GateFailed', 'leaky')?.what).toContain('findings 1: secret-in-image in line');
    expect(report.placements.filter(({ armId }) => armId === 'leaky')).toEqual([]);
    const excluded = report.rankings[0]?.excluded.find(({ v }) => v === 'leaky');
    expect(excluded?.why).toMatch(/^gate failed: findings 1: secret-in-image/);
    const plain = report.variants.find(({ id }) => id === 'plain');
    expect(plain?.gates).toMatchObject([
      { gate: 'size', status: 'not judged', found: 'the size was not measured' },
      { gate: 'findings', status: 'passed' },
    ]);
  });

  it('knows the steps of the builds from their logs', () => {
    const plain = report.variants.find(({ id }) => id === 'plain')?.image;
    expect(plain?.buildSteps.map(({ stage, instruction }) => [stage, instruction])).toContainEqual([
      'base',
      'COPY server.js .',
    ]);
    expect(plain?.stages.map(({ name, part }) => [name, part])).toContainEqual([
      'plain',
      'shipped',
    ]);
  });

  it('marks a task that never gets ready, in each region', () => {
    for (const region of ['eu-west-1', 'eu-central-1']) {
      const { what } = problem('NotReady', `sick in ${region}`) ?? {};
      expect(what).toContain(
        'did not answer /healthz on port 8080 with 200 within 10.0 s; last: status',
      );
    }
  });

  it('marks a task that died in the middle of a round, with its exit code', () => {
    expect(problem('TaskDied', 'mortal in eu-west-1')?.what).toContain('exit code 7');
  });

  it('shows facts of images as not measured, never as a number', async () => {
    expect(report.runner).toEqual(['process']);
    for (const { image } of report.variants) {
      expect(image?.compressedBytes).toBeNull();
      expect(image?.layers).toBeNull();
    }
    expect(report.notMeasured.map(({ what }) => what)).toContain('image size and layers');
    const text = await workshop.run(['report', '--data', data]);
    expect(text.stdout).toContain('runner: process');
    expect(text.stdout).toMatch(/image size and layers: no container image was built/);
    const page = readFileSync(`${data}/reports/${report.drillId}.html`, 'utf8');
    expect(page).toContain('image size and layers');
    expect(`${text.stdout}${page}`).not.toMatch(/NaN|undefined|\b0 B\b/);
  });

  it('tells Slack once, in the file that the command names', async () => {
    const messages = readFileSync(`${data}/slack/messages.jsonl`, 'utf8').trim().split('\n');
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain('tiny: drill done');
  });

  it('leaves nothing behind', async () => {
    expect(await untilNothing([data])).toEqual([]);
  });
});

describe('a drill whose reference does not build', () => {
  it('stops, and shows the last meaningful line of the build', async () => {
    const config = writeService(workshop, {
      name: 'doomed',
      stages: { broken: STAGES.broken, plain: [] },
    });
    const ended = await workshop.run(['drill', '--no-install', '--config', config, '--data', data]);
    expect(ended.code).toBe(1);
    const [line, ...others] = ended.stderr.split('\n').filter((one) => one.startsWith('the drill'));
    expect(others).toEqual([]);
    expect(line).toContain('the reference broken could not be built');
    expect(line).toContain('cannot find the compiler');
    const history = await workshop.run(['history', '--json', '--data', data]);
    expect(JSON.parse(history.stdout)).toMatchObject({
      drills: [
        { service: 'doomed', status: 'FAILED' },
        { service: 'tiny', status: 'SUCCEEDED' },
      ],
    });
    expect(await untilNothing([data])).toEqual([]);
  });
});
