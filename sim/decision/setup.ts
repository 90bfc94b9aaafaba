/** What is watched in a decision-level run: the settings a person would have, by the seed. */
import type { FailoverSettings } from '../../core/failover/settings.ts';
import { clearMsOf, steadyP95MsOf, suspectMsOf } from '../../core/failover/settings.ts';
import type { HealthSettings } from '../../core/health/settings.ts';
import { seededRandom } from '../../core/random.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { pick } from '../faults/draws.ts';
import type { Places } from '../faults/fault.ts';

export type Setup = {
  readonly name: string;
  readonly health: HealthSettings;
  readonly failover: FailoverSettings;
  /** How long a person takes to approve what waits for it; null never does. */
  readonly approvesAfterMs: number | null;
};

const SERVICE = 'shop';

/** What clocks show at the start of a trace: 2026-01-05 00:00 UTC. */
export const START_MS = 1_767_571_200_000;

/** The defaults of a configuration file, with the soft channel of the example. */
export const HEALTH: HealthSettings = {
  intervalMs: 10_000,
  timeoutMs: 2_000,
  downMs: 30_000,
  upMs: 120_000,
  slow: { p95Ms: 800, forMs: 300_000 },
  quorum: { kind: 'share', share: 0.6, eligibleMin: 3 },
};

const UNSTABLE_MS = 600_000;

/** As `failover watch` would have it, for a replicated service whose capacity is managed. */
export const failoverFor = (
  health: HealthSettings,
  over: Partial<FailoverSettings> = {},
): FailoverSettings => ({
  service: SERVICE,
  mode: 'auto',
  failback: 'manual',
  confirm: {
    downMs: health.downMs,
    degradedMs: health.slow?.forMs ?? 300_000,
    unstableMs: UNSTABLE_MS,
    dissent: true,
    ...(health.slow ? { steadyP95Ms: steadyP95MsOf(health.slow.p95Ms) } : {}),
  },
  suspectMs: suspectMsOf(health.downMs),
  clearMs: clearMsOf(health.upMs),
  rpoMs: 60_000,
  cooldownMs: 1_800_000,
  perDay: 2,
  maintenance: [],
  timeZone: 'UTC',
  evidenceMs: Math.max(30_000, 3 * health.intervalMs),
  approvalTtlMs: 900_000,
  lease: { ttlMs: 30_000, skewMs: 2_000 },
  soakMs: 1_800_000,
  homeUpMs: 7_200_000,
  replicated: true,
  managedCapacity: true,
  residency: 'any',
  driver: 'quorum',
  ttlMs: 60_000,
  ...over,
});

export const DEFAULT_SETUP: Setup = {
  name: 'default',
  health: HEALTH,
  failover: failoverFor(HEALTH),
  approvesAfterMs: null,
};

const CLOSER: HealthSettings = { ...HEALTH, intervalMs: 5_000, downMs: 15_000, upMs: 60_000 };
const QUICK_BACK: HealthSettings = { ...HEALTH, upMs: 60_000 };

/** Most runs have the defaults. The others are what people change, and what brings failbacks. */
const SETUPS: readonly Setup[] = [
  DEFAULT_SETUP,
  DEFAULT_SETUP,
  DEFAULT_SETUP,
  { ...DEFAULT_SETUP, name: 'closer', health: CLOSER, failover: failoverFor(CLOSER) },
  {
    ...DEFAULT_SETUP,
    name: 'failback auto',
    health: QUICK_BACK,
    failover: failoverFor(QUICK_BACK, {
      failback: 'auto',
      cooldownMs: 180_000,
      soakMs: 180_000,
      homeUpMs: 60_000,
    }),
  },
  {
    ...DEFAULT_SETUP,
    name: 'approve',
    failover: failoverFor(HEALTH, { mode: 'approve', approvalTtlMs: 300_000 }),
    approvesAfterMs: 40_000,
  },
];

export const setupOf = (seed: string): Setup => pick(seededRandom('setup', seed), SETUPS);

/** The plan as it is stored for the functions; what only they need is filled in plainly. */
export const planOf = ({ health, failover }: Setup, places: Places): WatchPlan => {
  const { home, standby, witness, observers } = places;
  const target = (region: string, address: string): WatchPlan['targets'][number] => ({
    region,
    url: `http://${address}/health`,
    serverName: null,
    answers: { A: [address] },
    capacity: { cluster: SERVICE, service: SERVICE, wanted: 2 },
  });
  return {
    service: SERVICE,
    record: 'shop.example.com',
    zone: 'example.com',
    zoneId: 'Z1',
    homeRegion: standby,
    primary: home,
    standby,
    witness,
    observers: [...observers],
    health: { ...health },
    failover: {
      ...failover,
      maintenance: [...failover.maintenance],
      residency: failover.residency === 'any' ? 'any' : [...failover.residency],
    },
    targets: [target(home, '192.0.2.1'), target(standby, '192.0.2.2')],
    canaries: ['https://canary.example'],
    dns: { nameServers: [], resolvers: [] },
    switch: {
      driver: 'quorum',
      objects: [witness, standby, 'us-east-2'].map((region) => ({
        region,
        bucket: `switch-${region}`,
        key: 'switch',
      })),
      signingParameter: null,
    },
    fences: [],
    singleWriter: false,
    dataTable: 'shop',
    slackParameter: null,
    reportUrl: null,
  };
};
