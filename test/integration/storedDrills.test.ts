// Goal: drills that were kept can be listed, read, ranked again and exported, whoever holds the data folder.
// Method: made-up drills in a real data folder; the real command as a process of its own.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DrillReport } from '../../events/drillReport.ts';
import { ExportOutput } from '../../events/exportOutput.ts';
import { HistoryOutput } from '../../events/historyOutput.ts';
import { InitOutput } from '../../events/initOutput.ts';
import { RankingOutput } from '../../events/rankingOutput.ts';
import { drillRecords } from '../support/drillRecords.ts';
import { holdDrills, keepDrills } from '../support/drillStore.ts';
import { troubledDrill } from '../support/troubledDrill.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

type Ended = { code: number; stdout: string; stderr: string };

const failover = async (...args: string[]): Promise<Ended> => {
  const program = [path.join(ROOT, 'cli/main.ts'), ...args];
  const options = { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 };
  try {
    return { code: 0, ...(await run(process.execPath, program, options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
};

const renamed = (drill: ReturnType<typeof drillRecords>, drillId: string, startedAt: string) => ({
  ...drill,
  plan: { ...drill.plan, drillId, startedAt },
  bursts: drill.bursts.map((burst) => ({ ...burst, drillId })),
});

const DONE = 'shop-20261121-010000';
const TROUBLED = 'shop-20261120-010000';
const FAILED = 'shop-20261122-010000';
const LEFT = 'shop-20261123-010000';

let dataDir: string;
beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'stored-drills-'));
  const base = drillRecords();
  const short = { ...base, bursts: [], placements: [], images: [] };
  await keepDrills(dataDir, [
    { drill: renamed(troubledDrill(), TROUBLED, '2026-11-20T01:00:00.000Z'), status: 'SUCCEEDED' },
    { drill: base, status: 'SUCCEEDED' },
    {
      drill: renamed(short, FAILED, '2026-11-22T01:00:00.000Z'),
      status: 'FAILED',
      summary: 'the reference slim did not build',
    },
    { drill: renamed(base, LEFT, '2026-11-23T01:00:00.000Z'), status: 'RUNNING' },
  ]);
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const data = () => ['--data', dataDir];

describe('history', () => {
  it('lists drills newest first, with what became of them', async () => {
    const { code, stdout } = await failover('history', ...data(), '--json');
    const { drills } = HistoryOutput.parse(JSON.parse(stdout));
    expect(code).toBe(0);
    expect(drills.map(({ drillId, status }) => [drillId, status])).toEqual([
      [LEFT, 'INTERRUPTED'],
      [FAILED, 'FAILED'],
      [DONE, 'SUCCEEDED'],
      [TROUBLED, 'SUCCEEDED'],
    ]);
  });

  it('lists as many as asked for, in words', async () => {
    const { stdout } = await failover('history', ...data(), '--limit', '2');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/interrupted +– +2 {2}go on with: failover drill --resume$/);
    expect(lines[2]).toMatch(/failed +.* the reference slim did not build$/);
  });

  it('refuses a limit that is none', async () => {
    const { code, stderr } = await failover('history', ...data(), '--limit', 'all');
    expect(code).toBe(2);
    expect(stderr).toBe('--limit all: expected a whole number from 1 to 1000\n');
  });
});

describe('report', () => {
  it('shows the newest drill that has one, and says why not a newer one', async () => {
    const { code, stdout, stderr } = await failover('report', ...data());
    expect(code).toBe(0);
    expect(stdout).toContain(`drill ${DONE}`);
    expect(stderr).toContain(`drill ${LEFT} has no report: it was interrupted`);
    expect(stderr).toContain(`This is ${DONE}`);
  });

  it('gives a drill as JSON and as a page', async () => {
    const page = path.join(dataDir, 'page', 'report.html');
    const { stdout } = await failover('report', TROUBLED, ...data(), '--json', '--html', page);
    const report = DrillReport.parse(JSON.parse(stdout));
    expect(report.problems.length).toBeGreaterThan(5);
    expect(readFileSync(page, 'utf8')).toContain(`<code>${TROUBLED}</code>`);
  });

  it('says why a drill has none, or that there is no such drill', async () => {
    const failed = await failover('report', FAILED, ...data());
    expect(failed.code).toBe(2);
    expect(failed.stderr).toBe(
      `drill ${FAILED} has no report: it failed: the reference slim did not build\n`,
    );
    const unknown = await failover('report', `${DONE.slice(0, -1)}9`, ...data(), '--json');
    expect(unknown.code).toBe(2);
    expect(JSON.parse(unknown.stdout).error).toMatchObject({
      name: 'DrillNotFound',
      message: expect.stringContaining(`Did you mean ${DONE}?`),
    });
  });
});

describe('rank', () => {
  it('gives the very same rankings again from the records', async () => {
    const { code, stdout } = await failover('rank', DONE, ...data(), '--json');
    const { source, rankings } = RankingOutput.parse(JSON.parse(stdout));
    expect(code).toBe(0);
    expect(source).toMatchObject({ kind: 'drill', drillId: DONE, sameAsStored: true });
    const report = JSON.parse((await failover('report', DONE, ...data(), '--json')).stdout);
    expect(rankings).toEqual(report.rankings);
    expect(source).toMatchObject({ inputsHash: report.inputsHash });
  });

  it('ranks what a drill that was interrupted had measured', async () => {
    const { stdout } = await failover('rank', LEFT, ...data());
    expect(stdout).toContain('1     distroless');
    expect(stdout).toContain('Ranked from its records; the drill left no report of its own.');
  });

  it('ranks any table, and refuses what does not go together', async () => {
    const file = path.join(dataDir, 'samples.csv');
    const rows = Array.from({ length: 8 }, (_, at) => `${at + 1},a,r,v,m,10\n${at + 1},b,r,v,m,20`);
    writeFileSync(file, `value_ms,round,variant,region,vantage,metric\n`);
    const empty = await failover('rank', '--input', file);
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('no samples') });
    writeFileSync(file, `round,variant,region,vantage,metric,value_ms\n${rows.join('\n')}\n`);
    const { code, stdout } = await failover('rank', '--input', file, '--q', '0.5,0.9', '--json');
    expect(code).toBe(0);
    const { source, rankings } = RankingOutput.parse(JSON.parse(stdout));
    expect(source).toMatchObject({ kind: 'csv', reference: 'a', samples: 16 });
    expect(rankings.map(({ q }) => q)).toEqual([0.5, 0.9]);
    writeFileSync(
      file,
      `round,variant,region,vantage,metric,value_ms\n${rows.join('\n')}\n9,a,r,v,m,10\n`,
    );
    const holed = await failover('rank', '--input', file);
    expect(holed).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('  b has no row in round 9 of r from v'),
    });
    writeFileSync(
      file,
      `round,variant,region,vantage,metric,value_ms\n${rows.join('\n')}\n9,a,r,v,m,\n`,
    );
    const gap = await failover('rank', '--input', file);
    expect(gap).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${file}:18: value_ms is empty. Leave the row out`),
    });
    for (const [args, said] of [
      [['rank', DONE, '--input', file], 'not both'],
      [['rank', '--input', file, '--on', 'aws'], '--input names a file of this machine'],
      [['history', '--stage', 'staging'], '--stage says what of AWS is meant: add --on aws'],
      [['history', '--on', 'aws'], '--data names a folder of this machine'],
      [['drill', '--stage', 'staging'], '--stage is about a drill on AWS: add --on aws'],
      [['rank', '--metric', 'm'], '--metric goes with --input'],
      [['rank', '--input', file, '--q', '1.5'], '--q 1.5: expected a number between 0 and 1'],
      [['rank', '--input', file, '--alpha', 'x'], '--alpha x: expected a number'],
    ] as const) {
      const ended = await failover(...args, ...data());
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
    }
  });
});

describe('export', () => {
  it('prints each kind of row as CSV, and the same as JSON', async () => {
    const what = ['rounds', 'placements', 'rankings'] as const;
    for (const kind of what) {
      const csv = (await failover('export', TROUBLED, ...data(), '--csv', '--what', kind)).stdout;
      const json = await failover('export', TROUBLED, ...data(), '--json', '--what', kind);
      const { rows } = ExportOutput.parse(JSON.parse(json.stdout));
      const lines = csv.trimEnd().split('\n');
      expect(lines).toHaveLength(rows.length + 1);
      expect(lines[0]).toBe(Object.keys(rows[0] ?? {}).join(','));
    }
  });

  it('refuses both at once', async () => {
    expect(await failover('export', '--csv', '--json', ...data())).toMatchObject({ code: 2 });
  });
});

describe('init', () => {
  it('writes a file and says so as JSON, once', async () => {
    const folder = path.join(dataDir, 'new-shop');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'Dockerfile'), 'FROM scratch AS slim\n');
    const file = path.join(folder, 'failover.yml');
    const first = await failover('init', '--yes', '--json', '--config', file);
    expect(InitOutput.parse(JSON.parse(first.stdout))).toMatchObject({ variants: ['slim'] });
    expect(await failover('check', '--config', file)).toMatchObject({ code: 0 });
    expect(await failover('init', '--yes', '--config', file)).toMatchObject({ code: 2 });
  });
});

describe('a wrong option', () => {
  it('points to what was meant, and to the help of its own command', async () => {
    const { code, stderr } = await failover('report', '--jsn');
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean --json?');
    expect(stderr).toContain('(failover report --help shows what there is)');
  });
});

describe('the data folder', () => {
  it('that holds nothing is left as it is', async () => {
    const none = path.join(dataDir, 'none');
    for (const [args, said] of [
      [['history'], `no drill, failover or promotion is kept in ${none} yet. Run a drill with:`],
      [
        ['report', 'x'],
        `there is no drill, failover or promotion x: nothing is kept in ${none} yet`,
      ],
      [['replay', 'x'], `there is no failover x, and no such file: nothing is kept in ${none} yet`],
      [['export'], `no drill is kept in ${none} yet. Run one with: failover drill`],
    ] as const) {
      const { code, stderr } = await failover(...args, '--data', none);
      expect(code, stderr).toBe(2);
      expect(stderr).toContain(said);
    }
    expect(existsSync(none)).toBe(false);
  });

  it('that another process holds is read through that process', async () => {
    const held = await holdDrills(dataDir);
    try {
      const { code, stdout } = await failover('history', ...data(), '--json');
      expect(code).toBe(0);
      const { drills } = HistoryOutput.parse(JSON.parse(stdout));
      expect(drills.map(({ status }) => status)).toContain('RUNNING');
    } finally {
      await held.close();
    }
  });

  it('that is broken says so and what to do', async () => {
    const broken = mkdtempSync(path.join(tmpdir(), 'broken-drills-'));
    mkdirSync(path.join(broken, 'dynamodb'));
    writeFileSync(path.join(broken, 'dynamodb', 'eu-central-1'), 'not a folder');
    const { code, stderr } = await failover('history', '--data', broken);
    rmSync(broken, { recursive: true });
    expect(code).toBe(1);
    expect(stderr).toContain(`the data folder ${broken} cannot be read`);
    expect(stderr).toContain('Move it away to start afresh, or name another with --data');
  });
});

describe('every command', () => {
  it.each(['init', 'check', 'drill', 'history', 'report', 'rank', 'export', 'schema'])(
    '%s has help with an example',
    async (name) => {
      const { code, stdout } = await failover(name, '--help');
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:\n {2}failover /);
      expect(stdout).toContain('--json');
    },
  );

  it('that is none is refused as input', async () => {
    expect(await failover('drll')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean drill?'),
    });
  });
});
