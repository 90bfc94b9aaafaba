// A service that is watched on an embedded cloud in this process: two real endpoints, real functions,
// real machines, real DNS.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { openWatchTable } from '../../aws/watchTable.ts';
import { bundleFolder } from '../../cli/dataFolder.ts';
import { Config } from '../../events/config.ts';
import { realClock } from '../../local/clock.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import type { EventEnvelope } from '../../local/eventbridge/events.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { installWatch } from '../../local/stack/installWatch.ts';
import { keepUse } from './grantUse.ts';
import { ask, freePort, openEndpoint, RECORD } from './watchCommand.ts';

export const PRIMARY = 'eu-west-1';
export const STANDBY = 'eu-central-1';

/** The configuration of the README: 1 s interval, down after 2 s, up after 5 s. */
const configOf = (urls: { primary: string; standby: string }, over: Record<string, unknown>) =>
  Config.parse({
    service: 'web',
    record: RECORD,
    regions: {
      primary: { name: PRIMARY, endpoint: urls.primary },
      standby: { name: STANDBY, endpoint: urls.standby },
    },
    health: { interval: '1s', timeout: '1s', down: '2s', up: '5s' },
    failover: { mode: 'auto', failback: 'auto', cooldown: '0s', perDay: 'unlimited' },
    dns: { ttl: '1s', driver: 'record' },
    ...over,
  });

export type WatchedOptions = {
  /** Called once DNS can be asked, while the service is being set up. */
  readonly whileInstalling?: (answer: () => Promise<string>) => void;
  readonly over?: Record<string, unknown>;
  readonly dataDir?: string;
  /** Whether regions are as far apart as they are; not unless said, as for endpoints. */
  readonly distances?: boolean;
  readonly bundleDir?: string;
};

/** Starts and installs; the first look is taken at once, as `failover watch` does. */
export const startWatched = async ({ over = {}, ...given }: WatchedOptions = {}) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'watched-'));
  const dataDir = given.dataDir ?? path.join(folder, 'data');
  const [primary, standby] = await Promise.all([
    openEndpoint('127.0.1.1'),
    openEndpoint('127.0.2.1'),
  ]);
  const dnsPort = await freePort();
  const events: { readonly heardMs: number; readonly event: EventEnvelope }[] = [];
  const log: string[] = [];
  const config = configOf({ primary: primary.url, standby: standby.url }, over);
  const start = async (): Promise<Cloud> =>
    startCloud({
      dataDir,
      clock: realClock,
      random: Math.random,
      port: 0,
      builder: { choice: undefined, reason: 'this test builds nothing' },
      resolverRegions: [PRIMARY, STANDBY],
      distances: given.distances ?? false,
      enforceIam: true,
      dns: { host: '127.0.0.1', port: dnsPort },
      onEvent: (event) => events.push({ heardMs: performance.now(), event }),
      onLambdaLog: ({ functionName, text }) => log.push(`${functionName} ${text}`),
      onBuildLog: () => {},
      onFault: (error, what) => log.push(`fault of ${what}: ${String(error)}`),
    });
  const answer = async () => (await ask(dnsPort))?.join() ?? 'nothing';
  const open = async () => {
    const cloud = await start();
    given.whileInstalling?.(answer);
    const bundleDir = given.bundleDir ?? bundleFolder(process.env);
    const installation = await installWatch({
      ...{ cloud, config, bundleDir, nowMs: Date.now(), webhook: undefined },
    });
    await cloud.stepFunctions.resume();
    cloud.lambda.releaseEvents();
    return { cloud, installation };
  };
  let running = await open();

  /** Calls a function as anybody with an SDK would; `Event` does not wait. */
  const invoke = async (
    name: string,
    input: unknown,
    type: 'Event' | 'RequestResponse' = 'RequestResponse',
    region = STANDBY,
  ): Promise<unknown> => {
    const { endpoint } = running.cloud;
    const client = new LambdaClient({ endpoint, region, credentials: CREDENTIALS });
    try {
      const answer = await client.send(
        new InvokeCommand({
          FunctionName: `failover-drill-web-${name}`,
          InvocationType: type,
          Payload: new TextEncoder().encode(JSON.stringify(input)),
        }),
      );
      const text = new TextDecoder().decode(answer.Payload);
      if (answer.FunctionError !== undefined) throw new Error(`${name} failed: ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    } finally {
      client.destroy();
    }
  };

  const observe = () =>
    Promise.all(
      running.installation.observers.map(({ region }) =>
        invoke('observe', { service: 'web', takeOver: true }, 'Event', region),
      ),
    );
  const table = () =>
    openWatchTable(running.installation.table, {
      endpoint: running.cloud.endpoint,
      region: STANDBY,
      credentials: CREDENTIALS,
    });

  return {
    ...{ primary, standby, events, log, config, dnsPort, dataDir, invoke, observe, table },
    cloud: () => running.cloud,
    installation: () => running.installation,
    /** What DNS answers now. */
    answer,
    /** Details of the events of one kind so far. */
    told: (detailType: string) =>
      events.flatMap(({ event }) => (event['detail-type'] === detailType ? [event.detail] : [])),
    /** Closes the cloud and starts another one on the same folder, as a restart would. */
    restart: async () => {
      await running.cloud.close();
      running = await open();
    },
    close: async () => {
      await running.cloud.close();
      keepUse('watched', dataDir);
      await Promise.all([primary.stop(), standby.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type Watched = Awaited<ReturnType<typeof startWatched>>;
