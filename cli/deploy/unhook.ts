/** Takes the live record off the switch: it goes on answering as it does now, or goes with what it answers for. */
import {
  DeleteHealthCheckCommand,
  paginateListHealthChecks,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { answerOfSet, openDnsRecord } from '../../aws/dnsRecord.ts';
import { isAwsError } from '../../aws/sdk.ts';
import { MAY_SERVE } from '../../core/deploy/liveRecord.ts';
import { DrillError } from '../../core/errors.ts';
import { answerSets } from '../../core/failover/answerSets.ts';
import { targetOf, type WatchPlan } from '../../events/watchPlan.ts';
import { changeSets, foundSets } from '../../local/stack/watchSets.ts';
import { referenceOf } from './seed.ts';

/** Route 53 takes five calls a second. */
const ATTEMPTS = 8;
const SECOND_MS = 1_000;

const simpleSets = (plan: WatchPlan, active: string): ResourceRecordSet[] => {
  const name = { record: plan.record, ttlS: Math.round(plan.failover.ttlMs / SECOND_MS) };
  return answerSets(name, targetOf(plan, active).answers).map(answerOfSet);
};

/**
 * All checks that were made under this reference, also where the record was never put on them. The one over the
 * others first: Route 53 keeps a check that another one names.
 */
const removeChecks = async (route53: Route53Client, reference: string): Promise<void> => {
  const own: { id: string; over: boolean }[] = [];
  for await (const { HealthChecks = [] } of paginateListHealthChecks({ client: route53 }, {})) {
    for (const { Id, CallerReference } of HealthChecks) {
      if (Id === undefined || CallerReference?.startsWith(`${reference} `) !== true) continue;
      own.push({ id: Id, over: CallerReference.endsWith(MAY_SERVE) });
    }
  }
  for (const { id } of own.sort((a, b) => Number(b.over) - Number(a.over))) {
    try {
      await route53.send(new DeleteHealthCheckCommand({ HealthCheckId: id }));
    } catch (error) {
      if (!isAwsError(error, 'NoSuchHealthCheck')) throw error;
    }
  }
};

/** One batch: nobody is left without an answer. */
const unhookQuorum = async (plan: WatchPlan, active: string, goesOn: boolean): Promise<boolean> => {
  const route53 = new Route53Client({ region: 'us-east-1', maxAttempts: ATTEMPTS });
  try {
    const { sets, isSwitch } = await foundSets(route53, plan);
    const stays = goesOn ? simpleSets(plan, active) : [];
    if (isSwitch) await changeSets(route53, plan, sets, stays);
    await removeChecks(route53, referenceOf(plan));
    return isSwitch;
  } finally {
    route53.destroy();
  }
};

/** The record is a simple one already: only the epoch goes, and the record where it answers with what goes, too. */
const unhookRecord = async (
  { zoneId, record }: WatchPlan,
  goesOn: boolean,
  signal: AbortSignal,
): Promise<boolean> => {
  const dns = openDnsRecord({ region: 'us-east-1', maxAttempts: ATTEMPTS });
  try {
    const place = { zoneId, record };
    const { epoch, sets } = await dns.read(place, signal);
    if (epoch === null) return false;
    const gone = goesOn ? [epoch] : [epoch, ...sets];
    const batch = gone.map((set) => ({ action: 'DELETE' as const, set }));
    const comment = 'nothing fails over any more';
    const result = await dns.submit(place, { batch, comment }, signal);
    if (result.answer === 'accepted') return true;
    throw new DrillError('DeployFailed', `the epoch of ${record} stays: ${result.message}`);
  } finally {
    dns.close();
  }
};

/**
 * `goesOn`: whether the record goes on answering as the active region does; false where nothing would be there to
 * answer for. @returns whether the record was on the switch.
 * @throws DrillError `DeployFailed`, and errors of Route 53
 */
export const unhook = async (
  plan: WatchPlan,
  active: string,
  goesOn: boolean,
  signal: AbortSignal,
): Promise<boolean> =>
  plan.switch.driver === 'quorum'
    ? unhookQuorum(plan, active, goesOn)
    : unhookRecord(plan, goesOn, signal);
