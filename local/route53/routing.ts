import type { Answer } from 'dns-packet';
import { answersOf, type Choose, type RecordSet, type RoutedSet } from '../dns/zone.ts';
import { BALANCER_TTL_S, BALANCER_ZONE, type BalancerAddress, balancerName } from './balancers.ts';
import type { StoredSet } from './recordSets.ts';

export type RoutingNeeds = {
  /** Whether a health check reports healthy now. */
  readonly healthy: (healthCheckId: string) => boolean;
  /** Uniform from 0 up to 1. */
  readonly random: () => number;
  /** The region nearest to an address. */
  readonly regionOf: (address: string) => string;
  readonly balancerAddress: BalancerAddress;
  /** Round-trip milliseconds between two regions. */
  readonly rttMs: (from: string, to: string) => number;
};

/** Record sets of one name and type. */
type Group = readonly StoredSet[];

/** An alias may point at an alias, but not for ever. */
export const ALIAS_HOPS_MAX = 8;
const MULTIVALUE_ANSWERS_MAX = 8;

const groupKey = (name: string, type: string) => `${name} ${type}`;

const groupsOf = (sets: readonly StoredSet[]): Map<string, StoredSet[]> =>
  Map.groupBy(sets, ({ name, type }) => groupKey(name, type));

const isPrimary = ({ policy }: StoredSet) =>
  policy?.kind === 'failover' && policy.role === 'PRIMARY';

const weightOf = ({ policy }: StoredSet) => (policy?.kind === 'weighted' ? policy.weight : 0);

const pickWeighted = (sets: Group, random: () => number): Group => {
  const heavy = sets.filter((set) => weightOf(set) > 0);
  // Weight 0 counts only when nothing heavier is left; then all are as likely.
  const pool = heavy.length > 0 ? heavy : sets;
  const shareOf = (set: StoredSet) => (heavy.length > 0 ? weightOf(set) : 1);
  let left = random() * pool.reduce((sum, set) => sum + shareOf(set), 0);
  const at = pool.findIndex((set) => {
    left -= shareOf(set);
    return left < 0;
  });
  // Rounding may leave the last one just out of reach.
  return pool.slice(at).slice(0, 1);
};

const pickNearest = (sets: Group, asker: string, needs: RoutingNeeds): Group => {
  const from = needs.regionOf(asker);
  const distance = ({ policy }: StoredSet) =>
    policy?.kind === 'latency' ? needs.rttMs(from, policy.region) : Number.POSITIVE_INFINITY;
  return sets.toSorted((a, b) => distance(a) - distance(b)).slice(0, 1);
};

const pickSome = (sets: Group, random: () => number): Group =>
  sets
    .map((set) => ({ set, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MULTIVALUE_ANSWERS_MAX)
    .map(({ set }) => set);

const pick = (sets: Group, asker: string, needs: RoutingNeeds): Group => {
  switch (sets[0]?.policy?.kind) {
    case undefined:
      return sets;
    case 'failover': {
      const primary = sets.filter(isPrimary);
      return primary.length > 0 ? primary : sets;
    }
    case 'weighted':
      return pickWeighted(sets, needs.random);
    case 'latency':
      return pickNearest(sets, asker, needs);
    case 'multivalue':
      return pickSome(sets, needs.random);
  }
};

/**
 * The record sets of a zone as DNS serves them. What depends on health, chance or the asker is
 * chosen anew for each question: the policy chooses among the healthy ones, and where none is
 * healthy, among all, as if all were (so that an answer is never empty, and failover answers with
 * the primary).
 */
export const routeSets = (
  sets: readonly StoredSet[],
  needs: RoutingNeeds,
): { readonly fixed: RecordSet[]; readonly routed: RoutedSet[] } => {
  const groups = groupsOf(sets);
  const answers = new Map<StoredSet, Answer[]>(
    sets.flatMap((set) => ('alias' in set ? [] : [[set, answersOf(set)]])),
  );
  const targetOf = (set: StoredSet): Group =>
    'alias' in set ? (groups.get(groupKey(set.alias.dnsName, set.type)) ?? []) : [];

  const isHealthy = (set: StoredSet, hopsLeft: number): boolean => {
    if (set.healthCheckId !== undefined && !needs.healthy(set.healthCheckId)) return false;
    if (!('alias' in set) || !set.alias.evaluate || hopsLeft === 0) return true;
    return targetOf(set).some((target) => isHealthy(target, hopsLeft - 1));
  };
  const balancerAnswers = ({ name, type, ...set }: StoredSet): Answer[] => {
    const address = 'alias' in set && needs.balancerAddress(balancerName(set.alias.dnsName));
    return typeof address === 'string'
      ? answersOf({ name, type, ttlS: BALANCER_TTL_S, values: [address] })
      : [];
  };
  const choose = (group: Group, asker: string, hopsLeft: number): Answer[] => {
    const healthy = group.filter((set) => isHealthy(set, hopsLeft));
    const picked = pick(healthy.length > 0 ? healthy : group, asker, needs);
    return picked.flatMap((set) => {
      if (!('alias' in set)) return answers.get(set) ?? [];
      if (set.alias.zoneId === BALANCER_ZONE) return balancerAnswers(set);
      return hopsLeft > 0 ? choose(targetOf(set), asker, hopsLeft - 1) : [];
    });
  };
  /** The one plain record set that always answers for a group, where there is one. */
  const alwaysServed = (group: Group, hopsLeft: number): StoredSet | undefined => {
    const [only, other] = group;
    if (!only || other || only.policy) return undefined;
    if (!('alias' in only)) return only;
    return hopsLeft > 0 ? alwaysServed(targetOf(only), hopsLeft - 1) : undefined;
  };

  const fixed: RecordSet[] = [];
  const routed: RoutedSet[] = [];
  for (const group of groups.values()) {
    const [first] = group;
    if (!first) continue;
    const { name, type } = first;
    const one = alwaysServed(group, ALIAS_HOPS_MAX);
    const chooseFor: Choose = (asker) => choose(group, asker, ALIAS_HOPS_MAX);
    if (one && 'values' in one) fixed.push({ name, type, ttlS: one.ttlS, values: one.values });
    else routed.push({ name, type, choose: chooseFor });
  }
  return { fixed, routed };
};
