// Goal: where drills are deployed, one is started from elsewhere, followed to its ranking, left and followed again, and
// stopped; what it found is read there, each command with the rights that docs/aws.md lists for it and no others.
// Method: `failover up` as the far end, holding roles to their policies; the real commands with `--on aws`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DrillReport } from '../../../events/drillReport.ts';
import { DrillStopped } from '../../../events/drillStopped.ts';
import { HistoryOutput } from '../../../events/historyOutput.ts';
import {
  type Ended,
  openWorkshop,
  type Running,
  writeService,
} from '../../support/drillCommand.ts';
import { type Operators, openOperators } from '../../support/operators.ts';

const WAIT_MS = 120_000;
/** A drill of so many still runs after it was left, refused a second time, and followed again. */
const ROUNDS = 3;
const ACCOUNT = 'aws: { account: "000000000000" }';

const workshop = openWorkshop('operated-drill');
let up: Running;
let operators: Operators;

/** Pages of reports go to the user's own data folder. */
const env = { XDG_DATA_HOME: workshop.folder };

beforeAll(async () => {
  const config = writeService(workshop, { rounds: ROUNDS, more: [ACCOUNT] });
  operators = openOperators({ workshop, service: 'tiny', region: 'eu-central-1', config });
  const args = ['--config', config, '--data', workshop.dataDir(), '--port', '0', '--no-install'];
  up = workshop.start(['up', ...args]);
  await up.until('Ctrl-C ends it', WAIT_MS);
});
afterAll(async () => {
  up.child.kill('SIGTERM');
  await up.ended;
  workshop.remove();
});

const parsed = ({ stdout, stderr, code }: Ended): unknown => {
  expect([0, 3], stderr + stdout).toContain(code);
  return JSON.parse(stdout);
};

describe('a deployed drill', () => {
  let drillId: string;

  it('is started, followed and told as here', async () => {
    const ended = await operators.run(['drill', '--json'], { env });
    const report = DrillReport.parse(parsed(ended));
    expect(ended.stderr).toContain('tiny on AWS · stage prod · account 000000000000');
    expect(ended.stderr).toMatch(/started tiny-\d{8}-\d{6}/);
    expect(ended.stderr).toContain(`round 1 of ${ROUNDS}`);
    drillId = report.drillId;
  });

  it('is read where it is kept', async () => {
    const { drills } = HistoryOutput.parse(parsed(await operators.run(['history', '--json'])));
    expect(drills.map((drill) => [drill.drillId, drill.status])).toEqual([[drillId, 'SUCCEEDED']]);
    expect(parsed(await operators.run(['report', '--json']))).toMatchObject({ drillId });
    const { source } = Object(parsed(await operators.run(['rank', '--json'])));
    expect(source).toMatchObject({ drillId, sameAsStored: true });
    const rounds = await operators.run(['export']);
    expect(rounds.stdout).toContain('plain');
    expect((await operators.run(['export', '--what', 'rankings'])).code).toBe(0);
    const unknown = await operators.run(['ack', 'tiny-20260101-1']);
    expect(unknown.stderr).toContain('there is no alert tiny-20260101-1');
  });

  it('goes on when whoever follows it leaves, is followed again, and is stopped', async () => {
    const first = operators.start(['drill'], { env });
    await first.until(/started tiny-/, WAIT_MS);
    first.child.kill('SIGINT');
    const left = await first.ended;
    expect(left.code).toBe(130);
    expect(left.stderr).toMatch(
      /the drill goes on without you\. Follow it with: failover drill --resume --on aws .*; stop it with: failover drill --stop --on aws/,
    );
    const again = operators.start(['drill --resume'], { env });
    const second = await operators.run(['drill'], { env });
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('runs already');
    await again.until(/following tiny-/, WAIT_MS);
    again.child.kill('SIGINT');
    expect((await again.ended).code).toBe(130);

    const stopped = DrillStopped.parse(parsed(await operators.run(['drill --stop', '--json'])));
    const { drills } = HistoryOutput.parse(parsed(await operators.run(['history', '--json'])));
    expect(drills[0]).toMatchObject({ drillId: stopped.drillId, status: 'FAILED' });
    const none = await operators.run(['drill --stop']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('no drill of tiny runs on AWS');
  });

  it('needed the rights that are listed, and nothing outside its home region', () => {
    // Failovers and promotions are kept where there is a record; this configuration has none.
    const ofWatch = /failover-(?:drill-)?tiny-watch/;
    for (const command of [
      'drill',
      'drill --stop',
      'history',
      'report',
      'rank',
      'export',
    ] as const) {
      const unused = operators.unused(command).filter((grant) => !ofWatch.test(grant));
      expect(unused, command).toEqual([]);
      const elsewhere = operators.asked(command).filter((one) => !/eu-central-1/.test(one));
      expect(elsewhere, command).toEqual([]);
    }
  });
});

it('--stop and --stage are of AWS alone', async () => {
  const stop = await workshop.run(['drill', '--stop']);
  expect(stop.code).toBe(2);
  expect(stop.stderr).toContain('--stop is about a drill on AWS: add --on aws');
});
