/**
 * The embedded cloud: every AWS service the pipeline calls, on one loopback endpoint, on state in one
 * data folder. One process at a time holds a data folder.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as cloudwatchSdk from '@aws-sdk/client-cloudwatch';
import * as logsSdk from '@aws-sdk/client-cloudwatch-logs';
import * as codebuildSdk from '@aws-sdk/client-codebuild';
import * as ecrSdk from '@aws-sdk/client-ecr';
import * as ecsSdk from '@aws-sdk/client-ecs';
import * as eventbridgeSdk from '@aws-sdk/client-eventbridge';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import * as route53Sdk from '@aws-sdk/client-route-53';
import * as s3Sdk from '@aws-sdk/client-s3';
import * as schedulerSdk from '@aws-sdk/client-scheduler';
import * as sfnSdk from '@aws-sdk/client-sfn';
import * as ssmSdk from '@aws-sdk/client-ssm';
import { DrillError } from '../core/errors.ts';
import { regionNames, rttMs } from '../core/regions/regions.ts';
import type { Clock } from './clock.ts';
import { createCloudWatch } from './cloudwatch/service.ts';
import { createCodeBuild } from './codebuild/createCodeBuild.ts';
import { type BuilderDetection, openEngine } from './containers/detect.ts';
import { type DnsServer, startDnsServer } from './dns/server.ts';
import { createDynamodb, type Dynamodb } from './dynamodb/service.ts';
import { createEcr } from './ecr/createEcr.ts';
import { createEcs, type Ecs } from './ecs/createEcs.ts';
import { taskImages } from './ecs/images.ts';
import { chooseRunner } from './ecs/runners/choose.ts';
import { createEventBridge } from './eventbridge/service.ts';
import { createLambda, type Lambda } from './lambda/service.ts';
import type { LogLine } from './lambda/types.ts';
import { createLogs } from './logs/service.ts';
import { HOSTS, regionAddress, regionOfAddress } from './network/addresses.ts';
import { createNetwork, type Network } from './network/network.ts';
import { createRoute53 } from './route53/service.ts';
import { createS3 } from './s3/service.ts';
import { createScheduler } from './scheduler/service.ts';
import { type SlackSink, startSlackSink } from './slack/sink.ts';
import { createSsm } from './ssm/service.ts';
import { CREDENTIALS } from './stack/clients.ts';
import { createStepFunctions, type StepFunctions } from './stepfunctions/engine.ts';
import { type FolderLock, lockFolder } from './stepfunctions/folderLock.ts';
import { createSdkGateway } from './stepfunctions/sdkGateway.ts';
import { startWireServer } from './wire/server.ts';
import { serviceFromSdk } from './wire/service.ts';

export type CloudOptions = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Uniform from 0 up to 1. */
  readonly random: () => number;
  /** Port of the endpoint; 0 takes a free one. */
  readonly port: number;
  /** What builds images here. */
  readonly builder: Pick<BuilderDetection, 'choice' | 'reason'>;
  /** Regions with a DNS resolver of their own: those where functions run. */
  readonly resolverRegions: readonly string[];
  /** Where the authoritative DNS server listens for people; nowhere when absent. */
  readonly dns?: { readonly host: string; readonly port: number };
  readonly onLambdaLog: (line: LogLine) => void;
  readonly onBuildLog: (build: string, line: string) => void;
  /** Hears of faults that no caller can be told. */
  readonly onFault: (error: unknown, what: string) => void;
};

export type Cloud = {
  /** What `AWS_ENDPOINT_URL` is set to. */
  readonly endpoint: string;
  readonly lambda: Lambda;
  readonly ecs: Ecs;
  readonly dynamodb: Dynamodb;
  readonly network: Network;
  readonly slack: SlackSink;
  readonly stepFunctions: StepFunctions;
  readonly dns: DnsServer;
  close(): Promise<void>;
};

const ENDPOINT_FILE = 'endpoint';

/** Endpoint of the process that holds a data folder; undefined when none says so. */
export const runningEndpoint = (dataDir: string): string | undefined => {
  try {
    return readFileSync(path.join(dataDir, ENDPOINT_FILE), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
};

const lockOf = (dataDir: string): FolderLock => {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return lockFolder(dataDir);
  } catch (cause) {
    const owner = ownerOf(dataDir);
    throw new DrillError(
      'DataFolderInUse',
      `the data folder ${dataDir} is in use by process ${owner}. Wait for it, stop it, or use another with --data`,
      { dataDir, owner },
      cause,
    );
  }
};

const ownerOf = (dataDir: string): string => {
  try {
    return readFileSync(path.join(dataDir, 'owner'), 'utf8').trim();
  } catch {
    return 'unknown';
  }
};

/** A query from one region's sandbox to the region's own resolver takes no trip; others do. */
const dnsDelay = (network: Network) => (source: string, server: string) =>
  network.datagramMs({
    caller: regionOfAddress(source),
    called: regionOfAddress(server),
    plane: 'service',
    back: true,
  }) ?? ('drop' as const);

/** Starts the services on their data folder. @throws DrillError `DataFolderInUse`, `AddressInUse` */
export const startCloud = async (options: CloudOptions): Promise<Cloud> => {
  const { dataDir, clock, random, builder, onFault } = options;
  const lock = lockOf(dataDir);
  const opened: (() => Promise<void> | void)[] = [() => lock.release()];
  const closing = <T extends { close(): Promise<void> | void }>(service: T): T => {
    opened.push(() => service.close());
    return service;
  };
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    return { ...(await openServices(options, closing)), close };
  } catch (error) {
    await close();
    throw error;
  }

  async function openServices(
    _options: CloudOptions,
    keep: typeof closing,
  ): Promise<Omit<Cloud, 'close'>> {
    let endpoint = '';
    const resolvers = new Map<string, string>();
    const network = keep(
      createNetwork({
        rtt: rttMs,
        random,
        clock,
        // A free port, so that clouds beside one another do not meet; known once the server listens.
        resolver: (region) => resolvers.get(region),
        onLost: (reason) => onFault(new Error(reason), 'network'),
      }),
    );
    const engine = builder.choice ? openEngine(builder.choice, dataDir) : undefined;
    // Working copies of images that a killed run left.
    await engine?.cleanUp();
    const base = { dataDir, clock };
    const s3 = keep(await createS3(base));
    const ssm = keep(createSsm(base));
    const logs = keep(createLogs(base));
    const cloudwatch = createCloudWatch(base);
    const ecr = keep(await createEcr({ ...base, replicateTo: [...regionNames] }));
    const dynamodb = keep(
      await createDynamodb({ ...base, lagMs: (from, to) => rttMs(from, to), onFault }),
    );
    const route53 = keep(await createRoute53({ ...base, random }));
    const lambda = keep(
      createLambda({ ...base, endpoint: () => endpoint, network, log: options.onLambdaLog }),
    );
    const gatewayNeeds = { endpoint: () => endpoint, credentials: CREDENTIALS };
    const gateway = lateGateway(gatewayNeeds);
    opened.push(() => gateway.close());
    const codebuild = keep(
      await createCodeBuild({
        ...base,
        endpoint: () => endpoint,
        engine: builder.choice ?? null,
        processImages: true,
        log: options.onBuildLog,
      }),
    );
    const ecs = keep(
      await createEcs({
        ...base,
        runner: (ledger) =>
          chooseRunner(
            {
              dataDir,
              engine,
              choice: builder.choice,
              reason: builder.reason,
              id: randomBytes(4).toString('hex'),
            },
            ledger,
          ),
        images: taskImages(ecr, engine),
        network,
        onFault,
      }),
    );
    const eventbridge = keep(
      await createEventBridge({ ...base, random, gateway, onDropped: dropped(onFault) }),
    );
    const scheduler = keep(
      await createScheduler({ ...base, random, gateway, onDropped: dropped(onFault) }),
    );
    const stepFunctions = keep(createStepFunctions({ ...base, random, gateway }));
    const slack = keep(await startSlackSink({ ...base, host: '127.0.0.1', port: 0 }));
    const dns = keep(
      await startDnsServer({
        zones: route53.dnsZones,
        clock,
        listen: [
          ...(options.dns ? [options.dns] : []),
          ...options.resolverRegions.map((region) => ({
            host: regionAddress(region, HOSTS.resolver),
            port: 0,
          })),
        ],
        delay: dnsDelay(network),
      }),
    );
    const regional = dns.addresses.slice(options.dns ? 1 : 0);
    for (const [at, region] of options.resolverRegions.entries()) {
      const address = regional[at];
      if (address) resolvers.set(region, `${address.host}:${address.port}`);
    }
    const onServiceFault = { onFault: (error: unknown, what: string) => onFault(error, what) };
    const wire = keep(
      await startWireServer({
        host: '127.0.0.1',
        port: options.port,
        arrive: network.arriveHook,
        delay: network.delayHook,
        services: [
          dynamodb.front,
          serviceFromSdk(cloudwatchSdk, 'monitoring', cloudwatch.operations, onServiceFault),
          serviceFromSdk(codebuildSdk, 'codebuild', codebuild.operations, onServiceFault),
          serviceFromSdk(ecrSdk, 'ecr', ecr.operations, onServiceFault),
          serviceFromSdk(ecsSdk, 'ecs', ecs.operations, onServiceFault),
          serviceFromSdk(eventbridgeSdk, 'events', eventbridge.operations, onServiceFault),
          serviceFromSdk(lambdaSdk, 'lambda', lambda.operations, onServiceFault),
          serviceFromSdk(logsSdk, 'logs', logs.operations, onServiceFault),
          serviceFromSdk(route53Sdk, 'route53', route53.operations, onServiceFault),
          serviceFromSdk(s3Sdk, 's3', s3.operations, onServiceFault),
          serviceFromSdk(schedulerSdk, 'scheduler', scheduler.operations, onServiceFault),
          serviceFromSdk(sfnSdk, 'states', stepFunctions.operations, onServiceFault),
          serviceFromSdk(ssmSdk, 'ssm', ssm.operations, onServiceFault),
        ],
      }),
    );
    endpoint = wire.url;
    const file = path.join(dataDir, ENDPOINT_FILE);
    writeFileSync(file, `${endpoint}\n`, { mode: 0o600 });
    opened.push(() => rmSync(file, { force: true }));
    return { endpoint, lambda, ecs, dynamodb, network, slack, stepFunctions, dns };
  }
};

const dropped =
  (onFault: CloudOptions['onFault']) =>
  (delivery: { readonly about: string }, error: unknown): void =>
    onFault(error, `delivery of ${delivery.about}`);

/** Services call one another over the endpoint, which is known only when it listens. */
const lateGateway = (needs: { endpoint: () => string; credentials: typeof CREDENTIALS }) => {
  let made: ReturnType<typeof createSdkGateway> | undefined;
  const gateway = () => {
    made ??= createSdkGateway({ endpoint: needs.endpoint(), credentials: needs.credentials });
    return made;
  };
  return {
    call: (request: Parameters<ReturnType<typeof createSdkGateway>['call']>[0]) =>
      gateway().call(request),
    close: () => made?.close(),
  };
};
