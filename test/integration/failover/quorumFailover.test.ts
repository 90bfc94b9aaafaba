// Goal: with driver `quorum` a watch sets its switch up without ever taking the primary out, flips it by
// objects in three regions while the primary and us-east-1 are denied, keeps the answer over a restart on
// another port, and makes nothing anew (I11).
// Method: the embedded cloud in this process with its real health checkers, two real endpoints.
import { ListHealthChecksCommand, ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDnsSwitch } from '../../../aws/dnsSwitch.ts';
import { openSecrets } from '../../../aws/secrets.ts';
import { signerOf } from '../../../functions/flip/signing.ts';
import { CREDENTIALS, openClients } from '../../../local/stack/clients.ts';
import { eventually } from '../../contract/endpoint.ts';
import { STANDBY, startWatched, type Watched } from '../../support/watchedCloud.ts';

const MOVE_MS = 120_000;
const HOME = '127.0.1.1';
const AWAY = '127.0.2.1';
const signal = new AbortController().signal;

let watched: Watched;
/** Every answer since the start, as it changed. */
const seen: string[] = [];
let polling: NodeJS.Timeout;

const answers = (address: string) => async () => (await watched.answer()) === address;
const completed = () => watched.told('FailoverCompleted');
const bothUp = () => {
  const up = watched.told('RegionVerdict').filter(({ state }) => state === 'UP');
  return new Set(up.map(({ region }) => region)).size === 2;
};

const zoneNow = async () => {
  const { route53, close } = openClients(watched.cloud().endpoint, STANDBY);
  try {
    const { HealthChecks: checks = [] } = await route53.send(new ListHealthChecksCommand({}));
    const { ResourceRecordSets: sets = [] } = await route53.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: watched.installation().plan.zoneId,
        StartRecordName: 'www.example.test',
      }),
    );
    return { checks, sets: sets.filter(({ Failover }) => Failover !== undefined) };
  } finally {
    close();
  }
};

const switchStates = async () => {
  const { plan } = watched.installation();
  if (plan.switch.driver !== 'quorum') throw new Error('no quorum switch');
  const sdk = { endpoint: watched.cloud().endpoint, credentials: CREDENTIALS };
  const secrets = openSecrets({ ...sdk, region: STANDBY });
  const key = await secrets.find(plan.switch.signingParameter ?? '', signal);
  const dnsSwitch = openDnsSwitch(signerOf(key ?? null), sdk);
  const found = await dnsSwitch.read(plan.switch.objects, signal);
  dnsSwitch.close();
  return found.map(({ state, epoch }) => `${state} ${epoch}`);
};

beforeAll(async () => {
  const failover = { mode: 'auto', failback: 'manual', cooldown: '0s', perDay: 'unlimited' };
  watched = await startWatched({
    over: { dns: { ttl: '1s', driver: 'quorum' }, failover },
    whileInstalling: (answer) => {
      polling = setInterval(async () => {
        const now = await answer();
        if (seen.at(-1) !== now) seen.push(now);
      }, 50);
    },
  });
  await watched.observe();
  await eventually('both regions are UP', bothUp, MOVE_MS);
});
afterAll(async () => {
  clearInterval(polling);
  await watched?.close();
});

describe('a watch with the quorum switch', () => {
  it('answers with the primary from the moment the record is there', async () => {
    await eventually('the primary answers', answers(HOME));
    expect(seen).not.toContain(AWAY);
    expect(await switchStates()).toEqual(['home 0', 'home 0', 'home 0']);
  });

  it('has three checks on objects outside the primary, and one over them, inverted', async () => {
    const { checks, sets } = await zoneNow();
    const names = checks.map(({ HealthCheckConfig: c }) => c?.FullyQualifiedDomainName ?? c?.Type);
    expect(names).toHaveLength(4);
    expect(names.filter((name) => name?.includes('.s3.eu-west-1.'))).toEqual([]);
    const over = checks.find(({ HealthCheckConfig: c }) => c?.Type === 'CALCULATED');
    expect(over?.HealthCheckConfig).toMatchObject({ HealthThreshold: 2, Inverted: true });
    expect(over?.HealthCheckConfig?.Disabled).not.toBe(true);
    expect(sets.map(({ Failover, HealthCheckId: id }) => [Failover, id])).toEqual([
      ['PRIMARY', over?.Id],
      ['SECONDARY', undefined],
    ]);
  });

  it('scenario 21: flips with the primary and us-east-1 denied, from detection to proof', async () => {
    const { network, route53 } = watched.cloud();
    for (const region of ['eu-west-1', 'us-east-1']) {
      await network.setFault({ id: region, scope: { region }, kind: 'down' });
    }
    route53.setFaults({ throttledShare: 1 });
    await watched.primary.stop();
    await eventually('the standby answers', answers(AWAY), MOVE_MS);
    await eventually('the failover is over', () => completed().length === 1, MOVE_MS);
    expect(completed()[0]).toMatchObject({ outcome: 'done', epoch: 1, active: STANDBY });
    // It was denied until the end, and whoever had asked would have hung.
    await expect(zoneNow()).rejects.toThrow(/Rate exceeded|Throttling/);
    route53.setFaults({});
    for (const region of ['eu-west-1', 'us-east-1']) await network.clearFault(region);
    expect(await switchStates()).toEqual(['standby 1', 'standby 1', 'standby 1']);
  });

  it('keeps the answer over a restart on another port, and makes nothing anew', async () => {
    const before = await zoneNow();
    const { endpoint } = watched.cloud();
    seen.length = 0;
    await watched.restart();
    expect(watched.cloud().endpoint).not.toBe(endpoint);
    expect(watched.installation().warnings).toEqual([]);
    expect(await zoneNow()).toEqual(before);
    // Longer than every checker takes to look once.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    expect(new Set(seen)).not.toContain(HOME);
    expect(await watched.answer()).toBe(AWAY);
  });
});
