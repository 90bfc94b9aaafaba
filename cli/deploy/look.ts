/** Looks at the account before anything is changed: every reason against a deployment at once. */
import { openAccount } from '../../aws/account.ts';
import { askCaller, type Caller } from '../../aws/caller.ts';
import { type HostedZones, openHostedZones } from '../../aws/hostedZones.ts';
import { type LeftOvers, openLeftOvers } from '../../aws/leftOvers.ts';
import { openStacks, type Stacks } from '../../aws/stacks.ts';
import {
  accountFinding,
  credentialsFinding,
  type DeployFinding,
  nameFinding,
  recordFindings,
  regionFinding,
  stackFinding,
  zoneFinding,
} from '../../core/deploy/findings.ts';
import { judgeRecord, type RecordVerdict } from '../../core/deploy/liveRecord.ts';
import { outerNames } from '../../core/deploy/names.ts';
import type { Retained } from '../../core/deploy/retained.ts';
import { promotionFinding, serviceFindings } from '../../core/deploy/serviceStacks.ts';
import type { StackFound } from '../../core/deploy/stackState.ts';
import { type PlannedStack, stackNameOf } from '../../core/deploy/stacks.ts';
import { epochRecordName } from '../../core/failover/switchRecord.ts';
import type { Answers } from '../../events/watchPlan.ts';
import { servesIn } from '../lint/setup.ts';
import { lookAtServices } from './ecs.ts';
import { lookAtEnding, lookAtFormer } from './former.ts';
import { lookAtLeftOvers } from './leftOver.ts';
import { lookAtListener } from './listener.ts';
import { lookAtNetworks } from './network.ts';
import { refusalOf } from './refusal.ts';
import { lookAtRights } from './rights.ts';
import { balancerOf, promotionUnderWay } from './service.ts';
import { type DeploySetup, type Live, primaryAnswers } from './setup.ts';

/** Enabled in every account, so that a refusal there is one of the credentials. */
const ALWAYS_ENABLED = 'us-east-1';

/** Keeps what opens connections, for one command. */
export const openAws = () => {
  const leftOvers = new Map<string, LeftOvers>();
  const account = openAccount();
  const stacks = openStacks();
  const zones = openHostedZones();
  const leftOversIn = (region: string): LeftOvers => {
    const made = leftOvers.get(region) ?? openLeftOvers(region);
    leftOvers.set(region, made);
    return made;
  };
  const close = (): void => {
    for (const each of [account, stacks, zones, ...leftOvers.values()]) each.close();
  };
  const caller = (): Promise<Caller> => askCaller({ region: ALWAYS_ENABLED });
  return { account: { ...account, caller }, stacks, zones, leftOversIn, close };
};

export type Aws = ReturnType<typeof openAws>;

export type Seen = {
  /** Null where nobody could be asked: there is nothing else then but findings. */
  readonly caller: Caller | null;
  readonly zoneId: string | null;
  readonly record: RecordVerdict | null;
  /** As they were found, by `name@region`. */
  readonly found: ReadonlyMap<string, StackFound>;
  /** What a former deployment kept and its new stack takes over, by `name@region` of that. */
  readonly adopts: ReadonlyMap<string, readonly Retained[]>;
  /** Of an earlier deployment, the last one first: controllers before any stack is made, and others after. */
  readonly removes: readonly PlannedStack[];
  readonly findings: readonly DeployFinding[];
};

export const keyOf = ({ name, region }: { name: string; region: string }): string =>
  `${name}@${region}`;

type Looked<T> = { readonly value: T | null; readonly findings: DeployFinding[] };

const NOTHING = { value: null, findings: [] };

/** The stacks of each region; one finding for a region that does not answer. */
export const lookAtStacks = async (
  stacks: Stacks,
  { planned }: DeploySetup,
): Promise<{ found: Map<string, StackFound>; findings: DeployFinding[]; dark: Set<string> }> => {
  const found = new Map<string, StackFound>();
  const dark = new Set<string>();
  const findings: DeployFinding[] = [];
  const regions = [...new Set(planned.map(({ region }) => region))];
  await Promise.all(
    regions.map(async (region) => {
      try {
        for (const stack of planned.filter((each) => each.region === region)) {
          const state = await stacks.find(stack);
          found.set(keyOf(stack), state);
          findings.push(...stackFinding(stack, state));
        }
      } catch (error) {
        dark.add(region);
        findings.push(regionFinding(region, 'cloudformation:DescribeStacks', refusalOf(error)));
      }
    }),
  );
  return { found, findings, dark };
};

/** Services that are deployed where this one is to be, and whose name its own begins with. */
const lookAtNames = async (
  stacks: Stacks,
  { service, planned }: DeploySetup,
  { found, dark }: { found: ReadonlyMap<string, StackFound>; dark: ReadonlySet<string> },
): Promise<DeployFinding[]> => {
  const isDeployed = [...found.values()].some(({ status }) => status !== null);
  const places = planned.filter(({ region }) => !dark.has(region));
  const findings = outerNames(service).map(async (outer) => {
    for (const { role, region } of places) {
      const { status } = await stacks.find({ name: stackNameOf(outer, role), region });
      if (status !== null) return [nameFinding(service, { service: outer, region }, isDeployed)];
    }
    return [];
  });
  return (await Promise.all(findings)).flat();
};

const lookAtRecord = async (
  zones: HostedZones,
  { service, record, driver, answers }: Live & { service: string; answers: Answers },
  zoneId: string,
): Promise<RecordVerdict> => {
  const sets = await zones.sets(zoneId, record);
  const epoch = driver === 'record' ? await zones.sets(zoneId, epochRecordName(record)) : [];
  const hasEpoch = epoch.some(({ type }) => type === 'TXT');
  return judgeRecord(sets, { service, driver, answers, hasEpoch });
};

const lookAtDns = async (
  zones: HostedZones,
  setup: DeploySetup,
): Promise<Looked<{ zoneId: string; record: RecordVerdict }>> => {
  const { live, service } = setup;
  if (live === null) return NOTHING;
  try {
    const ids = await zones.publicZones(live.zone);
    const [zoneId] = ids;
    const missing = zoneFinding(live.zone, ids);
    if (missing.length > 0 || zoneId === undefined) return { value: null, findings: missing };
    const balancer = await balancerOf(setup, setup.checked.config.regions.primary.name);
    const answers = primaryAnswers(live, balancer);
    const showsShadow = setup.checked.config.drill.rehearsal?.depth === 'shadow';
    const record = await lookAtRecord(zones, { ...live, service, answers }, zoneId);
    return {
      value: { zoneId, record },
      findings: recordFindings({ ...live, showsShadow }, record, answers),
    };
  } catch (error) {
    const finding = regionFinding('us-east-1', 'route53:ListResourceRecordSets', refusalOf(error));
    return { value: null, findings: [finding] };
  }
};

/** A promotion that a deployment would disturb. */
const lookAtPromotion = async (setup: DeploySetup): Promise<DeployFinding[]> => {
  if (servesIn(setup.checked.config).length === 0) return [];
  try {
    const id = await promotionUnderWay(setup);
    return id === null ? [] : [promotionFinding(id)];
  } catch (error) {
    return [regionFinding(setup.homeRegion, 'dynamodb:Query', refusalOf(error))];
  }
};

const nobody = (findings: readonly DeployFinding[]): Seen => ({
  caller: null,
  zoneId: null,
  record: null,
  found: new Map(),
  adopts: new Map(),
  removes: [],
  findings,
});

/** Everything that can be known without changing anything. */
export const lookAtAws = async (aws: Aws, setup: DeploySetup): Promise<Seen> => {
  const { config } = setup.checked;
  let caller: Caller;
  try {
    caller = await aws.account.caller();
  } catch (error) {
    return nobody([credentialsFinding(refusalOf(error))]);
  }
  const wrong = accountFinding(config.aws.account, caller.accountId);
  if (wrong.length > 0) return { ...nobody(wrong), caller };
  const [stacks, former, dns, networks] = await Promise.all([
    lookAtStacks(aws.stacks, setup),
    lookAtFormer(aws, setup, 'deploy'),
    lookAtDns(aws.zones, setup),
    lookAtNetworks(aws.account, setup),
  ]);
  const zoneId = dns.value?.zoneId ?? null;
  const [left, ending] = await Promise.all([
    lookAtLeftOvers(aws, setup, caller.accountId, stacks),
    lookAtEnding(aws, setup, stacks.found),
  ]);
  const removes = [...ending.leases, ...former.stacks];
  const [names, services, listener, permissions, promotion] = await Promise.all([
    lookAtNames(aws.stacks, setup, stacks),
    lookAtServices(setup),
    lookAtListener(setup),
    lookAtRights(aws, setup, caller, { zoneId, adopts: left.adopts, removes }),
    lookAtPromotion(setup),
  ]);
  return {
    caller,
    zoneId,
    record: dns.value?.record ?? null,
    found: new Map([...former.found, ...stacks.found]),
    adopts: left.adopts,
    removes,
    findings: [
      ...stacks.findings,
      ...former.unknown,
      ...ending.findings,
      ...names,
      ...dns.findings,
      ...networks,
      ...services,
      ...listener,
      ...serviceFindings({
        ...config.aws,
        service: setup.service,
        serves: servesIn(config),
        env: config.run.env,
        staging: config.promotion.staging,
      }),
      ...promotion,
      ...left.findings,
      ...permissions,
    ],
  };
};
