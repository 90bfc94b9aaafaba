// Goal: scenarios 18 and 19 of a failover: a primary that comes back in mid-flip changes nothing more, and a
// rehearsal gives way to a real incident and leaves nothing of itself.
// Method: the embedded cloud in this process, two real endpoints, the real functions and machines.
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import { bundleFolder } from '../../../cli/dataFolder.ts';
import { RehearsalResult } from '../../../events/rehearsal.ts';
import { openClients } from '../../../local/stack/clients.ts';
import { installRehearsal } from '../../../local/stack/installRehearsal.ts';
import { eventually } from '../../contract/endpoint.ts';
import { STANDBY, startWatched, type Watched } from '../../support/watchedCloud.ts';

const AWAY = '127.0.2.1';
const PATIENCE_MS = 120_000;
const SETTLE_MS = 8_000;
const MACHINE = `arn:aws:states:${STANDBY}:000000000000:stateMachine:failover-drill-web-rehearsal`;

let watched: Watched;
afterEach(() => watched?.close());

const bothUp = () => {
  const up = watched.told('RegionVerdict').filter(({ state }) => state === 'UP');
  return new Set(up.map(({ region }) => region)).size === 2;
};
const start = async () => {
  watched = await startWatched({ over: { failover: { mode: 'auto', cooldown: '0s' } } });
  await watched.observe();
  await eventually('both regions are UP', bothUp, PATIENCE_MS);
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('scenario 18: the primary returns while traffic is moved', () => {
  it('goes on to the standby, and back only when a person says so', async () => {
    await start();
    await watched.primary.stop();
    const decided = () => watched.told('FailoverDecided').length > 0;
    await eventually('it is decided', decided, PATIENCE_MS);
    await watched.primary.start();
    const over = () => watched.told('FailoverCompleted').length > 0;
    await eventually('it is over', over, PATIENCE_MS);
    await pause(SETTLE_MS);
    expect(watched.told('FailoverCompleted')).toEqual([
      expect.objectContaining({ outcome: 'done', epoch: 1, active: STANDBY }),
    ]);
    expect(watched.told('FailoverDecided')).toHaveLength(1);
    expect(await watched.answer()).toBe(AWAY);
  });
});

describe('scenario 19: a rehearsal meets a real incident', () => {
  it('gives back its share, ends as interrupted, and lets the failover be', async () => {
    await start();
    const { config, cloud } = watched;
    await installRehearsal({
      ...{ cloud: cloud(), config, bundleDir: bundleFolder(process.env) },
      ...{ nowMs: Date.now(), webhook: undefined },
    });
    const { sfn, close } = openClients(cloud().endpoint, STANDBY);
    const wanted = { depth: 'canary', every: 'night', full: null, window: null, rtoMs: null };
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({
        stateMachineArn: MACHINE,
        name: 'overlap',
        input: JSON.stringify({
          ...{ service: 'web', drillId: 'overlap', placements: [] },
          wanted: { ...wanted, holdMs: 120_000, timeZone: 'UTC' },
        }),
      }),
    );
    const sharing = async () => {
      const answers = await Promise.all(Array.from({ length: 40 }, () => watched.answer()));
      return answers.includes(AWAY);
    };
    await eventually('some answers name the standby', sharing, PATIENCE_MS);
    await watched.primary.stop();
    const over = () => watched.told('FailoverCompleted').length > 0;
    await eventually('the failover is over', over, PATIENCE_MS);
    let output: string | undefined;
    const ended = async () => {
      const seen = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      output = seen.output;
      return seen.status !== 'RUNNING';
    };
    await eventually('the rehearsal is over', ended, PATIENCE_MS);
    close();
    const result = RehearsalResult.parse(JSON.parse(output ?? '{}'));
    expect(result).toMatchObject({ depth: 'canary', outcome: 'INTERRUPTED' });
    expect(watched.told('FailoverCompleted')).toEqual([
      expect.objectContaining({ outcome: 'done', epoch: 1, active: STANDBY }),
    ]);
    const answers = await Promise.all(Array.from({ length: 40 }, () => watched.answer()));
    expect(new Set(answers)).toEqual(new Set([AWAY]));
  });
});
