// Goal: `failover watch` with nothing but two endpoints is a DNS failover system on one machine.
// Method: the real command as a process, real endpoints on loopback, real UDP queries.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatusOutput } from '../../../events/statusOutput.ts';
import { openWorkshop, type Running, type Workshop } from '../../support/drillCommand.ts';
import {
  answerOf,
  answers,
  answersOver,
  ask,
  type Endpoint,
  freePort,
  openEndpoint,
  writeWatch,
} from '../../support/watchCommand.ts';

const START_MS = 120_000;
const MOVE_MS = 120_000;

let workshop: Workshop;
let primary: Endpoint;
let standby: Endpoint;
let port: number;
let running: Running[];

beforeEach(async () => {
  workshop = openWorkshop('watch');
  [primary, standby] = await Promise.all([openEndpoint('127.0.1.1'), openEndpoint('127.0.2.1')]);
  port = await freePort();
  running = [];
});
afterEach(async () => {
  for (const one of running) one.child.kill('SIGKILL');
  await Promise.all(running.map((one) => one.ended));
  await Promise.all([primary.stop(), standby.stop()]);
  workshop.remove();
});

const write = (over: Readonly<Record<string, string>> = {}) =>
  writeWatch(workshop, { primary: primary.url, standby: standby.url, dnsPort: port, over });

/** Sooner UP than by the configuration of the README, which the first test has. */
const QUICK = '{ interval: 1s, timeout: 1s, down: 2s, up: 2s }';

const start = (over: Readonly<Record<string, string>> = { health: QUICK }): Running => {
  const one = workshop.start(['watch', '--config', write(over), '--data', workshop.dataDir()]);
  running.push(one);
  return one;
};

/** Waits until both regions have been judged UP: before that nothing may move. */
const settled = async (one: Running): Promise<void> => {
  await one.until(/eu-west-1 UP/, START_MS);
  await one.until(/eu-central-1 UP/, START_MS);
};

const status = async (): Promise<StatusOutput> => {
  const { stdout, stderr, code } = await workshop.run([
    ...['status', '--json', '--data', workshop.dataDir()],
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return StatusOutput.parse(JSON.parse(stdout));
};

/** Processes whose parent is gone or is this one, that run in the data folder of the watch. */
const processesOf = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });

describe('a watch of two endpoints', () => {
  it('answers, moves when the primary is gone, comes home, and stops without a trace', async () => {
    const watch = start({});
    await answers(port, primary.host, START_MS, watch);
    await settled(watch);
    expect(watch.said()).toContain(
      'single vantage: cannot tell a dead region from a cut cable here',
    );
    await primary.stop();
    await answers(port, standby.host, MOVE_MS, watch);
    await watch.until(/flipped: /);
    await watch.until(/completed: done, eu-central-1 serves at epoch 1/, MOVE_MS);
    const away = await status();
    expect(away).toMatchObject({ active: 'eu-central-1', home: 'eu-west-1', epoch: 1 });
    expect(away.answer?.addresses).toEqual([standby.host]);
    expect(away.vantage).toBe('single');
    expect(away.facts.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['suspect', 'decided', 'flipped', 'verified', 'completed']),
    );
    await primary.start();
    await answers(port, primary.host, MOVE_MS, watch);
    await watch.until(/completed: done, eu-west-1 serves at epoch 2/, MOVE_MS);
    watch.child.kill('SIGTERM');
    expect(await watch.ended).toMatchObject({ code: 0, signal: null });
    expect(await ask(port)).toBeUndefined();
    expect(existsSync(path.join(workshop.dataDir(), 'watch.json'))).toBe(false);
    await expect.poll(() => processesOf(workshop.dataDir())).toEqual([]);
  });

  it('counts HTTP 500 as down', async () => {
    const watch = start();
    await settled(watch);
    primary.answer(500);
    await answers(port, standby.host, MOVE_MS, watch);
  });

  it('stays where it is when both are down, and says so', async () => {
    const watch = start();
    await settled(watch);
    await Promise.all([primary.stop(), standby.stop()]);
    await watch.until(/eu-west-1 DOWN/, MOVE_MS);
    await watch.until(/page: /, MOVE_MS);
    expect(await answersOver(port, 5_000)).toEqual([primary.host]);
    expect(await status()).toMatchObject({ active: 'eu-west-1', epoch: 0 });
  });

  it('stays and pages when the standby is down as the primary fails', async () => {
    const watch = start();
    await settled(watch);
    await standby.stop();
    await watch.until(/eu-central-1 DOWN/, MOVE_MS);
    await primary.stop();
    await watch.until(/page: G1: eu-central-1/, MOVE_MS);
    expect(await answersOver(port, 3_000)).toEqual([primary.host]);
  });

  it('waits for a person where the configuration says so', async () => {
    const watch = start({
      health: QUICK,
      failover: '{ mode: approve, failback: manual, cooldown: 0s }',
    });
    await settled(watch);
    await primary.stop();
    await watch.until(/approval: /, MOVE_MS);
    expect(await answersOver(port, 2_000)).toEqual([primary.host]);
    const { approval } = await status();
    const asked = ['--data', workshop.dataDir()];
    const other = await workshop.run(['approve', 'another', ...asked]);
    expect(other.code).toBe(3);
    expect(other.stdout).toContain('no approval is asked for decision another');
    const approved = await workshop.run(['approve', approval?.decisionId ?? '', ...asked]);
    expect(approved.stdout).toContain('eu-central-1 serves at epoch 1');
    expect(approved.code).toBe(0);
    expect(await answerOf(port)).toEqual([standby.host]);
    // Home is not up yet: the gates say so, and nothing moves.
    const back = await workshop.run(['back', '--yes', ...asked]);
    expect(back.code).toBe(3);
    expect(back.stdout).toMatch(/G1 .*does not hold/);
    expect(await answerOf(port)).toEqual([standby.host]);
  });

  it('moves on the order of a person, and home again', async () => {
    const watch = start({
      health: QUICK,
      failover: '{ mode: manual, failback: manual, cooldown: 0s }',
    });
    await settled(watch);
    const asked = ['--yes', '--data', workshop.dataDir()];
    const there = await workshop.run(['flip', ...asked]);
    expect(there.stderr + there.stdout).toContain('eu-central-1 serves at epoch 1');
    expect(await answerOf(port)).toEqual([standby.host]);
    const back = await workshop.run(['back', ...asked]);
    expect(back.stderr + back.stdout + watch.said()).toContain('eu-west-1 serves at epoch 2');
    expect(back.code).toBe(0);
    expect(await answerOf(port)).toEqual([primary.host]);
  });
});
