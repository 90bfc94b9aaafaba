/** A running embedded cloud that watches one service. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { holdDataFolder } from '../../local/assembly/dataFolder.ts';
import { realClock } from '../../local/clock.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import type { BuilderDetection } from '../../local/containers/detect.ts';
import type { EventEnvelope } from '../../local/eventbridge/events.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { installWatch, type WatchInstallation } from '../../local/stack/installWatch.ts';
import type { FolderLock } from '../../local/stepfunctions/folderLock.ts';
import { openLogs } from '../cloudLogs.ts';
import { bundleFolder } from '../dataFolder.ts';
import { addressInUse } from '../portOwner.ts';
import type { Watchable } from './checkWatch.ts';

export type WatchOptions = {
  readonly dataDir: string;
  /** Of the AWS endpoint; 0 takes a free one. */
  readonly port: number;
  /** A real incoming webhook; empty for the sink, undefined for what was chosen last. */
  readonly webhook: string | undefined;
  /** Whether a container builder may be installed, where the service has an image. */
  readonly allowInstall: boolean;
  /** Whether roles are held to their policies. */
  readonly enforceIam?: boolean;
  readonly onEvent: (event: EventEnvelope) => void;
  /** Hears what takes long, and how things are run. */
  readonly note: (line: string) => void;
};

export type WatchSession = {
  readonly cloud: Cloud;
  readonly installation: WatchInstallation;
  close(): Promise<void>;
};

const NO_BUILDER = { choice: undefined, reason: 'the configuration has no image' } as const;

const SCHEDULE_PREFIX = 'failover-drill-';

/** Schedules of a watch, by what they start; the nightly drill is not its business. */
const WATCH_SCHEDULES = ['observe', 'tick', 'prepare', 'beat'];

/** Other services may have schedules in the same folder; their functions are not here. */
const firesFor = (service: string) => {
  const own = new Set(WATCH_SCHEDULES.map((what) => `${SCHEDULE_PREFIX}${service}-${what}`));
  return (name: string): boolean => !name.startsWith(SCHEDULE_PREFIX) || own.has(name);
};

const startFor = async (
  { config, dnsListen, runsImage }: Watchable,
  { dataDir, port, enforceIam = false, onEvent }: WatchOptions,
  builder: Pick<BuilderDetection, 'choice' | 'reason'>,
  lock: FolderLock,
  isDnsSettled: () => boolean,
): Promise<Cloud> => {
  const logs = openLogs(dataDir);
  const { primary, standby } = config.regions;
  const regions = new Set([primary.name, standby.name, ...config.observers]);
  try {
    return await startCloud({
      ...{ dataDir, lock, port, builder, enforceIam, onEvent },
      clock: realClock,
      random: Math.random,
      fires: firesFor(config.service),
      distances: runsImage,
      resolverRegions: [...regions],
      dns: dnsListen,
      isDnsSettled,
      onLambdaLog: logs.lambda,
      onBuildLog: logs.build,
      onFault: logs.fault,
    });
  } catch (error) {
    throw addressInUse(error);
  }
};

type Call = { readonly region: string; readonly functionName: string; readonly input: object };

const call = async (endpoint: string, { region, functionName, input }: Call): Promise<void> => {
  const client = new LambdaClient({ endpoint, region, credentials: CREDENTIALS });
  try {
    const Payload = new TextEncoder().encode(JSON.stringify(input));
    await client.send(
      new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload }),
    );
  } finally {
    client.destroy();
  }
};

/**
 * The schedule fires at its own minute; the first look is taken at once, also over the place that an
 * observer of a killed process still holds. What a first suspicion would need is gathered too, so
 * that an outage in the first seconds finds everything started.
 */
const beginNow = async (
  { endpoint }: Cloud,
  { observers, homeRegion, prepareFunction, plan: { service } }: WatchInstallation,
): Promise<void> => {
  const looks = observers.map((observer) => ({
    ...observer,
    input: { ...observer.input, takeOver: true },
  }));
  await Promise.all(looks.map((look) => call(endpoint, look)));
  await call(endpoint, { region: homeRegion, functionName: prepareFunction, input: { service } });
};

type OwnService = typeof import('./ownService.ts');

/** The search for a builder builds in the held folder's own storage. */
const startBuilding = async (
  watchable: Watchable,
  options: WatchOptions,
  own: OwnService | undefined,
  lock: FolderLock,
  isDnsSettled: () => boolean,
): Promise<Cloud> => {
  let builder: Pick<BuilderDetection, 'choice' | 'reason'>;
  try {
    builder = own ? await own.findBuilder(options) : NO_BUILDER;
  } catch (error) {
    lock.release();
    throw error;
  }
  return startFor(watchable, options, builder, lock, isDnsSettled);
};

/** Starts the cloud, installs the watch, and lets it go on from where it was. */
export const openWatchSession = async (
  watchable: Watchable,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<WatchSession> => {
  // Loaded only where there is an image: endpoints must be watched within two seconds.
  const own = watchable.runsImage ? await import('./ownService.ts') : undefined;
  const lock = holdDataFolder(options.dataDir);
  let settled = false;
  const cloud = await startBuilding(watchable, options, own, lock, () => settled);
  try {
    signal.throwIfAborted();
    await cloud.ecs.recover();
    const installed = await own?.runService(cloud, watchable, options, signal);
    signal.throwIfAborted();
    const installation = await installWatch({
      cloud,
      config: watchable.config,
      bundleDir: bundleFolder(process.env),
      nowMs: Date.now(),
      webhook: options.webhook,
      ...(installed ? { targets: installed.targets } : {}),
      signal,
    });
    if (own && installed) {
      const bundleDir = bundleFolder(process.env);
      const { config } = watchable;
      await own.installPromotion({ cloud, config, bundleDir, nowMs: Date.now(), installed });
    }
    settled = true;
    signal.throwIfAborted();
    const machines = [...installation.machineArns];
    if (own) machines.push(own.promotionMachineOf(watchable.config));
    await cloud.stepFunctions.resume((arn) => machines.includes(arn));
    cloud.lambda.releaseEvents();
    await beginNow(cloud, installation);
    return { cloud, installation, close: cloud.close };
  } catch (error) {
    await cloud.close();
    throw error;
  }
};
