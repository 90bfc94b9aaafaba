// The functions that take a lease, fence and flip, on the embedded table and either switch.
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { openDnsRecord } from '../../aws/dnsRecord.ts';
import { openDnsSwitch } from '../../aws/dnsSwitch.ts';
import { openEventBus } from '../../aws/eventBus.ts';
import { openFences } from '../../aws/fences.ts';
import { openLeaseTable } from '../../aws/leases.ts';
import { openListenerFences } from '../../aws/listenerFence.ts';
import { openSecrets } from '../../aws/secrets.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { type Execution, initialState, type State } from '../../core/failover/states.ts';
import type { Vote } from '../../core/health/vote.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { openTransitions } from '../../functions/_transition.ts';
import { acquireLease } from '../../functions/acquire-lease/run.ts';
import { fence } from '../../functions/fence/run.ts';
import { openQuorumSwitch } from '../../functions/flip/quorum.ts';
import { openRecordSwitch } from '../../functions/flip/record.ts';
import { flip } from '../../functions/flip/run.ts';
import { signerOf } from '../../functions/flip/signing.ts';
import { HOME, STANDBY } from './failovers.ts';
import { fastClock } from './fastClock.ts';
import { SWITCH_KEY, startSwitchWorld } from './switchWorld.ts';
import { createWatchTable, WATCH_TABLE } from './watchWorld.ts';

const SIGNING = '/failover/shop/switch-key';
const log = { info: () => {}, warn: () => {}, error: () => {} };

export const EXECUTION: Execution = {
  ...{ name: 'shop-0-1', decisionId: 'a1b2c3', cause: 'down', automatic: true },
  ...{ from: HOME, to: STANDBY, epoch: 1 },
};

/** The same opinion of one observer about each region. */
export const votesAt = (nowMs: number, home: Vote['vote'], away: Vote['vote'] = 'UP'): Vote[] =>
  [
    { target: HOME, vote: home },
    { target: STANDBY, vote: away },
  ].map((one) => ({
    ...one,
    ...{ observer: 'local', atMs: nowMs, reason: null, sinceMs: nowMs - 60_000 },
    ...{ doubtSinceMs: null, p95Ms: null, lastFailure: null },
  }));

/** `route53` is where the record is; without it only the quorum switch can be used. */
export const startFlipWorld = async (route53?: string) => {
  const switches = await startSwitchWorld();
  const { sdk } = switches;
  const home = { ...sdk, region: STANDBY };
  await createWatchTable(sdk.endpoint);
  const ssm = new SSMClient(home);
  await ssm.send(
    new PutParameterCommand({ Name: SIGNING, Value: SWITCH_KEY, Type: 'SecureString' }),
  );
  ssm.destroy();
  const table = openWatchTable(WATCH_TABLE, home);
  const clock = fastClock();
  const dnsRecord = openDnsRecord({
    ...{ ...sdk, region: 'us-east-1' },
    ...(route53 === undefined ? {} : { endpoint: route53 }),
  });

  /** One executor: what one set of sandboxes remembers. */
  const executor = () => {
    const leasesIn = (name: string) => openLeaseTable(name, home);
    const base = { table, leasesIn, clock, log, count: () => {}, random: () => 0.5 };
    const transitions = openTransitions({ ...base, bus: openEventBus(home) });
    const needs = { ...base, transitions };
    return {
      acquire: acquireLease(needs),
      fence: fence({
        ...needs,
        fences: openFences(home),
        listeners: openListenerFences(home),
      }),
      flip: flip({
        ...needs,
        dnsRecord,
        recordSwitch: openRecordSwitch({ ...base, dnsRecord }),
        quorumSwitch: openQuorumSwitch({
          ...base,
          secrets: openSecrets(home),
          openSwitch: (key) => openDnsSwitch(signerOf(key), sdk),
        }),
      }),
    };
  };

  return {
    ...{ switches, table, clock, dnsRecord, executor },
    quorum: {
      driver: 'quorum',
      objects: switches.objects.map((object) => ({ ...object })),
      signingParameter: SIGNING,
    } satisfies WatchPlan['switch'],
    /** A watch in the middle of a move. */
    seed: async (plan: WatchPlan, over: Partial<State> = {}, votes?: Vote[]) => {
      const before = initialState(HOME, STANDBY, clock.now() - 60_000);
      await table.putPlan(plan);
      const state: State = {
        ...before,
        ...{ phase: 'ACQUIRE', cause: 'down', execution: EXECUTION },
        ...over,
      };
      const version = ((await table.state(plan.service))?.version ?? 0) + 1;
      const stored = {
        ...{ version, state, before, verdicts: [], outbox: [], savedAtMs: clock.now() },
        votes: votes ?? votesAt(clock.now(), 'DOWN'),
      };
      if (!(await table.saveState(plan.service, stored))) throw new Error('not seeded');
    },
    close: async () => {
      table.close();
      dnsRecord.close();
      await switches.close();
    },
  };
};

export type FlipWorld = Awaited<ReturnType<typeof startFlipWorld>>;
