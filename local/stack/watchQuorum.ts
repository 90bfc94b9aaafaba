/**
 * The quorum switch of a watch: an object in each of three regions' buckets, a health check on each
 * and one over them, and the record sets that it chooses between. Nothing that exists is made anew:
 * a new check is healthy until it has looked, and would take the primary out.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  CreateHealthCheckCommand,
  GetHealthCheckStatusCommand,
  type HealthCheckConfig,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { openDnsSwitch } from '../../aws/dnsSwitch.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import { switchKeyOf } from '../../core/deploy/deployed.ts';
import { MAY_SERVE } from '../../core/deploy/liveRecord.ts';
import { switchCheck } from '../../core/failover/switchChecks.ts';
import { switchRegions } from '../../core/failover/switchRegions.ts';
import type { Config } from '../../events/config.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { signerOf } from '../../functions/flip/signing.ts';
import { realClock, sleep } from '../clock.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import type { Clients } from './clients.ts';
import { storedParameter } from './parameters.ts';
import { ensureSets, foundSets, type WantedSets } from './watchSets.ts';

type QuorumPlan = Extract<WatchPlan['switch'], { driver: 'quorum' }>;

const NEEDED = 2;
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
  accountId = ACCOUNT_ID,
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
      bucket: `failover-${ownService}-switch-${accountId}-${region}`,
      key,
    })),
    signingParameter: switchKeyOf(ownService),
  };
};

const ensureKey = async (ssm: SSMClient, name: string): Promise<string> => {
  const stored = await storedParameter(ssm, name);
  if (stored !== undefined) return stored;
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
  withinMs: number,
  signal: AbortSignal,
): Promise<void> => {
  const fromMs = realClock.monotonicMs();
  await sleep(realClock, ALL_LOOKED_MS, signal);
  let waiting = [...children];
  while (waiting.length > 0) {
    if (realClock.monotonicMs() - fromMs > withinMs) {
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

type Wanted = WantedSets & {
  /** Begins the references of the health checks: the service unless given. */
  readonly reference?: string;
  /** How long checkers may take until all of them have looked. */
  readonly unhealthyWithinMs?: number;
};

type Tools = {
  readonly sdk: SdkSettings;
  readonly clients: Pick<Clients, 'route53' | 'ssm'>;
  readonly deployRole: (role: string, region: string) => Promise<void>;
};

/** The key and the objects of the switch, which says `home` where nothing was said before. */
export const ensureSwitchObjects = async (
  plan: WatchPlan,
  { sdk, clients: { ssm }, deployRole }: Omit<Tools, 'clients'> & { clients: Pick<Clients, 'ssm'> },
  signal: AbortSignal,
): Promise<void> => {
  if (plan.switch.driver !== 'quorum') return;
  const { objects, signingParameter } = plan.switch;
  const [key] = await Promise.all([
    ensureKey(ssm, signingParameter ?? switchKeyOf(plan.service)),
    ...objects.map(({ region }) => deployRole('switch', region)),
  ]);
  await ensureObjects(plan.switch, key, sdk, signal);
};

/** Sets up what is not there yet. @returns what a person should know, or null. */
export const ensureQuorumSwitch = async (
  wanted: Wanted,
  tools: Tools,
  signal: AbortSignal,
): Promise<string | null> => {
  const { plan, reference: begins = plan.service, unhealthyWithinMs } = wanted;
  const { route53 } = tools.clients;
  if (plan.switch.driver !== 'quorum') return null;
  const { objects } = plan.switch;
  await ensureSwitchObjects(plan, tools, signal);
  const children: string[] = [];
  for (const object of objects) {
    const reference = `${begins} switch ${object.region}`;
    children.push(await ensureCheck(route53, reference, childConfig(object)));
  }
  const mayServe = await ensureCheck(route53, `${begins} ${MAY_SERVE}`, {
    Type: 'CALCULATED',
    ChildHealthChecks: children,
    HealthThreshold: NEEDED,
    Inverted: true,
  });
  const found = await foundSets(route53, plan);
  if (!found.isSwitch) {
    await awaitUnhealthy(route53, children, unhealthyWithinMs ?? UNHEALTHY_WITHIN_MS, signal);
  }
  return ensureSets(route53, wanted, found, mayServe);
};
