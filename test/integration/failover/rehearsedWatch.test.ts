// Goal: a rehearsal of the live name asks, shares out or moves what is really served, and leaves all as it was.
// Method: the machine `rehearsal` on an embedded cloud that watches two real endpoints.
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFolder } from '../../../cli/dataFolder.ts';
import { RehearsalResult } from '../../../events/rehearsal.ts';
import { openClients } from '../../../local/stack/clients.ts';
import { installRehearsal } from '../../../local/stack/installRehearsal.ts';
import { eventually } from '../../contract/endpoint.ts';
import { STANDBY, startWatched, type Watched } from '../../support/watchedCloud.ts';

const HOME = '127.0.1.1';
const AWAY = '127.0.2.1';
const PATIENCE_MS = 200_000;
const MACHINE = `arn:aws:states:${STANDBY}:000000000000:stateMachine:failover-drill-web-rehearsal`;

let watched: Watched;

const bothUp = () => {
  const up = watched.told('RegionVerdict').filter(({ state }) => state === 'UP');
  return new Set(up.map(({ region }) => region)).size === 2;
};

beforeAll(async () => {
  watched = await startWatched({
    over: { failover: { mode: 'auto', cooldown: '0s', soak: '1s', homeUp: '1s' } },
  });
  const { config, cloud } = watched;
  await installRehearsal({
    ...{ cloud: cloud(), config, bundleDir: bundleFolder(process.env) },
    ...{ nowMs: Date.now(), webhook: undefined },
  });
  await watched.observe();
  await eventually('both regions are UP', bothUp, PATIENCE_MS);
});
afterAll(() => watched?.close());

/** Names are taken once, and a test may be repeated. */
let rehearsals = 0;

/** Rehearses, and tells with how it ended what DNS answered meanwhile. */
const rehearse = async (depth: string, name: string = depth) => {
  const { sfn, close } = openClients(watched.cloud().endpoint, STANDBY);
  const wanted = { depth, every: 'night', full: null, window: null, rtoMs: null };
  const drillId = `web-${name}-${++rehearsals}`;
  const input = {
    ...{ service: 'web', drillId, placements: [] },
    wanted: { ...wanted, holdMs: 5_000, timeZone: 'UTC' },
  };
  const answers = new Set<string>();
  try {
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({
        stateMachineArn: MACHINE,
        name: drillId,
        input: JSON.stringify(input),
      }),
    );
    let output: string | undefined;
    const isOver = async () => {
      answers.add(await watched.answer());
      const seen = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      output = seen.output;
      return seen.status !== 'RUNNING';
    };
    await eventually(`the rehearsal of depth ${depth} is over`, isOver, PATIENCE_MS);
    return { result: RehearsalResult.parse(JSON.parse(output ?? '{}')), answers: [...answers] };
  } finally {
    close();
  }
};

describe('a rehearsal of a watched service', () => {
  it('replays: it asks every gate, as if the primary were lost, and moves nothing', async () => {
    // On a busy machine what the gates go by comes some seconds after both regions are UP.
    const holds = async () => (await rehearse('replay')).result.outcome === 'SUCCEEDED';
    await eventually('every gate holds', holds, PATIENCE_MS);
    const { result, answers } = await rehearse('replay');
    expect(result).toMatchObject({ depth: 'replay', outcome: 'SUCCEEDED', executions: [] });
    expect(result.why).toContain('all gates hold');
    expect(result.gates.map(({ ok }) => ok)).toEqual(Array(10).fill(true));
    expect(answers).toEqual([HOME]);
  });

  it('gives a share of the answers away, and takes it back', async () => {
    const { result } = await rehearse('canary');
    expect(result).toMatchObject({ depth: 'canary', outcome: 'SUCCEEDED', executions: [] });
    expect(await watched.answer()).toBe(HOME);
  });

  it('is not begun while another one runs, or a deployment is under way', async () => {
    const both = await Promise.all([rehearse('canary', 'one'), rehearse('canary', 'two')]);
    const [done, skipped] = both
      .map(({ result }) => result)
      .sort((a, b) => b.outcome.localeCompare(a.outcome));
    expect(done).toMatchObject({ outcome: 'SUCCEEDED' });
    expect(skipped).toMatchObject({ outcome: 'SKIPPED' });
    expect(skipped?.why).toMatch(/web-(one|two)/);
    const table = watched.table();
    const facts = await table.facts('web');
    const deployInProgress = { value: true, source: 'a deployment', atMs: Date.now() };
    await table.putFacts('web', { ...facts, deployInProgress });
    const { result, answers } = await rehearse('canary', 'deploying');
    await table.putFacts('web', facts);
    table.close();
    expect(result).toMatchObject({ outcome: 'SKIPPED', why: 'a deployment is under way' });
    expect(answers).toEqual([HOME]);
  });

  it('goes all the way and back, and is one flip and one failback', async () => {
    const { result, answers } = await rehearse('full');
    expect(result).toMatchObject({ depth: 'full', outcome: 'SUCCEEDED' });
    expect(result.executions).toEqual(['web-0-1', 'web-1-1']);
    expect(answers).toContain(AWAY);
    expect(await watched.answer()).toBe(HOME);
  });

  it('fails when the standby would not take over, and says which gate', async () => {
    await watched.standby.stop();
    await eventually(
      'the standby is seen down',
      () => watched.told('RegionVerdict').some(({ state }) => state === 'DOWN'),
      PATIENCE_MS,
    );
    const { result } = await rehearse('replay', 'again');
    expect(result.outcome).toBe('FAILED');
    expect(result.why).toContain('G1');
  });
});
