import { rttMs } from '../../core/regions/regions.ts';
import type { Clock } from '../clock.ts';
import type { DnsZone } from '../dns/zone.ts';
import { regionOfAddress } from '../network/addresses.ts';
import type { Operations } from '../wire/types.ts';
import { limited, REQUESTS_PER_S, type Route53Faults } from './accountLimits.ts';
import type { BalancerAddress } from './balancers.ts';
import { lookUpAws, proberOfAws } from './health/awsNames.ts';
import { type Checkers, startCheckers } from './health/checkers.ts';
import { lookUpIn } from './health/lookUp.ts';
import { healthCheckOperations } from './health/operations.ts';
import { type Prober, socketProber } from './health/prober.ts';
import { isHealthy } from './health/status.ts';
import { type ChangeState, createZoneIndex } from './hostedZones.ts';
import { nameServerZone, numberOfServer } from './nameServers.ts';
import { recordOperations } from './recordOperations.ts';
import { openStore } from './store.ts';
import { zoneOperations } from './zoneOperations.ts';

export type Route53Options = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Uniform from 0 up to 1: ids, weights, and the phases of health checkers. */
  readonly random: () => number;
  /** From an accepted change to INSYNC and to the new DNS answer, in milliseconds. */
  readonly propagationMs?: number;
  /** Requests a second that the account may send; AWS allows 5. */
  readonly requestsPerS?: number;
  /** Values of RequestInterval that health checks may have, in seconds; AWS allows 10 and 30. */
  readonly requestIntervalsS?: readonly number[];
  /** Health checkers in each of eight regions; 2 when left out. */
  readonly checkersPerRegion?: number;
  /** How a checker asks an endpoint; over real sockets when left out. */
  readonly prober?: Prober;
  /** URL of the embedded cloud, to which names of AWS lead; empty until it listens. */
  readonly awsEndpoint?: () => string;
  /** Hears what no caller can be told, such as a state file that somebody broke. */
  readonly onFault?: (error: unknown) => void;
};

export type Route53 = {
  readonly operations: Operations;
  /** The zones as the server at an address knows them now, for `startDnsServer`. */
  dnsZones(serverAddress?: string): readonly DnsZone[];
  /** Whether a health check reports healthy now, as the name servers see it. */
  healthy(healthCheckId: string): boolean;
  /** Changes accepted from now on take this long to reach the name servers. */
  setPropagationMs(ms: number): void;
  /** Where aliases to load balancers lead; to none until told. */
  setBalancers(addressOf: BalancerAddress): void;
  /** Replaces the faults of the control plane. */
  setFaults(faults: Route53Faults): void;
  close(): Promise<void>;
};

/** Short beside AWS (up to a minute), and long enough that a change is seen to be PENDING. */
const PROPAGATION_MS = 20;
const REQUEST_INTERVALS_S = [10, 30];
const CHECKERS_PER_REGION = 2;
/** Where an asker outside every region is taken to be. */
const DEFAULT_REGION = 'us-east-1';

const reportFault = (error: unknown) => console.error('fault in the embedded Route 53:', error);

/**
 * The embedded Route 53: public hosted zones with simple, failover, weighted, latency and
 * multivalue records, and health checks. Global, whatever region is asked.
 */
export const createRoute53 = async (options: Route53Options): Promise<Route53> => {
  const { dataDir, clock, random, awsEndpoint, onFault = reportFault } = options;
  let propagationMs = options.propagationMs ?? PROPAGATION_MS;
  let faults: Route53Faults = {};
  let balancers: BalancerAddress = () => undefined;
  const balancerAddress: BalancerAddress = (dnsName) => balancers(dnsName);
  const store = await openStore({ dataDir, clock, random, onFault });
  const { now } = store;

  const configs = new Map(store.value.healthChecks.map(({ id, config }) => [id, config]));
  const healthy = (id: string): boolean =>
    isHealthy(id, {
      configOf: (check) => configs.get(check),
      votesOf: (check) => checkers.votesOf(check),
    });
  const index = createZoneIndex(
    {
      healthy,
      random,
      rttMs,
      balancerAddress,
      regionOf: (address) => regionOfAddress(address) ?? DEFAULT_REGION,
    },
    [nameServerZone()],
  );
  const dnsZones = (serverAddress = '') =>
    index(store.value.zones, numberOfServer(serverAddress), now());

  const prober = options.prober ?? socketProber(clock);
  const lookUp = lookUpIn(dnsZones);
  const checkers: Checkers = await startCheckers({
    dataDir,
    clock,
    random,
    prober: awsEndpoint ? proberOfAws(prober, awsEndpoint) : prober,
    perRegion: options.checkersPerRegion ?? CHECKERS_PER_REGION,
    lookUp: awsEndpoint ? lookUpAws(lookUp) : lookUp,
    onFault,
  });
  const follow = () => {
    const { healthChecks } = store.value;
    configs.clear();
    for (const { id, config } of healthChecks) configs.set(id, config);
    checkers.follow(healthChecks);
  };
  follow();
  store.onChange(follow);

  const newChange = (comment?: string, notBeforeMs = 0): ChangeState => ({
    id: store.newId('C'),
    submittedAtMs: now(),
    dueAtMs: Math.max(now() + propagationMs, notBeforeMs),
    ...(comment !== undefined && { comment }),
  });
  const operations = {
    ...zoneOperations({ store, newChange }),
    ...recordOperations({ store, faults: () => faults, newChange, balancerAddress }),
    ...healthCheckOperations({
      store,
      checkers,
      random,
      limits: { requestIntervalsS: options.requestIntervalsS ?? REQUEST_INTERVALS_S },
    }),
  };

  return {
    operations: limited(operations, {
      clock,
      random,
      requestsPerS: options.requestsPerS ?? REQUESTS_PER_S,
      faults: () => faults,
      before: store.refresh,
    }),
    dnsZones,
    healthy,
    setPropagationMs: (ms) => {
      propagationMs = ms;
    },
    setBalancers: (addressOf) => {
      balancers = addressOf;
    },
    setFaults: (next) => {
      faults = next;
    },
    close: async () => {
      store.close();
      checkers.close();
    },
  };
};
