/** The record sets that a quorum switch chooses between, and the change that puts them there. */
import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { answerOfSet } from '../../aws/dnsRecord.ts';
import { answerSets } from '../../core/failover/answerSets.ts';
import { targetOf, type WatchPlan } from '../../events/watchPlan.ts';

const SECOND_MS = 1_000;

const roleSets = (plan: WatchPlan, checkId: string): ResourceRecordSet[] => {
  const name = { record: plan.record, ttlS: Math.round(plan.failover.ttlMs / SECOND_MS) };
  const setsOf = (region: string, Failover: 'PRIMARY' | 'SECONDARY'): ResourceRecordSet[] =>
    answerSets(name, targetOf(plan, region).answers).map((set) => ({
      ...answerOfSet(set),
      SetIdentifier: Failover.toLowerCase(),
      Failover,
      ...(Failover === 'PRIMARY' ? { HealthCheckId: checkId } : {}),
    }));
  return [...setsOf(plan.primary, 'PRIMARY'), ...setsOf(plan.standby, 'SECONDARY')];
};

export type FoundSets = { readonly sets: readonly ResourceRecordSet[]; readonly isSwitch: boolean };

export const foundSets = async (
  route53: Route53Client,
  { zoneId, record }: WatchPlan,
): Promise<FoundSets> => {
  const { ResourceRecordSets: all = [] } = await route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: record }),
  );
  const sets = all.filter(
    ({ Name, Type }) => Name === `${record}.` && ['A', 'AAAA', 'CNAME'].includes(Type ?? ''),
  );
  return { sets, isSwitch: sets.some(({ Failover }) => Failover !== undefined) };
};

/** What a set answers with; an alias with the load balancer that it leads to, and whether it looks at its health. */
const valuesIn = ({ ResourceRecords, AliasTarget }: Partial<ResourceRecordSet>): string[] =>
  AliasTarget === undefined
    ? (ResourceRecords ?? []).map(({ Value }) => Value ?? '')
    : [
        `alias of ${AliasTarget.DNSName?.toLowerCase().replace(/\.$/, '')}`,
        `in ${AliasTarget.HostedZoneId}`,
        ...(AliasTarget.EvaluateTargetHealth ? ['by its health'] : []),
      ];

const shownSets = (sets: readonly ResourceRecordSet[]): string =>
  sets
    .map(({ Type, TTL, Failover, HealthCheckId, ...answer }) =>
      [Type, TTL, Failover, HealthCheckId, ...valuesIn(answer)].join(' '),
    )
    .sort()
    .join('\n');

export type WantedSets = {
  readonly plan: WatchPlan;
  readonly former: WatchPlan | null;
  /** What the record may answer so that it is replaced all the same. */
  readonly placeholder: string;
};

export const changeSets = async (
  route53: Route53Client,
  { zoneId }: WatchPlan,
  remove: readonly ResourceRecordSet[],
  create: readonly ResourceRecordSet[],
): Promise<void> => {
  await route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zoneId,
      ChangeBatch: {
        Changes: [
          ...remove.map((set) => ({ Action: 'DELETE' as const, ResourceRecordSet: set })),
          ...create.map((set) => ({ Action: 'CREATE' as const, ResourceRecordSet: set })),
        ],
      },
    }),
  );
};

/** @returns what a person should know, or null. */
export const ensureSets = async (
  route53: Route53Client,
  { plan, former, placeholder }: WantedSets,
  { sets, isSwitch }: FoundSets,
  checkId: string,
): Promise<string | null> => {
  const wanted = roleSets(plan, checkId);
  if (shownSets(sets) === shownSets(wanted)) return null;
  const values = sets.flatMap(valuesIn);
  const isOurs =
    isSwitch && former !== null && shownSets(sets) === shownSets(roleSets(former, checkId));
  if (sets.length === 0 || isOurs || (!isSwitch && values.join() === placeholder)) {
    await changeSets(route53, plan, sets, wanted);
    return null;
  }
  return (
    `${plan.record} was edited by another hand: it answers ${values.join(' ')}. It is left as it is, ` +
    'and a flip does not move it: delete its record sets and start again'
  );
};
