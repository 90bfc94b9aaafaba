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
  readonly onEvent: (event: EventEnvelope) => void;
};

export type WatchSession = {
  readonly cloud: Cloud;
  readonly installation: WatchInstallation;
  close(): Promise<void>;
};

const NO_BUILDER = { choice: undefined, reason: 'the configuration has no image' } as const;

const SCHEDULE_PREFIX = 'failover-drill-';

/** Other services may have schedules in the same folder; their functions are not here. */
const firesFor =
  (service: string) =>
  (name: string): boolean =>
    !name.startsWith(SCHEDULE_PREFIX) || name.startsWith(`${SCHEDULE_PREFIX}${service}-observe`);

const startFor = async (
  { config, dnsListen }: Watchable,
  { dataDir, port, onEvent }: WatchOptions,
  builder: Pick<BuilderDetection, 'choice' | 'reason'>,
  lock: FolderLock,
): Promise<Cloud> => {
  const logs = openLogs(dataDir);
  const { primary, standby } = config.regions;
  const regions = new Set([primary.name, standby.name, ...config.observers]);
  try {
    return await startCloud({
      ...{ dataDir, lock, port, builder, onEvent },
      clock: realClock,
      random: Math.random,
      fires: firesFor(config.service),
      resolverRegions: [...regions],
      dns: dnsListen,
      onLambdaLog: logs.lambda,
      onBuildLog: logs.build,
      onFault: logs.fault,
    });
  } catch (error) {
    throw addressInUse(error);
  }
};

/**
 * The schedule fires at its own minute; the first look is taken at once, also over the place that an
 * observer of a killed process still holds.
 */
const observeNow = async ({ endpoint }: Cloud, { observers }: WatchInstallation): Promise<void> => {
  await Promise.all(
    observers.map(async ({ region, functionName, input }) => {
      const client = new LambdaClient({ endpoint, region, credentials: CREDENTIALS });
      try {
        const Payload = new TextEncoder().encode(JSON.stringify({ ...input, takeOver: true }));
        await client.send(
          new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload }),
        );
      } finally {
        client.destroy();
      }
    }),
  );
};

/** Starts the cloud, installs the watch, and lets it go on from where it was. */
export const openWatchSession = async (
  watchable: Watchable,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<WatchSession> => {
  const lock = holdDataFolder(options.dataDir);
  const cloud = await startFor(watchable, options, NO_BUILDER, lock);
  try {
    signal.throwIfAborted();
    const installation = await installWatch({
      cloud,
      config: watchable.config,
      bundleDir: bundleFolder(process.env),
      nowMs: Date.now(),
      webhook: options.webhook,
      signal,
    });
    signal.throwIfAborted();
    await cloud.stepFunctions.resume((arn) => installation.machineArns.includes(arn));
    cloud.lambda.releaseEvents();
    await observeNow(cloud, installation);
    return { cloud, installation, close: cloud.close };
  } catch (error) {
    await cloud.close();
    throw error;
  }
};
