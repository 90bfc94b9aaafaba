/**
 * The quorum switch of a watch: an object in each of three regions' buckets, a health check on each
 * and one over them, and the record sets that it chooses between. Nothing that exists is made anew:
 * a new check is healthy until it has looked, and would take the primary out.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  GetHealthCheckStatusCommand,
  type HealthCheckConfig,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { openDnsSwitch } from '../../aws/dnsSwitch.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import { answerSets } from '../../core/failover/answerSets.ts';
import { switchCheck } from '../../core/failover/switchChecks.ts';
import { switchRegions } from '../../core/failover/switchRegions.ts';
import type { Config } from '../../events/config.ts';
import { targetOf, type WatchPlan } from '../../events/watchPlan.ts';
import { signerOf } from '../../functions/flip/signing.ts';
import { realClock, sleep } from '../clock.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import type { Clients } from './clients.ts';

type QuorumPlan = Extract<WatchPlan['switch'], { driver: 'quorum' }>;

const NEEDED = 2;
const SECOND_MS = 1_000;
/** Two rounds of checks, and some more. */
const UNHEALTHY_WITHIN_MS = 45_000;
const POLL_MS = 1_000;
/** An interval, and what a check may take. */
const ALL_LOOKED_MS = 14_000;

/** Where the switch stands: as it was, or in three regions under a key that nobody can guess. */
export const planQuorumSwitch = (
  { service: ownService, regions, observers }: Config,
  former: WatchPlan | null,
  service: string,
): QuorumPlan => {
  if (former?.switch.driver === 'quorum') return former.switch;
  const { primary, standby, witness } = regions;
  const chosen = switchRegions({
    primary: primary.name,
    standby: standby.name,
    witness: witness?.name ?? null,
    observers,
  });
  const key = `switch/${service}/${randomUUID()}`;
  return {
    driver: 'quorum',
    objects: chosen.map((region) => ({
      region,
      bucket: `failover-${ownService}-switch-${ACCOUNT_ID}-${region}`,
      key,
    })),
    signingParameter: `/failover/${ownService}/switch-key`,
  };
};

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;

const ensureKey = async (ssm: SSMClient, name: string): Promise<string> => {
  try {
    const found = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    if (found.Parameter?.Value !== undefined) return found.Parameter.Value;
  } catch (error) {
    if (!isNamed(error, 'ParameterNotFound')) throw error;
  }
  const key = randomBytes(32).toString('base64');
  await ssm.send(new PutParameterCommand({ Name: name, Value: key, Type: 'SecureString' }));
  return key;
};

/** Each object says `home` before anybody looks at it; one that is there is left as it is. */
const ensureObjects = async (
  { objects }: QuorumPlan,
  key: string,
  sdk: SdkSettings,
  signal: AbortSignal,
): Promise<void> => {
  const dnsSwitch = openDnsSwitch(signerOf(key), sdk);
  const body = {
    state: 'home',
    epoch: 0,
    decisionId: 'set-up',
    evidenceHash: '',
    expiresAtMs: 0,
  } as const;
  try {
    await Promise.all(
      objects.map(async (object) => {
        const written = await dnsSwitch.write(object, body, { ifNoneMatch: '*' }, signal);
        if (written.result !== 'failed') return;
        throw new Error(`the switch in ${object.region} could not be written: ${written.why}`);
      }),
    );
  } finally {
    dnsSwitch.close();
  }
};

/** The same reference gives the same check, so repeating makes none. */
const ensureCheck = async (
  route53: Route53Client,
  reference: string,
  config: HealthCheckConfig,
): Promise<string> => {
  const made = await route53.send(
    new CreateHealthCheckCommand({ CallerReference: reference, HealthCheckConfig: config }),
  );
  const id = made.HealthCheck?.Id;
  if (id === undefined) throw new Error(`the health check ${reference} was made and has no id`);
  return id;
};

const childConfig = (object: QuorumPlan['objects'][number]): HealthCheckConfig => {
  const { type, host, path, searchString, intervalS, failureThreshold } = switchCheck(object);
  return {
    Type: type,
    FullyQualifiedDomainName: host,
    Port: 443,
    ResourcePath: path,
    SearchString: searchString,
    RequestInterval: intervalS,
    FailureThreshold: failureThreshold,
  };
};

const hasOnlyFailures = async (route53: Route53Client, id: string): Promise<boolean> => {
  const seen = await route53.send(new GetHealthCheckStatusCommand({ HealthCheckId: id }));
  const statuses = seen.HealthCheckObservations ?? [];
  return (
    statuses.length > 0 &&
    statuses.every(({ StatusReport }) => StatusReport?.Status?.startsWith('Failure') === true)
  );
};

/**
 * A checker that has not looked yet counts as healthy, and is not told of. All have looked once an
 * interval has passed; attached before that, the checks would take the primary out.
 */
const awaitUnhealthy = async (
  route53: Route53Client,
  children: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  const fromMs = realClock.monotonicMs();
  await sleep(realClock, ALL_LOOKED_MS, signal);
  let waiting = [...children];
  while (waiting.length > 0) {
    if (realClock.monotonicMs() - fromMs > UNHEALTHY_WITHIN_MS) {
      throw new Error(
        `the health checks ${waiting.join(' ')} do not report what the switches say; the record is left as it is`,
      );
    }
    const still: string[] = [];
    for (const id of waiting) if (!(await hasOnlyFailures(route53, id))) still.push(id);
    waiting = still;
    if (waiting.length > 0) await sleep(realClock, POLL_MS, signal);
  }
};

const roleSets = (plan: WatchPlan, checkId: string): ResourceRecordSet[] => {
  const name = { record: plan.record, ttlS: Math.round(plan.failover.ttlMs / SECOND_MS) };
  const setsOf = (region: string, Failover: 'PRIMARY' | 'SECONDARY'): ResourceRecordSet[] =>
    answerSets(name, targetOf(plan, region).answers).map(({ type, ttlS, values }) => ({
      Name: plan.record,
      Type: type,
      TTL: ttlS,
      ResourceRecords: values.map((Value) => ({ Value })),
      SetIdentifier: Failover.toLowerCase(),
      Failover,
      ...(Failover === 'PRIMARY' ? { HealthCheckId: checkId } : {}),
    }));
  return [...setsOf(plan.primary, 'PRIMARY'), ...setsOf(plan.standby, 'SECONDARY')];
};

type Found = { readonly sets: readonly ResourceRecordSet[]; readonly isSwitch: boolean };

const foundSets = async (route53: Route53Client, { zoneId, record }: WatchPlan): Promise<Found> => {
  const { ResourceRecordSets: all = [] } = await route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: record }),
  );
  const sets = all.filter(
    ({ Name, Type }) => Name === `${record}.` && ['A', 'AAAA', 'CNAME'].includes(Type ?? ''),
  );
  return { sets, isSwitch: sets.some(({ Failover }) => Failover !== undefined) };
};

const shownSets = (sets: readonly ResourceRecordSet[]): string =>
  sets
    .map(({ Type, TTL, Failover, HealthCheckId, ResourceRecords }) =>
      [
        Type,
        TTL,
        Failover,
        HealthCheckId,
        ...(ResourceRecords ?? []).map(({ Value }) => Value),
      ].join(' '),
    )
    .sort()
    .join('\n');

type Wanted = {
  readonly plan: WatchPlan;
  readonly former: WatchPlan | null;
  readonly placeholder: string;
};

const change = async (
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
const ensureSets = async (
  route53: Route53Client,
  { plan, former, placeholder }: Wanted,
  { sets, isSwitch }: Found,
  checkId: string,
): Promise<string | null> => {
  const wanted = roleSets(plan, checkId);
  if (shownSets(sets) === shownSets(wanted)) return null;
  const values = sets.flatMap(({ ResourceRecords = [] }) =>
    ResourceRecords.map(({ Value }) => Value),
  );
  const isOurs =
    isSwitch && former !== null && shownSets(sets) === shownSets(roleSets(former, checkId));
  if (sets.length === 0 || isOurs || (!isSwitch && values.join() === placeholder)) {
    await change(route53, plan, sets, wanted);
    return null;
  }
  return (
    `${plan.record} was edited by another hand: it answers ${values.join(' ')}. It is left as it is, ` +
    'and a flip does not move it: delete its record sets and start again'
  );
};

type Tools = {
  readonly sdk: SdkSettings;
  readonly clients: Pick<Clients, 'route53' | 'ssm'>;
  readonly deployRole: (role: string, region: string) => Promise<void>;
};

/** Sets up what is not there yet. @returns what a person should know, or null. */
export const ensureQuorumSwitch = async (
  wanted: Wanted,
  { sdk, clients: { route53, ssm }, deployRole }: Tools,
  signal: AbortSignal,
): Promise<string | null> => {
  const { plan } = wanted;
  if (plan.switch.driver !== 'quorum') return null;
  const { objects, signingParameter } = plan.switch;
  const [key] = await Promise.all([
    ensureKey(ssm, signingParameter ?? `/failover/${plan.service}/switch-key`),
    ...objects.map(({ region }) => deployRole('switch', region)),
  ]);
  await ensureObjects(plan.switch, key, sdk, signal);
  const children: string[] = [];
  for (const object of objects) {
    const reference = `${plan.service} switch ${object.region}`;
    children.push(await ensureCheck(route53, reference, childConfig(object)));
  }
  const mayServe = await ensureCheck(route53, `${plan.service} primary may serve`, {
    Type: 'CALCULATED',
    ChildHealthChecks: children,
    HealthThreshold: NEEDED,
    Inverted: true,
  });
  const found = await foundSets(route53, plan);
  if (!found.isSwitch) await awaitUnhealthy(route53, children, signal);
  return ensureSets(route53, wanted, found, mayServe);
};
