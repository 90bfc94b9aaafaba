// Goal: a watch that is killed goes on at the next start: same epoch, same answer, nothing left behind.
// Method: kill -9 of the real command at rest and in the middle of a failover, then a start on the same folder.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatusOutput } from '../../../events/statusOutput.ts';
import { openWorkshop, type Running, type Workshop } from '../../support/drillCommand.ts';
import {
  answers,
  answersOver,
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
let config: string;
let running: Running[];

beforeEach(async () => {
  workshop = openWorkshop('watch-crash');
  [primary, standby] = await Promise.all([openEndpoint('127.0.1.2'), openEndpoint('127.0.2.2')]);
  port = await freePort();
  config = writeWatch(workshop, {
    ...{ primary: primary.url, standby: standby.url, dnsPort: port },
    over: {
      failover: '{ mode: auto, failback: manual, cooldown: 0s, perDay: unlimited }',
      // After each start a region has to be well for so long anew.
      health: '{ interval: 1s, timeout: 1s, down: 2s, up: 2s }',
    },
  });
  running = [];
});
afterEach(async () => {
  for (const one of running) one.child.kill('SIGKILL');
  await Promise.all(running.map((one) => one.ended));
  await Promise.all([primary.stop(), standby.stop()]);
  workshop.remove();
});

const start = (): Running => {
  const one = workshop.start(['watch', '--config', config, '--data', workshop.dataDir()]);
  running.push(one);
  return one;
};

const kill = async (one: Running): Promise<void> => {
  one.child.kill('SIGKILL');
  expect((await one.ended).signal).toBe('SIGKILL');
};

const settled = async (one: Running): Promise<void> => {
  await one.until(/eu-west-1 UP/, START_MS);
  await one.until(/eu-central-1 UP/, START_MS);
};

const status = async (): Promise<StatusOutput> => {
  const { stdout } = await workshop.run(['status', '--json', '--data', workshop.dataDir()]);
  return StatusOutput.parse(JSON.parse(stdout));
};

describe('a watch that is killed', () => {
  it('after a flip answers the same from its first answer on', async () => {
    const first = start();
    await settled(first);
    await primary.stop();
    await answers(port, standby.host, MOVE_MS, first);
    await first.until(/completed: done/, MOVE_MS);
    await kill(first);
    const second = start();
    const seen = answersOver(port, 6_000);
    await second.until(/watching/, START_MS);
    expect((await seen).filter((answer) => answer !== 'nothing')).toEqual([standby.host]);
    expect(await status()).toMatchObject({ active: 'eu-central-1', epoch: 1 });
  });

  it.each(['suspect', 'decided', 'flipped'])(
    'as it says "%s" ends at the standby all the same',
    async (fact) => {
      const first = start();
      await settled(first);
      await primary.stop();
      await first.until(new RegExp(`${fact}: `), MOVE_MS);
      await kill(first);
      const second = start();
      await answers(port, standby.host, START_MS + MOVE_MS, second);
      await expect
        .poll(async () => (await status()).phase, { timeout: MOVE_MS, interval: 500 })
        .toBe('STABILIZE');
      const { active, epoch, flips } = await status();
      expect(active).toBe('eu-central-1');
      expect(flips).toHaveLength(1);
      expect(epoch).toBe(flips[0]?.epoch);
    },
  );
});
