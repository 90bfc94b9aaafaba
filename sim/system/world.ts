/** A simulated world: the cloud with the watch installed in it, the service, its clients, and who checks. */

import type { SdkSettings } from '../../aws/sdk.ts';
import { epochRecordName } from '../../core/failover/switchRecord.ts';
import { type Random, seededRandom } from '../../core/random.ts';
import { Config } from '../../events/config.ts';
import { FailoverDecided } from '../../events/failoverDecided.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { HOSTS, regionAddress } from '../../local/network/addresses.ts';
import type { VirtualClock } from '../../local/virtualClock.ts';
import type { CallContext } from '../../local/wire/types.ts';
import type { Fault, Places } from '../faults/fault.ts';
import type { Move } from '../level.ts';
import { type Befalling, openBefalling, type Step } from './befalls.ts';
import { type Checks, openChecks } from './checks.ts';
import { NOBODY, PLATFORM, type SimulatedCloud, startSimulatedCloud } from './cloud.ts';
import type { EventLog } from './eventLog.ts';
import { type Installed, installSimulated, type OtherParts } from './install.ts';
import type { Violation } from './invariants.ts';
import { askZones, createNames } from './names.ts';
import { openingOf } from './opening.ts';
import { OWN_SERVICE } from './ownService.ts';
import { createService, type Service } from './service.ts';
import type { Troubles } from './troubles.ts';

export type Driver = 'record' | 'quorum';

/** Settings beside the defaults, as in a configuration file. */
export type Over = {
  readonly health?: Readonly<Record<string, unknown>>;
  readonly failover?: Readonly<Record<string, unknown>>;
  readonly ttl?: string;
};

/** What else is installed beside the watch, where a trace has something to do with it. */
export type Extent = {
  /** The tasks and the data of the service. */
  readonly ownService: boolean;
  readonly rehearsals: boolean;
};

export type WorldOptions = {
  readonly seed: string;
  readonly extent: Extent;
  readonly parts?: OtherParts;
  readonly places: Places;
  readonly driver: Driver;
  readonly over?: Over;
  readonly clock: VirtualClock;
  readonly log: EventLog;
  readonly machinesDir: string;
  readonly found: (violation: Violation) => void;
  /** Milliseconds since the trace began; negative while the world is set up. */
  readonly atMs: () => number;
  readonly dies: (step: Step) => boolean;
  readonly probed: () => void;
  readonly decided: (move: Omit<Move, 'atMs'>) => void;
  /** What is wrong now; nothing while the world is set up. */
  readonly troubles: () => Troubles | null;
};

export type World = {
  readonly cloud: SimulatedCloud;
  readonly service: Service;
  readonly installed: Installed;
  readonly checks: Checks;
  readonly befalling: Set<Fault>;
  readonly randomOf: (purpose: string) => Random;
  /** Of the one who sets up: nothing befalls these calls. */
  readonly sdk: SdkSettings;
  /** Looks at what the name servers answer. */
  readonly look: () => void;
};

const RESOLVERS = new Map([
  ['10.0.0.1:53', { kind: 'honest' as const }],
  ['10.0.0.2:53', { kind: 'clamp-min' as const, minS: 90 }],
  ['10.0.0.3:53', { kind: 'honest' as const }],
]);
const NAME_SERVERS = ['10.0.1.1:53', '10.0.1.2:53', '10.0.1.3:53', '10.0.1.4:53'];
const DNS: WatchPlan['dns'] = { nameServers: NAME_SERVERS, resolvers: [...RESOLVERS.keys()] };
/** What a region says in which nothing can be started. */
const OUT = { status: 500, headers: {}, body: Buffer.alloc(0) };

const RECORD = 'www.example.test';

const configOf = ({ places, driver, extent, over = {} }: WorldOptions): Config => {
  const at = (region: string) => `http://${regionAddress(region, HOSTS.loadBalancer)}:8080/health`;
  return Config.parse({
    service: 'shop',
    record: RECORD,
    regions: {
      primary: { name: places.home, endpoint: at(places.home) },
      standby: { name: places.standby, endpoint: at(places.standby) },
      witness: { name: places.witness },
    },
    observers: places.observers,
    health: { canaries: ['https://canary.example/'], ...over.health },
    failover: { mode: 'auto', ...over.failover },
    dns: { ttl: over.ttl ?? '60s', driver },
    ...(extent.ownService ? OWN_SERVICE : {}),
    ...(extent.rehearsals ? { drill: { rehearsal: { depth: 'shadow' } } } : {}),
  });
};

const contextOf = (region: string): CallContext => ({
  ...{ requestId: 'check', region, accountId: '000000000000', accessKeyId: 'SIMULATED' },
  ...{ sourceAddress: '127.0.0.1', signal: new AbortController().signal },
});

/** What a switch object says; null where there is none. */
const bodyOf = async (
  { s3 }: SimulatedCloud,
  { region, bucket, key }: { region: string; bucket: string; key: string },
): Promise<unknown> => {
  try {
    const found = await s3.operations['GetObject']?.(
      { Bucket: bucket, Key: key },
      contextOf(region),
    );
    return JSON.parse(Buffer.from(Object(found).Body).toString('utf8'));
  } catch {
    return null;
  }
};

/** Looks at DNS and the switch objects whenever a call may have changed them. */
const openLooking = (cloud: () => SimulatedCloud, plan: () => WatchPlan, checks: Checks) => {
  const look = (): void => {
    const zones = cloud().route53.dnsZones();
    const { records } = askZones(zones, { name: RECORD, type: 'A' }, '127.0.0.1');
    const epoch = askZones(zones, { name: epochRecordName(RECORD), type: 'TXT' }, '127.0.0.1');
    const number = /\d+/.exec(epoch.records[0] ?? '')?.[0];
    checks.answered(records, number === undefined ? null : Number(number));
  };
  const objects = async (region: string): Promise<void> => {
    const { switch: chosen } = plan();
    const object =
      chosen.driver === 'quorum' && chosen.objects.find((each) => each.region === region);
    if (object) checks.switched(region, await bodyOf(cloud(), object));
  };
  return { look, objects };
};

const befallingOf = (
  options: WorldOptions,
  known: () => World | null,
  objects: (region: string) => Promise<void>,
  look: () => void,
): Befalling => {
  const { clock, log } = options;
  const befalling = openBefalling({
    ...{ clock, random: seededRandom('system', options.seed, 'befalls') },
    dies: options.dies,
    heard: (what, fields) => log.add(what, fields),
    switchRegions: () => {
      const chosen = known()?.installed.plan.switch;
      return chosen?.driver === 'quorum' ? chosen.objects.map(({ region }) => region) : [];
    },
  });
  const { interference } = befalling;
  return {
    ...befalling,
    interference: {
      before: async (asked, caller, carryOut, request) => {
        known()?.checks.asked(asked, caller);
        const starts = asked.service === 'lambda' && caller.name === PLATFORM;
        if (starts && options.troubles()?.isOut(asked.region)) return OUT;
        return interference.before(asked, caller, carryOut, request);
      },
      after: async (asked, caller, answer, request) => {
        if (known() !== null && answer.status < 300) {
          if (asked.service === 's3') await objects(asked.region);
          if (asked.service === 'route53' && asked.operation.startsWith('POST')) look();
        }
        await interference.after(asked, caller, answer, request);
      },
    },
  };
};

export const buildWorld = async (options: WorldOptions): Promise<World> => {
  const { clock, log, places, seed, atMs, found } = options;
  const randomOf = (purpose: string): Random => seededRandom('system', seed, purpose);
  let world: World | null = null;
  let plan: WatchPlan | null = null;
  const planNow = (): WatchPlan => {
    if (plan === null) throw new Error('there is no plan yet');
    return plan;
  };
  // Answers that are chosen anew for each question are those of shares.
  const isShared = (): boolean =>
    cloud.route53.dnsZones().some((zone) => typeof zone.find(RECORD)?.get('A') === 'function');
  const checks = openChecks({ plan: planNow, nowMs: clock.now, atMs, found, isShared });
  const { look, objects } = openLooking(() => cloud, planNow, checks);
  const befalling = befallingOf(options, () => world, objects, look);
  const names = createNames(
    { clock, random: randomOf('names'), zones: () => cloud.route53.dnsZones() },
    RESOLVERS,
  );
  const cloud: SimulatedCloud = await startSimulatedCloud({
    ...{ clock, randomOf, machinesDir: options.machinesDir },
    ...{ interference: befalling.interference, events: befalling.events },
    lateMs: () => options.troubles()?.lateMs() ?? 0,
    wrote: (region, item) => {
      if (plan !== null) checks.wrote(region, item);
    },
    removed: (key) => {
      if (plan !== null) checks.removed(key);
    },
    openSandbox: openingOf({
      ...{
        clock,
        log,
        random: randomOf('functions'),
        names,
        troubles: options.troubles,
        probed: options.probed,
      },
      service: () => service,
      taskAt: (address) => cloud.tasks.regionAt(address),
    }),
    heardInvocation: ({ name, ended }) =>
      log.add(
        'invocation',
        ended === undefined
          ? { name }
          : { name, ok: ended.ok, ...(ended.ok ? {} : { why: ended.text }) },
      ),
    heardEvent: (event) => {
      const type = event['detail-type'];
      log.add(type === 'HealthVote' ? 'vote' : 'event', { type, detail: event.detail });
      // Moves of a shadow are no moves of the service.
      if (event.detail['service'] !== plan?.service) return;
      if (type === 'FailoverDecided') {
        const { name, to, cause } = FailoverDecided.parse(event.detail);
        options.decided({ name, to, cause });
      }
      if (type === 'FailoverNotice' && event.detail['notice'] === 'flipped')
        options.troubles()?.flipped();
    },
    heardFault: (error, what) => log.add('fault of the platform', { what, error: String(error) }),
  });
  const addresses = Object.fromEntries(
    [places.home, places.standby].map((region) => [
      region,
      regionAddress(region, HOSTS.loadBalancer),
    ]),
  );
  const service = createService({
    clock,
    random: randomOf('service'),
    network: cloud.network,
    addresses,
  });
  const installer = cloud.sdkOf({ ...NOBODY, name: 'installer', region: places.standby });
  const installed = await installSimulated(cloud, installer, configOf(options), DNS, options.parts);
  plan = installed.plan;
  world = {
    ...{ cloud, service, installed, checks, befalling: befalling.on, randomOf, look },
    sdk: installer,
  };
  return world;
};
