// Goal: a person lists the alerts over the nights, acknowledges one, and is helped with a wrong name.
// Method: alerts in a real data folder, put there through the embedded DynamoDB; the real command.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNightRecords } from '../../aws/nightRecords.ts';
import { AckOutput } from '../../events/ackOutput.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { drillRecords } from '../support/drillRecords.ts';
import { holdDrills, keepDrills } from '../support/drillStore.ts';
import { nightOf, watchNights } from '../support/nights.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

const failover = async (...args: string[]) => {
  try {
    const program = [path.join(ROOT, 'cli/main.ts'), ...args];
    return { code: 0, ...(await run(process.execPath, program, { cwd: ROOT })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
};

let dataDir: string;
let id = '';

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'ack-'));
  await keepDrills(dataDir, [{ drill: drillRecords(), status: 'SUCCEEDED' }]);
  const watch = watchNights();
  const model = {
    ...{ seed: 'ack', noise: 0.02, armNoise: 0.01 },
    truth: (arm: string, _: unknown, at: number) => (arm === 'fat' && at >= 12 ? 1.2 : 1),
  };
  const made = Array.from({ length: 14 }, (_, at) => nightOf(model, at));
  for (const night of made) watch.next(night);
  const held = await holdDrills(dataDir);
  const endpoint = readFileSync(path.join(dataDir, 'endpoint'), 'utf8').trim();
  const sdk = { endpoint, region: 'eu-central-1', credentials: CREDENTIALS };
  const nights = openNightRecords('failover-drill-shop', sdk);
  for (const alert of watch.stored.values()) {
    id = alert.id;
    await nights.putAlert({ ...alert, members: [...alert.members] }, Date.now());
  }
  await nights.putNights(made.flat(), Date.now());
  nights.close();
  await held.close();
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('failover ack', () => {
  it('lists what is open, in a sentence', async () => {
    const { code, stdout } = await failover('ack', '--list', '--data', dataDir);
    expect(code).toBe(0);
    expect(stdout).toContain(`${id}  open  image fat: http.total p50, all up`);
  });

  it('helps with a name that is not there, and with none', async () => {
    const wrong = await failover('ack', `${id.slice(0, -1)}7`, '--data', dataDir);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(`Did you mean ${id}?`);
    const none = await failover('ack', '--data', dataDir);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('failover ack --list') });
  });

  it('keeps an acknowledgement with its note, also while a process holds the folder', async () => {
    const held = await holdDrills(dataDir);
    const done = await failover('ack', id, '--note', 'new base image', '--data', dataDir);
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('quiet until it changes'),
    });
    await held.close();
    const { stdout } = await failover('ack', '--list', '--json', '--data', dataDir);
    const { alerts } = AckOutput.parse(JSON.parse(stdout));
    expect(alerts).toMatchObject([
      { id, service: 'shop', status: 'acknowledged', acknowledged: { note: 'new base image' } },
    ]);
  });

  it('has nothing to list where no drill was kept', async () => {
    const empty = mkdtempSync(path.join(tmpdir(), 'ack-none-'));
    const { code, stdout } = await failover('ack', '--list', '--data', empty);
    expect([code, stdout]).toEqual([0, expect.stringContaining('No alert is kept')]);
    rmSync(empty, { recursive: true });
  });
});

it('failover export gives the nights of every series of the newest drill', async () => {
  const { code, stdout } = await failover('export', '--what', 'nights', '--data', dataDir);
  expect(code).toBe(0);
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toBe('night,drill,scope,metric,unit,variant,role,value,by_reference,conditions');
  const fat = lines.filter((line) => line.includes(',all up,http.total.p50,ms,fat,candidate,'));
  expect(fat).toHaveLength(14);
  expect(fat[0]).toMatch(/^2026-07-01,shop-20260701,/);
  const ratio = (line = ''): number => Number(line.split(',')[8]);
  expect(ratio(fat[13]) / ratio(fat[0])).toBeCloseTo(1.2, 1);
  const floor = lines.filter((line) => line.includes(',noise.floor,ms,,reference,'));
  expect(floor).toHaveLength(14);
});
