// Goal: a name with a record set always has an answer, whatever is healthy, and only from its sets.
// Method: random zones of all policies with aliases between them, random health, random askers; and
// random batches of changes, accepted or refused.
import type { Change } from '@aws-sdk/client-route-53';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { regionNames, rttMs } from '../../core/regions/regions.ts';
import { resolve } from '../../local/dns/resolve.ts';
import { createZone } from '../../local/dns/zone.ts';
import { regionAddress, regionOfAddress } from '../../local/network/addresses.ts';
import { applyChanges } from '../../local/route53/changes.ts';
import { zoneFaults } from '../../local/route53/recordRules.ts';
import type { Policy, StoredSet } from '../../local/route53/recordSets.ts';
import { routeSets } from '../../local/route53/routing.ts';

const ZONE = 'ex.test.';
const APEX: StoredSet[] = [
  {
    name: ZONE,
    type: 'SOA',
    ttlS: 900,
    values: ['ns-1.ex.test. admin.ex.test. 1 7200 900 1209600 60'],
  },
  { name: ZONE, type: 'NS', ttlS: 60, values: ['ns-1.ex.test.'] },
];
const CHECKS = ['c0', 'c1', 'c2', 'c3'];
const NAMES = ['n0', 'n1', 'n2', 'n3', 'n4'].map((label) => `${label}.${ZONE}`);

const kinds = ['simple', 'failover', 'weighted', 'latency', 'multivalue'] as const;
const policyOf = (kind: (typeof kinds)[number], n: number, weight: number): Policy | undefined => {
  const setIdentifier = `set ${n}`;
  switch (kind) {
    case 'simple':
      return undefined;
    case 'failover':
      return { kind, setIdentifier, role: n === 0 ? 'PRIMARY' : 'SECONDARY' };
    case 'weighted':
      return { kind, setIdentifier, weight };
    case 'latency':
      return { kind, setIdentifier, region: regionNames[n * 7] ?? 'us-east-1' };
    case 'multivalue':
      return { kind, setIdentifier };
  }
};

const member = fc.record({
  weight: fc.constantFrom(0, 0, 1, 255),
  check: fc.option(fc.constantFrom(...CHECKS), { nil: undefined }),
  /** An alias to a later name, so that there are no circles. */
  alias: fc.option(fc.nat(NAMES.length), { nil: undefined }),
  evaluate: fc.boolean(),
});
const group = fc.record({
  kind: fc.constantFrom(...kinds),
  members: fc.array(member, { minLength: 1, maxLength: 4 }),
});

type Group = typeof group extends fc.Arbitrary<infer G> ? G : never;

const limits = { simple: 1, failover: 2, weighted: 4, latency: 4, multivalue: 4 };

const setsOf = (groups: readonly Group[]): StoredSet[] =>
  groups.flatMap(({ kind, members }, at) =>
    members.slice(0, limits[kind]).map((one, n): StoredSet => {
      const policy = policyOf(kind, n, one.weight);
      const target = one.alias === undefined ? undefined : NAMES[at + 1 + one.alias];
      const aliased = kind !== 'multivalue' && target !== undefined && at + 1 < groups.length;
      const needsCheck = kind === 'failover' && n === 0 && !aliased;
      const healthCheckId = one.check ?? (needsCheck ? 'c0' : undefined);
      const owner = {
        name: NAMES[at] ?? '',
        type: 'A' as const,
        ...(policy && { policy }),
        ...(healthCheckId && { healthCheckId }),
      };
      return aliased
        ? { ...owner, alias: { zoneId: 'Z', dnsName: target, evaluate: one.evaluate } }
        : { ...owner, ttlS: 60, values: [`127.0.${at}.${n + 1}`] };
    }),
  );

const zone = fc
  .array(group, { minLength: NAMES.length, maxLength: NAMES.length })
  .map((groups) => [...APEX, ...setsOf(groups)]);

const answersIn = (
  sets: readonly StoredSet[],
  healthy: (check: string) => boolean,
  random: () => number,
  asker: string,
) => {
  const { fixed, routed } = routeSets(sets, {
    healthy,
    random,
    rttMs,
    balancerAddress: () => undefined,
    regionOf: (address) => regionOfAddress(address) ?? 'us-east-1',
  });
  const zones = [createZone(ZONE, fixed, routed)];
  return (name: string) =>
    resolve({ name, type: 'A' }, zones, asker).answers.flatMap((answer) =>
      answer.type === 'A' ? [answer.data] : [],
    );
};

const world = {
  health: fc.record(Object.fromEntries(CHECKS.map((check) => [check, fc.boolean()]))),
  draws: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
  asker: fc
    .tuple(fc.constantFrom(...regionNames), fc.integer({ min: 1, max: 65_534 }))
    .map(([region, host]) => regionAddress(region, host)),
};
const drawing = (draws: Iterator<number>) => () => Number(draws.next().value);

describe('an answer', () => {
  it('is never empty while a record set exists, and comes from the sets of the zone', () => {
    fc.assert(
      fc.property(zone, world.health, world.draws, world.asker, (sets, health, draws, asker) => {
        if (zoneFaults({ name: ZONE, recordSets: sets }).length > 0) return true;
        const known = new Set(sets.flatMap((set) => ('values' in set ? set.values : [])));
        const ask = answersIn(sets, (id) => health[id] ?? true, drawing(draws), asker);
        return NAMES.every((name) => {
          const answers = ask(name);
          return answers.length > 0 && answers.every((answer) => known.has(answer));
        });
      }),
      { numRuns: 2_000 },
    );
  });

  it('is a healthy plain record wherever the name has one', () => {
    fc.assert(
      fc.property(zone, world.health, world.draws, world.asker, (sets, health, draws, asker) => {
        const plainOnes = sets.filter((set) => 'values' in set);
        const isHealthy = ({ healthCheckId }: StoredSet) =>
          healthCheckId === undefined || health[healthCheckId] === true;
        const ask = answersIn(plainOnes, (id) => health[id] ?? true, drawing(draws), asker);
        return NAMES.every((name) => {
          const own = plainOnes.filter((set) => set.name === name);
          const healthy = own.filter(isHealthy).flatMap(({ values }) => values);
          const answers = ask(name);
          if (own.length === 0) return answers.length === 0;
          return healthy.length === 0 || answers.every((answer) => healthy.includes(answer));
        });
      }),
      { numRuns: 1_000 },
    );
  });
});

const change: fc.Arbitrary<Change> = fc
  .record({
    Action: fc.constantFrom('CREATE' as const, 'UPSERT' as const, 'DELETE' as const),
    name: fc.constantFrom(...NAMES.slice(0, 2)),
    kind: fc.constantFrom(...kinds),
    n: fc.nat(2),
    check: fc.boolean(),
    alias: fc.boolean(),
  })
  .map(({ Action, name, kind, n, check, alias }) => {
    const policy = policyOf(kind, n, n);
    const members =
      policy === undefined
        ? {}
        : {
            SetIdentifier: policy.setIdentifier,
            ...(policy.kind === 'failover' && { Failover: policy.role }),
            ...(policy.kind === 'weighted' && { Weight: policy.weight }),
            ...(policy.kind === 'latency' && { Region: 'eu-west-1' as const }),
            ...(policy.kind === 'multivalue' && { MultiValueAnswer: true }),
          };
    const content = alias
      ? {
          AliasTarget: {
            HostedZoneId: 'Z',
            DNSName: NAMES[0] === name ? NAMES[1] : NAMES[0],
            EvaluateTargetHealth: check,
          },
        }
      : { TTL: 60, ResourceRecords: [{ Value: `127.0.0.${n + 1}` }] };
    const ResourceRecordSet = {
      Name: name,
      Type: 'A' as const,
      ...members,
      ...content,
      ...(check && { HealthCheckId: 'c0' }),
    };
    return { Action, ResourceRecordSet };
  });

describe('batches of changes', () => {
  it('leave a zone without fault, in which every name with a set is answered, or change nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { minLength: 1, maxLength: 3 })), (batches) => {
        let sets: readonly StoredSet[] = APEX;
        for (const batch of batches) {
          try {
            sets = applyChanges({ id: 'Z', name: ZONE, recordSets: sets }, batch, {
              isHealthCheck: () => true,
              isBalancer: () => false,
            });
          } catch (error) {
            const { name } = Object(error);
            if (name !== 'InvalidChangeBatch' && name !== 'InvalidInput') throw error;
          }
        }
        if (zoneFaults({ name: ZONE, recordSets: sets }).length > 0) return false;
        const ask = answersIn(
          sets,
          () => false,
          () => 0.5,
          '127.0.0.1',
        );
        return sets.every(({ name, type }) => type !== 'A' || ask(name).length > 0);
      }),
      { numRuns: 1_000 },
    );
  });
});
