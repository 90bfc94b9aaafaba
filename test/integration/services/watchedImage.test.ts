// Goal: `failover watch` of a service with an image runs it in two regions, answers for its record with
// their load balancers, moves it when the primary is lost, also after a kill, and leaves nothing.
// Method: the real command as a process, on plain processes; real UDP queries and HTTP requests.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { regionOfAddress } from '../../../local/network/addresses.ts';
import { openWorkshop, type Running, writeService } from '../../support/drillCommand.ts';
import { untilNothing } from '../../support/leftovers.ts';
import { ask, freePort, RECORD } from '../../support/watchCommand.ts';

const workshop = openWorkshop('watched-image');
const data = workshop.dataDir();
const running: Running[] = [];
afterAll(async () => {
  for (const one of running) one.child.kill('SIGKILL');
  await Promise.all(running.map((one) => one.ended));
  workshop.remove();
});

const START_MS = 120_000;
const MOVE_MS = 120_000;
const [HOME, STANDBY] = ['eu-west-1', 'eu-central-1'];

const port = await freePort();
const config = writeService(workshop, {
  more: [
    `record: ${RECORD}`,
    'health: { interval: 1s, timeout: 1s, down: 2s, up: 5s }',
    'failover: { mode: auto, cooldown: 0s, perDay: unlimited }',
    `dns: { listen: "127.0.0.1:${port}", ttl: 1s, driver: record }`,
  ],
});

const start = async (): Promise<Running> => {
  const one = workshop.start(['watch', '--no-install', '--config', config, '--data', data]);
  running.push(one);
  await one.until(`dig @127.0.0.1 -p ${port}`, START_MS);
  return one;
};

/** The address that clients get, once it is one of the region. */
const addressIn = async (region: string, one: Running): Promise<string> => {
  const untilMs = performance.now() + MOVE_MS;
  for (;;) {
    const found = (await ask(port))?.join();
    if (found !== undefined && regionOfAddress(found) === region) return found;
    if (performance.now() > untilMs) throw new Error(`${found} is not in ${region}: ${one.said()}`);
    await sleep(50);
  }
};

const statusAt = async (address: string): Promise<number> =>
  (await fetch(`http://${address}:8080/`)).status;

it('is run, watched and moved, and goes on where it was after a kill', async () => {
  const first = await start();
  expect(first.said()).toContain('the service runs as plain processes');
  const home = await addressIn(HOME, first);
  expect(await statusAt(home)).toBe(200);
  await first.until(/eu-west-1 UP/, MOVE_MS);
  await first.until(/eu-central-1 UP/, MOVE_MS);

  const fault = await workshop.run(['fault', 'primary', 'down', '--data', data]);
  expect(fault.code, fault.stderr).toBe(0);
  const away = await addressIn(STANDBY, first);
  expect(await statusAt(away)).toBe(200);
  await first.until(/completed/, MOVE_MS);

  first.child.kill('SIGKILL');
  await first.ended;
  const second = await start();
  // The fault went with the process: the record stays where it was moved to.
  expect(await addressIn(STANDBY, second)).toBe(away);
  expect(await statusAt(away)).toBe(200);
  expect(await statusAt(home)).toBe(200);

  second.child.kill('SIGTERM');
  const ended = await second.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(await untilNothing([data])).toEqual([]);
});
