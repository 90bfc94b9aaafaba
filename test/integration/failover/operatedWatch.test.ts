// Goal: a deployed watch is operated from elsewhere, through AWS alone: seen, moved, brought home, read and replayed,
// each command with the rights that docs/aws.md lists for it and no others; and never in the wrong place.
// Method: the real commands with `--on aws`, their SDK pointed at an embedded cloud that holds roles to their policies.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Operating } from '../../../core/deploy/operators.ts';
import { HistoryOutput } from '../../../events/historyOutput.ts';
import { OrderOutput } from '../../../events/orderOutput.ts';
import { StatusOutput } from '../../../events/statusOutput.ts';
import {
  type Ended,
  openWorkshop,
  type Running,
  type Workshop,
} from '../../support/drillCommand.ts';
import { type Operators, openOperators } from '../../support/operators.ts';
import {
  answerOf,
  type Endpoint,
  freePort,
  openEndpoint,
  writeWatch,
} from '../../support/watchCommand.ts';

const WAIT_MS = 120_000;
const PLACE = { account: '000000000000', region: 'eu-central-1', stage: 'prod', service: 'web' };

let workshop: Workshop;
let primary: Endpoint;
let standby: Endpoint;
let port: number;
let watch: Running;
let operators: Operators;

const OVER = {
  failover: '{ mode: manual, failback: manual, cooldown: 0s }',
  aws: '{ account: "000000000000" }',
};

/** The same file but for some lines. */
const written = (name: string, over: Readonly<Record<string, string>>): string =>
  writeWatch(
    workshop,
    { primary: primary.url, standby: standby.url, dnsPort: port, over: { ...OVER, ...over } },
    name,
  );

beforeAll(async () => {
  workshop = openWorkshop('operated');
  [primary, standby] = await Promise.all([openEndpoint('127.0.1.7'), openEndpoint('127.0.2.7')]);
  port = await freePort();
  const config = written('watch', {});
  operators = openOperators({ workshop, service: 'web', region: 'eu-central-1', config });
  watch = workshop.start(['watch', '--config', config, '--data', workshop.dataDir()]);
  await watch.until(/eu-central-1 UP/, WAIT_MS);
  await watch.until(/eu-west-1 UP/, WAIT_MS);
});
afterAll(async () => {
  watch.child.kill('SIGKILL');
  await watch.ended;
  await Promise.all([primary.stop(), standby.stop()]);
  workshop.remove();
});

const fault = (...args: string[]): Promise<Ended> =>
  workshop.run(['fault', ...args, '--data', workshop.dataDir()]);

type Failure = { error: { name: string; check: string; message: string } };
const failureOf = ({ stdout }: Ended): Failure['error'] => (JSON.parse(stdout) as Failure).error;

const json = async (...command: [Operating, ...string[]]): Promise<unknown> => {
  const { stdout, stderr, code } = await operators.run([...command, '--json']);
  expect(code, stderr + stdout).toBe(0);
  expect(stderr).toContain('web on AWS · stage prod · account 000000000000 · eu-central-1');
  return JSON.parse(stdout);
};

describe('a deployed watch', () => {
  it('is seen while us-east-1 is down, moved, brought home, read and replayed', async () => {
    expect((await fault('us-east-1', 'down', '--plane', 'aws')).code).toBe(0);
    const before = StatusOutput.parse(await json('status'));
    expect(before).toMatchObject({ place: PLACE, active: 'eu-west-1', epoch: 0, faults: [] });
    expect(before.answer?.addresses).toEqual([primary.host]);
    expect(before.regions[0]?.votes[0]?.vote).toBe('UP');
    expect(before.gates.map(({ gate }) => gate)).toContain('G10');
    expect((await fault('us-east-1', 'clear')).code).toBe(0);

    const there = OrderOutput.parse(await json('flip', '--yes'));
    expect(there).toMatchObject({
      place: PLACE,
      outcome: 'done',
      active: 'eu-central-1',
      epoch: 1,
    });
    expect(await answerOf(port)).toEqual([standby.host]);
    const back = await operators.run(['back', '--yes']);
    expect(back.stderr + back.stdout).toContain('eu-west-1 serves at epoch 2');
    expect(back.stdout).toMatch(/failover report \S+ --on aws --config/);
    expect(await answerOf(port)).toEqual([primary.host]);

    const { failovers } = HistoryOutput.parse(await json('history'));
    expect(failovers.map(({ to }) => to)).toEqual(['eu-west-1', 'eu-central-1']);
    const id = there.execution ?? '';
    const saved = path.join(workshop.folder, 'record.json');
    expect(await json('report', id, '--save', saved)).toMatchObject({
      result: { execution: id },
    });
    expect((await workshop.run(['verify', saved])).code).toBe(0);
    expect(await json('replay', id, '--set', 'down=5s')).toMatchObject({
      execution: id,
      same: true,
    });
    const unknown = await operators.run(['approve', 'another']);
    expect(unknown.code).toBe(3);
    expect(unknown.stdout).toContain('no approval is asked for decision another');
    const image = await operators.run(['promote', `sha256:${'a'.repeat(64)}`, '--dry-run']);
    expect(image.code).toBe(2);
    expect(image.stderr).toContain('web runs at endpoints that somebody else deploys');
    const undone = await operators.run(['rollback', '--dry-run']);
    expect(undone.code).toBe(2);
    expect(undone.stderr).toContain('web runs at endpoints that somebody else deploys');
  });

  it('needed the rights that are listed, all of them, and nothing outside its home region', () => {
    // What drills keep is needed where there are drills; this configuration has no image, and one controller.
    const ofDrills = /failover-drill-web(?:-\d+-eu-central-1\/|-lease)?$/;
    for (const command of [
      'status',
      'flip',
      'back',
      'approve',
      'history',
      'report',
      'replay',
    ] as const) {
      const unused = operators.unused(command).filter((grant) => !ofDrills.test(grant));
      expect(unused, command).toEqual([]);
      const elsewhere = operators.asked(command).filter((one) => !/eu-central-1/.test(one));
      expect(elsewhere, command).toEqual([]);
    }
  });
});

describe('what a person must not do by mistake', () => {
  it('is to move the service of another account', async () => {
    const config = written('other-account', { aws: '{ account: "111122223333" }' });
    const refused = await operators.run(['flip', '--yes', '--json', '--config', config]);
    expect(refused.code).toBe(2);
    expect(failureOf(refused)).toMatchObject({ name: 'AwsBlocked', check: 'wrong-account' });
    expect(failureOf(refused).message).toContain('aws.account names 111122223333');
  });

  it('is to move it unasked in an account that the file does not name', async () => {
    const config = written('any-account', { aws: '{}' });
    const refused = await operators.run(['flip', '--yes', '--config', config]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('aws: { account: "000000000000" }');
    const nobody = await operators.run(['flip', '--config', config]);
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toContain(
      'Move web from eu-west-1 to eu-central-1 (web on AWS · stage prod · account 000000000000 · eu-central-1)?',
    );
    expect(await answerOf(port)).toEqual([primary.host]);
  });

  it('is to name a stage and act here, or a folder and act on AWS', async () => {
    const staged = await workshop.run(['flip', '--yes', '--stage', 'staging']);
    expect(staged.code).toBe(2);
    expect(staged.stderr).toContain('--stage says what of AWS is meant: add --on aws');
    const folder = await operators.run(['flip', '--yes', '--data', workshop.dataDir()]);
    expect(folder.code).toBe(2);
    expect(folder.stderr).toContain('--data names a folder of this machine');
  });
});

describe('what is in the way', () => {
  it.each<[string, string, () => Promise<Ended>, number, RegExp]>([
    [
      'that nothing was deployed',
      'not-deployed',
      () =>
        operators.run(['status', '--json', '--config', written('none', { service: 'none' })], {
          as: 'status',
          env: { AWS_ACCESS_KEY_ID: 'any' },
        }),
      2,
      /none is not deployed in eu-central-1: .* deploy it with failover deploy --config \S+ --stage prod/,
    ],
    [
      'a right that is missing',
      'permission-missing',
      () => operators.run(['flip', '--yes', '--json'], { as: 'status' }),
      2,
      /operator-status\/night may not lambda:InvokeFunction on arn:aws:lambda:eu-central-1:000000000000:function:failover-drill-web-evaluate/,
    ],
    [
      'that AWS cannot be reached',
      'not-answered',
      () =>
        operators.run(['status', '--json'], { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } }),
      1,
      /AWS does not answer in eu-central-1, where the watch lives: ECONNREFUSED/,
    ],
    [
      'that nobody is logged in',
      'no-credentials',
      () =>
        operators.run(['status', '--json'], {
          env: {
            ...{ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
            ...{ HOME: workshop.folder, AWS_EC2_METADATA_DISABLED: 'true' },
          },
        }),
      2,
      /no credentials of AWS were found/,
    ],
  ])('is named: %s', async (_what, check, run, code, words) => {
    const ended = await run();
    expect(failureOf(ended)).toMatchObject({ check });
    expect(failureOf(ended).message).toMatch(words);
    expect(ended.code).toBe(code);
  });
});
