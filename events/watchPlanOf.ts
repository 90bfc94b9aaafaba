/** From a configuration, and what only the installer knows, to the plan of a watch. */

import { leaseTableOf } from '../core/deploy/deployed.ts';
import { DrillError } from '../core/errors.ts';
import { ALIAS_TTL_S } from '../core/failover/answerSets.ts';
import { type Chosen, controllersOf } from '../core/failover/controllers.ts';
import { type Config, FailoverConfig, HealthConfig } from './config.ts';
import { dataTableOf } from './dataTable.ts';
import { failoverSettings, healthSettings } from './failoverSettings.ts';
import { type Answers, WatchPlan, type WatchTarget } from './watchPlan.ts';

/** What is known of a region only once it is installed; what is absent comes from its endpoint. */
export type TargetFacts = Partial<Omit<WatchTarget, 'region'>>;

export type WatchFacts = {
  readonly zoneId: string;
  readonly targets: { readonly primary: TargetFacts; readonly standby: TargetFacts };
  readonly dns: { readonly nameServers: readonly string[]; readonly resolvers: readonly string[] };
  readonly switch: WatchPlan['switch'];
  readonly slackParameter: string | null;
  /** The watch of a rehearsal: another name, another record, the same targets. */
  readonly shadow?: { readonly service: string; readonly record: string };
};

const SECOND_MS = 1_000;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** What a record must answer so that clients reach the host of `url`. */
export const answersOf = (url: string): Answers => {
  const { hostname } = new URL(url);
  if (IPV4.test(hostname)) return { A: [hostname] };
  return hostname.startsWith('[') ? { AAAA: [hostname.slice(1, -1)] } : { CNAME: [hostname] };
};

/** Zone of the record: the one that is named, or all but its first label. */
export const zoneOf = (config: Config, record: string): string =>
  config.dns.zone ?? record.split('.').slice(1).join('.');

/** The two controllers of a configuration, or why it has one. */
export const controllersIn = ({ regions, observers, dns, failover }: Config): Chosen =>
  controllersOf({
    wanted: failover?.controllers ?? 'auto',
    primary: regions.primary.name,
    standby: regions.standby.name,
    witness: regions.witness?.name ?? null,
    observers,
    driver: dns.driver,
  });

/** A rehearsal moves its shadow from the home region alone. */
const sharedLease = (config: Config, { shadow }: WatchFacts) => {
  const { controllers } = controllersIn(config);
  if (controllers === null || shadow !== undefined) return {};
  const { first, second } = controllers;
  return { controllers: { first, second, leaseTable: leaseTableOf(config.service) } };
};

const targetFrom = (region: Config['regions']['primary'], facts: TargetFacts): unknown => {
  const endpoint = 'endpoint' in region ? region.endpoint : undefined;
  const url = facts.url ?? endpoint;
  if (url === undefined) {
    throw new DrillError(
      'ConfigInvalid',
      `nothing tells where ${region.name} is reached: give it an endpoint, or the service an image`,
    );
  }
  return {
    region: region.name,
    url,
    serverName: facts.serverName ?? null,
    answers: facts.answers ?? answersOf(endpoint ?? url),
    capacity: facts.capacity ?? null,
    ...(facts.listener === undefined ? {} : { listener: facts.listener }),
  };
};

const fencesOf = (config: Config): unknown[] =>
  (config.failover ?? FailoverConfig.parse({})).fence.map((fence) =>
    'http' in fence
      ? { kind: 'http', target: fence.http }
      : { kind: 'lambda', target: fence.lambda },
  );

/** Route 53 answers with an alias for as long as it likes: `dns.ttl` does not count then. */
const aliasTtl = ({ targets: { primary, standby } }: WatchFacts): { ttlMs?: number } =>
  [primary, standby].some(({ answers }) => answers?.alias !== undefined)
    ? { ttlMs: ALIAS_TTL_S * SECOND_MS }
    : {};

/**
 * @throws DrillError `ConfigInvalid` when the configuration has no record, or a region no address.
 */
export const watchPlanOf = (config: Config, facts: WatchFacts): WatchPlan => {
  const record = facts.shadow?.record ?? config.record;
  if (record === undefined) {
    throw new DrillError('ConfigInvalid', 'nothing to fail over: the configuration has no record');
  }
  const { primary, standby, witness } = config.regions;
  const service = facts.shadow?.service ?? config.service;
  return WatchPlan.parse({
    service,
    record,
    zone: zoneOf(config, record),
    zoneId: facts.zoneId,
    homeRegion: standby.name,
    primary: primary.name,
    standby: standby.name,
    witness: witness?.name ?? null,
    ...sharedLease(config, facts),
    observers: config.observers,
    health: healthSettings(config),
    failover: { ...failoverSettings(config), ...aliasTtl(facts), service },
    targets: [
      targetFrom(primary, facts.targets.primary),
      targetFrom(standby, facts.targets.standby),
    ],
    canaries: (config.health ?? HealthConfig.parse({})).canaries,
    dns: facts.dns,
    switch: facts.switch,
    fences: fencesOf(config),
    singleWriter: config.failover?.singleWriter ?? false,
    dataTable: dataTableOf(config),
    slackParameter: facts.slackParameter,
    reportUrl: config.notify.reports ?? null,
  });
};
