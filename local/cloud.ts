/**
 * The embedded cloud: every AWS service the pipeline calls, on one loopback endpoint, on state in one
 * data folder. One process at a time holds a data folder.
 */
import { rttMs } from '../core/regions/regions.ts';
import { type Closing, openClosing } from './assembly/closing.ts';
import { openCompute } from './assembly/compute.ts';
import { openControl } from './assembly/control.ts';
import { announceEndpoint, holdDataFolder } from './assembly/dataFolder.ts';
import { type Dns, openDns } from './assembly/dns.ts';
import { lateEndpoint } from './assembly/endpoint.ts';
import { openStorage } from './assembly/storage.ts';
import { openWire } from './assembly/wire.ts';
import type { Clock } from './clock.ts';
import type { BuilderDetection } from './containers/detect.ts';
import type { Dynamodb } from './dynamodb/service.ts';
import type { Ecs } from './ecs/createEcs.ts';
import type { EventEnvelope } from './eventbridge/events.ts';
import { iamFacts } from './iam/facts.ts';
import { createIam, type Iam } from './iam/iam.ts';
import type { Lambda } from './lambda/service.ts';
import type { LogLine } from './lambda/types.ts';
import { createNetwork, type Network } from './network/network.ts';
import type { Route53 } from './route53/service.ts';
import { type SlackSink, startSlackSink } from './slack/sink.ts';
import type { StepFunctions } from './stepfunctions/engine.ts';
import type { FolderLock } from './stepfunctions/folderLock.ts';

export type CloudOptions = {
  readonly dataDir: string;
  /** The folder's lock, where the caller holds it already; released when the cloud closes. */
  readonly lock?: FolderLock;
  readonly clock: Clock;
  /** Uniform from 0 up to 1. */
  readonly random: () => number;
  /** Port of the endpoint; 0 takes a free one. */
  readonly port: number;
  /** What builds images here. */
  readonly builder: Pick<BuilderDetection, 'choice' | 'reason'>;
  /** Regions with a DNS resolver of their own: those where functions run. */
  readonly resolverRegions: readonly string[];
  /**
   * Whether calls take as long as they do between the regions; they do unless this is false. What
   * only watches endpoints that run elsewhere has no regions here to be apart.
   */
  readonly distances?: boolean;
  /** Where the authoritative DNS server listens for people; nowhere when absent. */
  readonly dns?: { readonly host: string; readonly port: number };
  /** False while records are being made: people are denied nothing until then. */
  readonly isDnsSettled?: () => boolean;
  /** Which schedules fire while this process holds the folder; all unless given. */
  readonly fires?: (scheduleName: string) => boolean;
  /** Whether functions, machines, builds and schedules are held to the policies of their roles. */
  readonly enforceIam?: boolean;
  readonly onLambdaLog: (line: LogLine) => void;
  readonly onBuildLog: (build: string, line: string) => void;
  /** Hears of every event put on a bus. */
  readonly onEvent?: (event: EventEnvelope) => void;
  /** Hears of faults that no caller can be told. */
  readonly onFault: (error: unknown, what: string) => void;
};

export type Cloud = {
  /** What `AWS_ENDPOINT_URL` is set to. */
  readonly endpoint: string;
  /** What roles may do, as stacks declare it. */
  readonly iam: Pick<Iam, 'putRole'>;
  readonly lambda: Lambda;
  readonly ecs: Ecs;
  readonly dynamodb: Dynamodb;
  readonly network: Network;
  readonly slack: SlackSink;
  readonly stepFunctions: StepFunctions;
  readonly dns: Dns;
  /** Faults and pace of the DNS control plane, for drills. */
  readonly route53: Pick<Route53, 'setFaults' | 'setPropagationMs'>;
  close(): Promise<void>;
};

type Services = Omit<Cloud, 'close'>;

const openServices = async (options: CloudOptions, keep: Closing): Promise<Services> => {
  const { dataDir, clock, random, onFault } = options;
  const endpoint = lateEndpoint();
  keep.also(() => endpoint.gateway.close());
  const resolvers = new Map<string, string>();
  const network = keep(
    createNetwork({
      rtt: options.distances === false ? () => 0 : rttMs,
      random,
      clock,
      resolver: (region) => resolvers.get(region),
      onLost: (reason) => onFault(new Error(reason), 'network'),
    }),
  );
  const storage = await openStorage({ ...options, endpoint: endpoint.url }, keep);
  const slack = keep(await startSlackSink({ dataDir, clock, host: '127.0.0.1', port: 0 }));
  const compute = await openCompute(options, { network, endpoint, storage }, keep);
  const control = await openControl(options, endpoint, keep);
  const dns = await openDns(
    {
      clock,
      random,
      zones: storage.route53.dnsZones,
      network,
      regions: options.resolverRegions,
      listen: options.dns,
      isSettled: options.isDnsSettled ?? (() => true),
    },
    (region, resolver) => resolvers.set(region, resolver),
    keep,
  );
  const iam = createIam(
    { dataDir, enforce: options.enforceIam ?? false },
    iamFacts({
      dynamodb: storage.dynamodb,
      ecs: compute.ecs.operations,
      s3: storage.s3.operations,
    }),
  );
  const wire = await openWire(
    { port: options.port, network, onFault, authorize: iam.authorize },
    { storage, compute, control },
  );
  const { lambda, ecs } = compute;
  const { stepFunctions } = control;
  // Suspended, cut off and killed in one go: no execution sees, and writes down, that the others went.
  keep.also(async () => {
    await Promise.all([stepFunctions.close(), wire.close(), lambda.close()]);
  });
  endpoint.set(wire.url);
  keep.also(announceEndpoint(dataDir, wire.url));
  const { dynamodb, route53 } = storage;
  return {
    endpoint: wire.url,
    iam,
    lambda,
    ecs,
    dynamodb,
    network,
    slack,
    stepFunctions,
    dns,
    route53,
  };
};

/**
 * Starts the services on their data folder. Executions and events of a former process wait until
 * `stepFunctions.resume` and `lambda.releaseEvents` are called.
 * @throws DrillError `DataFolderInUse`, `DataCorrupt`, `DiskFull`; `EADDRINUSE` of a taken port.
 */
export const startCloud = async (options: CloudOptions): Promise<Cloud> => {
  const keep = openClosing();
  const lock = options.lock ?? holdDataFolder(options.dataDir);
  keep.also(() => lock.release());
  try {
    return { ...(await openServices(options, keep)), close: keep.closeAll };
  } catch (error) {
    await keep.closeAll().catch(() => undefined);
    throw error;
  }
};
