// Goal: only who can read the token reaches into a running watch, with words it knows.
// Method: the real channel on loopback, over a real network without relays.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Control, ControlFile, controlFile, openControl } from '../../../cli/watch/control.ts';
import { findWatch } from '../../../cli/watch/controlClient.ts';
import { faultFrom } from '../../../cli/watch/faultWords.ts';
import { realClock } from '../../../local/clock.ts';
import { createNetwork, type Network } from '../../../local/network/network.ts';

let dataDir: string;
let network: Network;
let control: Control;

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'failover-control-'));
  network = createNetwork({ rtt: () => 0, random: () => 0, clock: realClock });
  control = await openControl({
    ...{ dataDir, service: 'shop', homeRegion: 'eu-central-1', dns: '127.0.0.1:5300', network },
    controllers: null,
    facts: () => [{ atMs: 1, service: 'shop', kind: 'suspect', text: 'slow' }],
  });
  writeFileSync(path.join(dataDir, 'endpoint'), 'http://127.0.0.1:1\n');
});
afterEach(async () => {
  await control.close();
  await network.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const known = () => ControlFile.parse(JSON.parse(readFileSync(controlFile(dataDir), 'utf8')));

const post = (body: string, token = known().token) =>
  fetch(known().url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  });

const DOWN = faultFrom({
  ...{ region: 'eu-west-1', kind: 'down', amount: undefined, plane: undefined },
});

describe('the control channel', () => {
  it('is written down for its user alone, and taken back', async () => {
    expect(statSync(controlFile(dataDir)).mode & 0o777).toBe(0o600);
    expect(known().url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const file = controlFile(dataDir);
    await control.close();
    expect(() => statSync(file)).toThrow('ENOENT');
    await expect(findWatch(dataDir)).rejects.toMatchObject({ name: 'WatchNotRunning' });
  });

  it('sets, lists and clears faults of the network', async () => {
    const watch = await findWatch(dataDir);
    expect(watch).toMatchObject({ service: 'shop', homeRegion: 'eu-central-1', pid: process.pid });
    expect((await watch.ask({ do: 'set-fault', fault: DOWN })).faults).toEqual([DOWN]);
    expect(network.faults()).toEqual([DOWN]);
    const cut = faultFrom({
      ...{ region: 'eu-west-1', kind: 'cut', amount: 'us-east-2', plane: undefined },
    });
    await watch.ask({ do: 'set-fault', fault: cut });
    const other = await watch.ask({ do: 'clear-faults', region: 'sa-east-1' });
    expect(other.faults).toHaveLength(2);
    expect((await watch.ask({ do: 'clear-faults', region: 'us-east-2' })).faults).toEqual([DOWN]);
    expect((await watch.ask({ do: 'clear-faults', region: null })).faults).toEqual([]);
    expect((await watch.ask({ do: 'look' })).facts).toHaveLength(1);
  });

  it('lets nobody in without the token', async () => {
    const asked = JSON.stringify({ do: 'set-fault', fault: DOWN });
    expect((await post(asked, 'f'.repeat(64))).status).toBe(403);
    expect((await post(asked, '')).status).toBe(403);
    expect((await fetch(known().url)).status).toBe(403);
    expect(network.faults()).toEqual([]);
  });

  it.each([
    ['no JSON', '{', 400],
    ['an unknown word', '{"do":"format"}', 400],
    [
      'a share above one',
      JSON.stringify({ do: 'set-fault', fault: { ...DOWN, kind: 'loss', share: 2 } }),
      400,
    ],
    ['a region that is none', '{"do":"clear-faults","region":"moon"}', 400],
    ['far too much', 'x'.repeat(20_000), 413],
  ])('refuses %s', async (_what, body, status) => {
    expect((await post(body)).status).toBe(status);
  });

  it('is not mistaken for that of a watch that was killed', async () => {
    const file = controlFile(dataDir);
    const { url } = known();
    const stale = { ...known(), token: 'a'.repeat(64) };
    writeFileSync(file, JSON.stringify(stale));
    await expect(findWatch(dataDir)).rejects.toThrow(`no watch runs on ${dataDir}`);
    writeFileSync(file, JSON.stringify({ ...stale, url: url.replace(/:\d+/, ':1') }));
    await expect(findWatch(dataDir)).rejects.toThrow('Start one with: failover watch');
  });
});
