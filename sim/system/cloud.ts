/**
 * AWS in one process and in virtual time: the embedded services on a disk in memory, and functions
 * that run as they are. No socket is opened, and no process started.
 */
import * as logsSdk from '@aws-sdk/client-cloudwatch-logs';
import * as eventsSdk from '@aws-sdk/client-eventbridge';
import * as route53Sdk from '@aws-sdk/client-route-53';
import * as s3Sdk from '@aws-sdk/client-s3';
import * as schedulerSdk from '@aws-sdk/client-scheduler';
import * as sfnSdk from '@aws-sdk/client-sfn';
import * as ssmSdk from '@aws-sdk/client-ssm';
import type { SdkSettings } from '../../aws/sdk.ts';
import type { Random } from '../../core/random.ts';
import { rttMs } from '../../core/regions/regions.ts';
import type { Opening } from '../../functions/_entry.ts';
import type { Clock } from '../../local/clock.ts';
import type { Gateway } from '../../local/delivery/deliveries.ts';
import type { EventEnvelope } from '../../local/eventbridge/events.ts';
import { createEventBridge } from '../../local/eventbridge/service.ts';
import { createLogs } from '../../local/logs/service.ts';
import { HOSTS, regionAddress, regionOfAddress } from '../../local/network/addresses.ts';
import { createNetwork, type Network } from '../../local/network/network.ts';
import type { CheckTarget, Prober } from '../../local/route53/health/prober.ts';
import { createRoute53, type Route53 } from '../../local/route53/service.ts';
import { createS3 } from '../../local/s3/service.ts';
import { createScheduler } from '../../local/scheduler/service.ts';
import { createSsm } from '../../local/ssm/service.ts';
import { createStepFunctions, type StepFunctions } from '../../local/stepfunctions/engine.ts';
import type { TaskRequest } from '../../local/stepfunctions/runtime.ts';
import { createDispatcher } from '../../local/wire/dispatcher.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../../local/wire/types.ts';
import type { Item } from './items.ts';
import { createSandboxes, type Invocation, type Sandbox, type Sandboxes } from './sandboxes.ts';
import { createTables, type Tables } from './tables.ts';
import { createTasks, type Tasks } from './tasks.ts';
import { type Caller, type Interference, interfered, sdkThrough } from './wire.ts';

export type SimulatedCloud = {
  readonly network: Network;
  readonly tables: Tables;
  readonly tasks: Tasks;
  readonly route53: Route53;
  readonly stepFunctions: StepFunctions;
  readonly sandboxes: Sandboxes;
  readonly eventbridge: Awaited<ReturnType<typeof createEventBridge>>;
  readonly s3: Awaited<ReturnType<typeof createS3>>;
  /** Settings of clients whose calls befall what befalls the caller. */
  sdkOf(caller: Caller): SdkSettings;
  close(): Promise<void>;
};

/** A delivery on its way: carried out once by `deliver`, more or less often by whoever interferes. */
export type Deliver = (deliver: () => Promise<unknown>, region: string) => Promise<unknown>;

export type CloudNeeds = {
  readonly clock: Clock;
  /** A stream of its own for each purpose. */
  readonly randomOf: (purpose: string) => Random;
  /** Folder of the journals and logs of state machines, which are written without waiting for anything. */
  readonly machinesDir: string;
  readonly interference: Interference;
  /** How an event of the bus gets to its target. */
  readonly events: Deliver;
  readonly openSandbox: (sandbox: Sandbox, sdk: SdkSettings) => Opening;
  readonly heardInvocation: (invocation: Invocation) => void;
  /** Hears of each item that a caller has written to a table. */
  readonly wrote: (region: string, item: Item) => void;
  /** Hears of each key whose item a caller has deleted. */
  readonly removed: (key: Item) => void;
  readonly heardEvent: (event: EventEnvelope) => void;
  readonly heardFault: (error: unknown, what: string) => void;
  /** How much later than usual data arrives in another region. */
  readonly lateMs: () => number;
};

/** Name under which services call each other. */
export const PLATFORM = 'aws';

/** A caller that nothing befalls. */
export const NOBODY: Caller = {
  ...{ name: 'nobody', region: '', part: '' },
  isDead: () => false,
  event: () => null,
  kill: () => {},
};

const REPLICATION_EXTRA_MS = 300;

const contextOf = (
  region: string,
  signal: AbortSignal,
  accessKeyId = 'SIMULATED',
): CallContext => ({
  ...{ requestId: 'inside', region, accountId: ACCOUNT_ID, accessKeyId },
  ...{ sourceAddress: regionAddress(region, HOSTS.sandbox), signal },
});

/** Route 53's checkers read the switch objects as anybody may: unsigned. */
const objectProber =
  (read: Operations[string] | undefined, network: Network): Prober =>
  async ({ config, sourceAddress }: CheckTarget, signal) => {
    const [bucket = '', , region = ''] = (config.domainName ?? '').split('.');
    const { toPasses, backPasses } = network.stateOf(regionOfAddress(sourceAddress), region, 'aws');
    if (!toPasses || !backPasses) return { ok: false, status: 'Failure: Connection timed out.' };
    try {
      const input = { Bucket: bucket, Key: (config.resourcePath ?? '/').slice(1) };
      const { Body } = Object(await read?.(input, contextOf(region, signal, '')));
      const body = Buffer.isBuffer(Body) ? Body : Buffer.from(Body);
      const found = body.includes(config.searchString ?? '');
      return {
        ok: found,
        status: found ? 'Success: HTTP Status Code 200, OK' : 'Failure: no match',
      };
    } catch (error) {
      return { ok: false, status: `Failure: ${String(error)}` };
    }
  };

/** How services call each other, without a wire between them. */
const gatewayOf = (
  sandboxes: () => Sandboxes,
  machines: () => StepFunctions,
  before: Interference['before'],
): Gateway & { call(request: TaskRequest): Promise<unknown> } => {
  const platform: Caller = { ...NOBODY, name: PLATFORM };

  const carryOut = async ({ service, action, input, region, signal }: TaskRequest) => {
    if (service === 'lambda') {
      const { text, ...answer } = await sandboxes().invoke({ ...Object(input) }, { region });
      return { ...answer, Payload: text };
    }
    const run = service === 'sfn' ? machines().operations[action] : undefined;
    if (run) return run(input, contextOf(region, signal));
    throw new AwsError('UnknownOperationException', `${service} ${action} is not simulated`);
  };

  const call = async (request: TaskRequest): Promise<unknown> => {
    const { service, region, action, input } = request;
    const isHandedOver = Object(input).InvocationType === 'Event';
    const asked = { service, region, operation: action, ...(isHandedOver ? { isHandedOver } : {}) };
    const instead = await before(asked, platform, () => carryOut(request));
    if (instead === undefined) return carryOut(request);
    if (instead.status === 202) return { StatusCode: 202 };
    throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', {}, 429);
  };
  return { call };
};

const requestIds = () => {
  let count = 0;
  return (): string => `request-${++count}`;
};

const DATA_DIR = '/simulated';

const logsIn = ({ machinesDir: dataDir, clock, heardFault: onFault }: CloudNeeds) =>
  serviceFromSdk(logsSdk, 'logs', createLogs({ dataDir, clock }).operations, { onFault });

export const startSimulatedCloud = async (needs: CloudNeeds): Promise<SimulatedCloud> => {
  const { clock, randomOf, interference, heardFault } = needs;
  const base = { dataDir: DATA_DIR, clock };
  const unit = (purpose: string) => randomOf(purpose).unit;
  const network = createNetwork({ rtt: rttMs, random: unit('network'), clock });
  const tables = createTables({
    clock,
    lagMs: (from, to) => rttMs(from, to) + REPLICATION_EXTRA_MS + needs.lateMs(),
    onFault: heardFault,
    ...{ wrote: needs.wrote, removed: needs.removed },
  });
  const s3 = await createS3(base);
  const tasks = await createTasks({
    ...{ clock, random: randomOf('ecs'), folder: `${DATA_DIR}/ecs`, onFault: heardFault },
  });
  const route53 = await createRoute53({
    ...{ ...base, random: unit('route53'), checkersPerRegion: 1 },
    awsEndpoint: () => 'http://cloud.simulated:80',
    prober: objectProber(s3.operations['GetObject'], network),
    onFault: (error) => heardFault(error, 'route53'),
  });
  const sandboxes: Sandboxes = createSandboxes({
    clock,
    random: randomOf('lambda'),
    heard: needs.heardInvocation,
    open: (sandbox) => {
      const name = `${sandbox.part}@${sandbox.region}`;
      return needs.openSandbox(sandbox, sdkOf({ ...sandbox, name }));
    },
  });
  const gateway = gatewayOf(
    () => sandboxes,
    () => stepFunctions,
    interference.before,
  );
  const delivered: Gateway = {
    call: (request) => needs.events(() => gateway.call(request), request.region),
  };
  const onDropped = (delivery: { about: string }, error: unknown) =>
    heardFault(error, delivery.about);
  const control = { ...base, onDropped };
  const eventbridge = await createEventBridge({
    ...{ ...control, random: unit('eventbridge'), gateway: delivered },
    onEvent: needs.heardEvent,
  });
  const scheduler = await createScheduler({ ...control, random: unit('scheduler'), gateway });
  const stepFunctions: StepFunctions = createStepFunctions({
    ...{ clock, gateway, dataDir: needs.machinesDir, random: unit('stepfunctions') },
    log: (message, { error }) => {
      if (error !== undefined) heardFault(error, message);
    },
  });
  const faults = { onFault: heardFault };
  const dispatch = createDispatcher({
    ...{ newRequestId: requestIds(), arrive: network.arriveHook, delay: network.delayHook },
    services: [
      tables.front,
      ...tasks.fronts,
      sandboxes.front,
      serviceFromSdk(eventsSdk, 'events', eventbridge.operations, faults),
      logsIn(needs),
      serviceFromSdk(route53Sdk, 'route53', route53.operations, faults),
      serviceFromSdk(s3Sdk, 's3', s3.operations, faults),
      serviceFromSdk(schedulerSdk, 'scheduler', scheduler.operations, faults),
      serviceFromSdk(sfnSdk, 'states', stepFunctions.operations, faults),
      serviceFromSdk(ssmSdk, 'ssm', createSsm(base).operations, faults),
    ],
  });
  const sdkOf = (caller: Caller): SdkSettings =>
    sdkThrough(
      interfered(dispatch, caller, interference, clock.now),
      caller.region,
      regionAddress(caller.region, HOSTS.sandbox),
    );
  return {
    ...{ network, tables, tasks, route53, stepFunctions, sandboxes, eventbridge, s3, sdkOf },
    close: async () => {
      tasks.close();
      await Promise.all([stepFunctions.close(), scheduler.close(), eventbridge.close()]);
      await Promise.all([route53.close(), tables.replication.close()]);
    },
  };
};
