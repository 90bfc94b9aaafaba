// Goal: a drill that is killed or interrupted at any moment leaves nothing on the machine, and goes on to a
// right report, or is given up and history says so.
// Method: drills on plain processes, killed with SIGKILL and SIGINT at a state that their history shows.
import { afterAll, describe, expect, it } from 'vitest';
import { DrillReport } from '../../../events/drillReport.ts';
import { openWorkshop, type Running, writeService } from '../../support/drillCommand.ts';
import { untilNothing } from '../../support/leftovers.ts';
import { untilState } from '../../support/runningDrill.ts';

const workshop = openWorkshop('resume');
afterAll(() => workshop.remove());

const ROUNDS = 2;
const data = workshop.dataDir();
const config = writeService(workshop, { rounds: ROUNDS });
const drillArgs = ['drill', '--no-install', '--config', config, '--data', data];

const kill = async ({ child, ended }: Running, signal: NodeJS.Signals) => {
  child.kill(signal);
  return ended;
};

const reportOf = (stdout: string): DrillReport => DrillReport.parse(JSON.parse(stdout));

const history = async () => {
  const { stdout } = await workshop.run(['history', '--json', '--data', data]);
  return JSON.parse(stdout).drills;
};

/** Five drills one after the other: minutes of work, and more beside other work. */
const PATIENT = { timeout: 900_000 };

describe('a drill that is killed with SIGKILL', () => {
  it('leaves nothing, and goes on from wherever it was to a right report', PATIENT, async () => {
    let running = workshop.start(drillArgs);
    const drillId = await untilState(data, running, 'BuildVariant');
    for (const state of ['PlaceTask', 'DispatchProbe', 'Rank']) {
      await kill(running, 'SIGKILL');
      expect(await untilNothing([data])).toEqual([]);
      expect((await history())[0]).toMatchObject({ drillId, status: 'INTERRUPTED' });
      running = workshop.start([...drillArgs, '--resume', '--json']);
      await running.until(`going on with ${drillId}`);
      expect(await untilState(data, running, state)).toBe(drillId);
    }
    await kill(running, 'SIGKILL');
    const resumed = await workshop.run([...drillArgs, '--resume', '--json']);

    const report = reportOf(resumed.stdout);
    expect(report.drillId).toBe(drillId);
    expect(report.variants.map(({ image }) => image?.status)).toEqual(['built', 'built']);
    const [ranking] = report.rankings;
    expect(ranking?.rows.map(({ v }) => v).toSorted()).toEqual(['plain', 'slow']);
    // What the kills took away was measured again, and counts as nobody's failure.
    expect(report.failed).toBe(0);
    expect(ranking?.rounds).toBeGreaterThanOrEqual(1);
    const kinds = report.problems.map(({ kind }) => kind);
    expect(kinds).toContain('TaskInterrupted');
    expect(kinds).not.toContain('TaskDied');
    expect(kinds).not.toContain('BuildFailed');
    expect(await untilNothing([data])).toEqual([]);
    expect((await history())[0]).toMatchObject({ drillId, status: 'SUCCEEDED' });
  });
});

describe('a drill that is interrupted with Ctrl-C', () => {
  it('says in one line how to go on, exits with 130, and goes on', async () => {
    const running = workshop.start(drillArgs);
    const drillId = await untilState(data, running, 'DispatchProbe');
    const { code, stderr, stdout } = await kill(running, 'SIGINT');
    expect(code).toBe(130);
    expect(stdout).toBe('');
    const lines = stderr
      .trim()
      .split('\n')
      .filter((line) => line.includes('interrupted'));
    expect(lines).toEqual([
      `interrupted. Go on with: failover drill --resume --config ${config} --data ${data}`,
    ]);
    expect(await untilNothing([data])).toEqual([]);
    const resumed = await workshop.run([...drillArgs, '--resume', '--json']);
    expect(reportOf(resumed.stdout)).toMatchObject({ drillId, failed: 0 });
  });

  it('is given up by a drill without --resume, and history says why', async () => {
    const running = workshop.start(drillArgs);
    const drillId = await untilState(data, running, 'DispatchProbe');
    await kill(running, 'SIGINT');
    const next = await workshop.run([...drillArgs, '--json']);
    expect(next.stderr).toContain(`giving up ${drillId}`);
    const report = reportOf(next.stdout);
    expect(report.drillId).not.toBe(drillId);
    expect(report.failed).toBe(0);
    expect(await history()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ drillId: report.drillId, status: 'SUCCEEDED' }),
        expect.objectContaining({
          drillId,
          status: 'FAILED',
          summary: 'Interrupted: it was interrupted, and another drill was started',
        }),
      ]),
    );
    expect(await untilNothing([data])).toEqual([]);
  });

  it('cannot be gone on with when there is none', async () => {
    const ended = await workshop.run([...drillArgs, '--resume']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(
      'no drill of tiny was interrupted. Start one with: failover drill',
    );
  });
});
