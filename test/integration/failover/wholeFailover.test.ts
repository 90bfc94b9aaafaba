// Goal: a region that stops answering loses the record to the other one, once, with a record that
// proves it; it gets it back by shares; a restart changes no answer.
// Method: the embedded cloud in this process, two real endpoints, the real functions and machines.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EvidenceRecord } from '../../../events/evidenceRecord.ts';
import { openClients } from '../../../local/stack/clients.ts';
import { eventually } from '../../contract/endpoint.ts';
import { STANDBY, startWatched, type Watched } from '../../support/watchedCloud.ts';

const MOVE_MS = 120_000;
const HOME = '127.0.1.1';
const AWAY = '127.0.2.1';

let watched: Watched;

const stateNow = async () => {
  const table = watched.table();
  try {
    return (await table.state('web'))?.state;
  } finally {
    table.close();
  }
};
const phase = async () => (await stateNow())?.phase;
const answers = (address: string) => async () => (await watched.answer()) === address;
const completed = () => watched.told('FailoverCompleted');
const bothUp = () => {
  const up = watched.told('RegionVerdict').filter(({ state }) => state === 'UP');
  return new Set(up.map(({ region }) => region)).size === 2;
};

/** Hooks of the service's owner, a function in each region: told to keep the old side from writing. */
const hooks = mkdtempSync(path.join(tmpdir(), 'fences-'));
const registerHooks = () => {
  const codePath = path.join(hooks, 'handler.mjs');
  writeFileSync(codePath, 'export const handler = async ({ epoch }) => ({ epoch });');
  for (const region of ['eu-west-1', STANDBY]) {
    watched.cloud().lambda.registerFunction({
      ...{ region, name: 'web-fence', codePath, handler: 'handler.handler' },
      ...{ timeoutS: 3, memoryMb: 128, environment: {} },
    });
  }
};

beforeAll(async () => {
  const failover = { mode: 'auto', failback: 'auto', cooldown: '0s', perDay: 'unlimited' };
  const fence = [{ lambda: 'web-fence' }];
  watched = await startWatched({ over: { failover: { ...failover, fence } } });
  registerHooks();
  await watched.observe();
  await eventually('both regions are UP', bothUp, MOVE_MS);
});
afterAll(async () => {
  await watched?.close();
  rmSync(hooks, { recursive: true, force: true });
});

describe('a watched service', () => {
  it('answers with the primary, at epoch 0', async () => {
    expect(await watched.answer()).toBe(HOME);
    expect(await stateNow()).toMatchObject({ phase: 'STEADY', epoch: 0, active: 'eu-west-1' });
    expect(watched.installation().warnings).toEqual([]);
  });

  it('moves to the standby when the primary is gone, once, and proves it', async () => {
    await watched.primary.stop();
    await eventually('the standby answers', answers(AWAY), MOVE_MS);
    await eventually('the failover is over', () => completed().length === 1, MOVE_MS);
    expect(completed()[0]).toMatchObject({ outcome: 'done', epoch: 1, active: STANDBY });
    expect(watched.told('FailoverDecided')).toHaveLength(1);
    expect(await stateNow()).toMatchObject({ phase: 'STABILIZE', epoch: 1, execution: null });
    expect(await watched.answer()).toBe(AWAY);
  });

  it('keeps a record with every call of the flip', async () => {
    const { cloud, installation } = watched;
    const { s3, close } = openClients(cloud().endpoint, STANDBY);
    const { bucket } = installation();
    const Key = 'evidence/web/web-0-1.json';
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    close();
    const text = (await object.Body?.transformToString()) ?? '';
    const entries = EvidenceRecord.parse(JSON.parse(text));
    const kinds = entries.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['decision', 'lease', 'flip', 'verification']));
    const fenced = entries.find(({ kind }) => kind === 'fence');
    expect(fenced?.body).toMatchObject({ why: '1 of 1 fences are surely up', waitMs: 0 });
    const flip = entries.find(({ kind }) => kind === 'flip');
    expect(flip?.body).toMatchObject({
      done: true,
      calls: [{ service: 'route53', operation: 'ChangeResourceRecordSets', attempt: 1 }],
    });
  });

  it('keeps its answer over a restart', async () => {
    await watched.restart();
    registerHooks();
    expect(await watched.answer()).toBe(AWAY);
    expect(watched.installation().warnings).toEqual([]);
    expect(await stateNow()).toMatchObject({ epoch: 1, active: STANDBY });
    await watched.observe();
  });

  it('goes back by shares when the primary is well again', async () => {
    await watched.primary.start();
    await eventually('the primary answers', answers(HOME), 2 * MOVE_MS);
    await eventually('the failback is over', () => completed().length === 2, 2 * MOVE_MS);
    expect(completed()[1]).toMatchObject({ outcome: 'done', epoch: 2, active: 'eu-west-1' });
    await eventually('it rests at home', async () => (await phase()) === 'STEADY', MOVE_MS);
    const table = watched.table();
    const evidence = await table.evidence('web-1-1');
    table.close();
    const shares = evidence
      .filter(({ kind }) => kind === 'shift')
      .map(({ body }) => Object(body).weight);
    expect(shares).toEqual([1, 5, 25]);
  });
});
