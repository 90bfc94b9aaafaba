/** Takes the live record off the switch: it goes on answering as it does now, and fails over no more. */
import {
  DeleteHealthCheckCommand,
  GetHealthCheckCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { openDnsRecord } from '../../aws/dnsRecord.ts';
import { isAwsError } from '../../aws/sdk.ts';
import { DrillError } from '../../core/errors.ts';
import { answerSets } from '../../core/failover/answerSets.ts';
import { targetOf, type WatchPlan } from '../../events/watchPlan.ts';
import { changeSets, foundSets } from '../../local/stack/watchSets.ts';

/** Route 53 takes five calls a second. */
const ATTEMPTS = 8;
const SECOND_MS = 1_000;

const simpleSets = (plan: WatchPlan, active: string): ResourceRecordSet[] => {
  const name = { record: plan.record, ttlS: Math.round(plan.failover.ttlMs / SECOND_MS) };
  return answerSets(name, targetOf(plan, active).answers).map(({ type, ttlS, values }) => ({
    Name: plan.record,
    Type: type,
    TTL: ttlS,
    ResourceRecords: values.map((Value) => ({ Value })),
  }));
};

/** A check with its children; one that is gone already is no fault. */
const removeCheck = async (route53: Route53Client, id: string): Promise<void> => {
  try {
    const { HealthCheck } = await route53.send(new GetHealthCheckCommand({ HealthCheckId: id }));
    await route53.send(new DeleteHealthCheckCommand({ HealthCheckId: id }));
    for (const child of HealthCheck?.HealthCheckConfig?.ChildHealthChecks ?? []) {
      await removeCheck(route53, child);
    }
  } catch (error) {
    if (!isAwsError(error, 'NoSuchHealthCheck')) throw error;
  }
};

/** One batch: nobody is left without an answer. */
const unhookQuorum = async (plan: WatchPlan, active: string): Promise<void> => {
  const route53 = new Route53Client({ region: 'us-east-1', maxAttempts: ATTEMPTS });
  try {
    const { sets, isSwitch } = await foundSets(route53, plan);
    if (!isSwitch) return;
    await changeSets(route53, plan, sets, simpleSets(plan, active));
    const checks = new Set(sets.flatMap(({ HealthCheckId: id }) => (id === undefined ? [] : [id])));
    for (const check of checks) await removeCheck(route53, check);
  } finally {
    route53.destroy();
  }
};

/** Only the epoch goes: the record is a simple one already. */
const unhookRecord = async ({ zoneId, record }: WatchPlan, signal: AbortSignal): Promise<void> => {
  const dns = openDnsRecord({ region: 'us-east-1', maxAttempts: ATTEMPTS });
  try {
    const place = { zoneId, record };
    const { epoch } = await dns.read(place, signal);
    if (epoch === null) return;
    const batch = [{ action: 'DELETE' as const, set: epoch }];
    const comment = 'nothing fails over any more';
    const result = await dns.submit(place, { batch, comment }, signal);
    if (result.answer === 'accepted') return;
    throw new DrillError('DeployFailed', `the epoch of ${record} stays: ${result.message}`);
  } finally {
    dns.close();
  }
};

/** @throws DrillError `DeployFailed`, and errors of Route 53 */
export const unhook = async (
  plan: WatchPlan,
  active: string,
  signal: AbortSignal,
): Promise<void> =>
  plan.switch.driver === 'quorum' ? unhookQuorum(plan, active) : unhookRecord(plan, signal);
