/** A running embedded cloud with one service installed, as `drill` and `up` need it. */
import { openDocuments } from '../../aws/documents.ts';
import { holdDataFolder } from '../../local/assembly/dataFolder.ts';
import { realClock } from '../../local/clock.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { type BuilderDetection, detectBuilder } from '../../local/containers/detect.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import {
  type Installation,
  install,
  regionsOf,
  SCHEDULE_PREFIX,
  scheduleNameOf,
} from '../../local/stack/install.ts';
import { deployPromotion } from '../../local/stack/installPromotion.ts';
import { installRehearsal, installUnwatched } from '../../local/stack/installRehearsal.ts';
import type { FolderLock } from '../../local/stepfunctions/folderLock.ts';
import { openLogs } from '../cloudLogs.ts';
import type { CheckedConfig } from '../config/validate.ts';
import { bundleFolder } from '../dataFolder.ts';
import type { Output } from '../output/output.ts';
import { addressInUse } from '../portOwner.ts';
import { type PackedSource, packSource } from '../source.ts';
import { configDocument, storeDocument } from './configDocument.ts';
import type { DrillsAt } from './executions.ts';

export type SessionOptions = {
  readonly dataDir: string;
  readonly port: number;
  readonly allowInstall: boolean;
  /** Whether roles are held to their policies. */
  readonly enforceIam?: boolean;
  /** Lets the nightly schedule of this service fire. */
  readonly scheduled: boolean;
  /** A real incoming webhook; empty for the sink, undefined for what was chosen last. */
  readonly webhook: string | undefined;
};

export type Session = DrillsAt & {
  readonly cloud: Cloud;
  readonly installation: Installation;
  readonly builder: BuilderDetection;
  close(): Promise<void>;
};

const describeBuilder = ({ kind, version, reason }: BuilderDetection): string =>
  kind === 'none'
    ? `no container builder works here (${reason}); variants run as plain processes`
    : `builder: ${kind} ${version}`;

const findBuilder = async (
  { dataDir, allowInstall }: SessionOptions,
  output: Output,
): Promise<BuilderDetection> => {
  const log = (line: string) => output.note(`  ${line}`);
  const found = await detectBuilder({ dataDir, allowInstall, log });
  output.note(`  ${describeBuilder(found)}`);
  return found;
};

/** Stores the sources and the configuration. */
const storeConfig = async (
  cloud: Cloud,
  { bucket, homeRegion }: Installation,
  checked: CheckedConfig,
  packed: PackedSource | undefined,
): Promise<string> => {
  const settings = { endpoint: cloud.endpoint, region: homeRegion, credentials: CREDENTIALS };
  const written = withSlack(checked.written, checked.config.service);
  const stored = configDocument(checked, written, packed);
  await storeDocument(openDocuments(bucket, settings), stored);
  return stored.key;
};

/** Where the file names no Slack parameter, messages go to the sink of the embedded cloud. */
const withSlack = (written: unknown, service: string): unknown => {
  const config = typeof written === 'object' && written !== null ? written : {};
  const notify: unknown = Reflect.get(config, 'notify');
  const settings = typeof notify === 'object' && notify !== null ? notify : {};
  return {
    ...config,
    notify: { slack: `ssm:/failover/${service}/slack-webhook`, ...settings },
  };
};

/** Other services may have schedules in the same folder; their functions are not here to be started. */
const firesFor =
  ({ config }: CheckedConfig, scheduled: boolean) =>
  (name: string): boolean =>
    name === scheduleNameOf(config) ? scheduled : scheduled && !name.startsWith(SCHEDULE_PREFIX);

const startFor = async (
  checked: CheckedConfig,
  options: SessionOptions,
  builder: BuilderDetection,
  lock: FolderLock,
): Promise<Cloud> => {
  const logs = openLogs(options.dataDir);
  const { serving, vantages } = regionsOf(checked.config);
  const listen = checked.config.dns.listen?.split(':');
  try {
    return await startCloud({
      dataDir: options.dataDir,
      lock,
      clock: realClock,
      random: Math.random,
      port: options.port,
      enforceIam: options.enforceIam ?? false,
      builder,
      fires: firesFor(checked, options.scheduled),
      resolverRegions: [...new Set([...serving, ...vantages])],
      ...(listen?.[0] ? { dns: { host: listen[0], port: Number(listen[1]) } } : {}),
      onLambdaLog: logs.lambda,
      onBuildLog: logs.build,
      onFault: logs.fault,
    });
  } catch (error) {
    throw addressInUse(error);
  }
};

/** Looks for a builder while the folder is held: the search builds in the folder's own storage. */
const startHeld = async (
  checked: CheckedConfig,
  options: SessionOptions,
  output: Output,
  signal: AbortSignal,
): Promise<{ cloud: Cloud; builder: BuilderDetection }> => {
  const lock = holdDataFolder(options.dataDir);
  let builder: BuilderDetection;
  try {
    builder = await findBuilder(options, output);
    signal.throwIfAborted();
  } catch (error) {
    lock.release();
    throw error;
  }
  return { builder, cloud: await startFor(checked, options, builder, lock) };
};

/** Starts the cloud, frees what an earlier run left, and installs the service. */
export const openSession = async (
  checked: CheckedConfig,
  options: SessionOptions,
  output: Output,
  signal: AbortSignal,
): Promise<Session> => {
  const { image } = checked.config;
  // First, as it may be refused: a context that is too large is told at once.
  const packed = image ? packSource(checked.contextFolder, image.dockerfile) : undefined;
  const { cloud, builder } = await startHeld(checked, options, output, signal);
  try {
    const left = await cloud.ecs.recover();
    if (left.length > 0) output.note(`  freed ${left.length} tasks that an earlier run left`);
    for (const what of cloud.stepFunctions.damaged) output.note(`  an execution is lost: ${what}`);
    signal.throwIfAborted();
    // The bucket must be there before the configuration can be stored, and the schedule needs its key:
    // so the stacks are installed twice, the second time with the key.
    const { webhook, scheduled } = options;
    const bundleDir = bundleFolder(process.env);
    const base = { cloud, bundleDir, nowMs: Date.now(), config: checked.config, webhook };
    const installation = await install({ ...base, configKey: 'none', scheduled: false });
    const configKey = await storeConfig(cloud, installation, checked, packed);
    if (scheduled) await install({ ...base, configKey, scheduled: true });
    const { rehearsal, promote } = checked.config.drill;
    if (rehearsal) await installRehearsal({ ...base, signal });
    else if (promote !== 'manual') await installUnwatched({ ...base, signal });
    if (promote !== 'manual') await deployPromotion(base);
    signal.throwIfAborted();
    const { homeRegion: region } = installation;
    const sdk = { endpoint: cloud.endpoint, region, credentials: CREDENTIALS };
    return { cloud, sdk, installation, configKey, builder, close: cloud.close };
  } catch (error) {
    await cloud.close();
    throw error;
  }
};
