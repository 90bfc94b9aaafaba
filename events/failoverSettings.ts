/** From what a person wrote to what the decisions need, in numbers. */
import {
  clearMsOf,
  type FailoverSettings,
  steadyP95MsOf,
  suspectMsOf,
} from '../core/failover/settings.ts';
import { type HealthSettings, parseQuorum } from '../core/health/settings.ts';
import { type Config, FailoverConfig, HealthConfig } from './config.ts';

const DEGRADED_MS = 300_000;
const EVIDENCE_MS = 30_000;
const EVIDENCE_INTERVALS = 3;
const LEASE = { ttlMs: 30_000, skewMs: 2_000 };
/** For a failback by hand: how long the flip must have held, and home must have been well. */
const SOAK_MS = 1_800_000;
const HOME_UP_MS = 7_200_000;

const healthOf = (config: Config) => config.health ?? HealthConfig.parse({});

export const healthSettings = (config: Config): HealthSettings => {
  const { interval, timeout, down, up, slow, quorum } = healthOf(config);
  const parsed = parseQuorum(quorum);
  if (parsed === undefined) throw new RangeError(`health.quorum is "${quorum}"`);
  return {
    intervalMs: interval,
    timeoutMs: timeout,
    downMs: down,
    upMs: up,
    slow: slow === undefined ? null : { p95Ms: slow.p95, forMs: slow.for },
    quorum: parsed,
  };
};

/**
 * A configuration that fails back by itself asks for it as soon as the old home counts as up again;
 * one that leaves it to a person gets the longer times, unless it names its own.
 */
export const failoverSettings = (config: Config): FailoverSettings => {
  const health = healthOf(config);
  const failover = config.failover ?? FailoverConfig.parse({});
  const byItself = failover.failback === 'auto';
  const { interval, down, up, slow, unstable } = health;
  return {
    service: config.service,
    mode: failover.mode,
    failback: failover.failback,
    confirm: {
      downMs: down,
      degradedMs: slow?.for ?? DEGRADED_MS,
      unstableMs: unstable,
      // Whoever names a number of votes has said how many decide; a share leaves room for doubt.
      dissent: parseQuorum(health.quorum)?.kind === 'share',
      ...(slow ? { steadyP95Ms: steadyP95MsOf(slow.p95) } : {}),
    },
    suspectMs: suspectMsOf(down),
    clearMs: clearMsOf(up),
    rpoMs: failover.rpo,
    cooldownMs: failover.cooldown,
    perDay: failover.perDay === 'unlimited' ? null : failover.perDay,
    maintenance: failover.maintenance,
    timeZone: failover.timezone,
    evidenceMs: Math.max(EVIDENCE_MS, EVIDENCE_INTERVALS * interval),
    approvalTtlMs: failover.approval,
    lease: LEASE,
    soakMs: failover.soak ?? (byItself ? failover.cooldown : SOAK_MS),
    homeUpMs: failover.homeUp ?? (byItself ? up : HOME_UP_MS),
    replicated: config.probes.some(({ kind }) => kind === 'database'),
    managedCapacity: config.image !== undefined,
    residency: residencyOf(config),
    driver: config.dns.driver,
    ttlMs: config.dns.ttl,
  };
};

const residencyOf = ({ residency }: Config): FailoverSettings['residency'] =>
  residency === undefined ? 'any' : residency.data;
