/** What an earlier deployment left that the configuration has no more: found before anything is changed. */
import { type DeployFinding, regionFinding } from '../../core/deploy/findings.ts';
import {
  chargeFindings,
  formerPlaces,
  isController,
  isElsewhere,
  leaseMoves,
  leaseRegionsIn,
  unknownFormerFindings,
} from '../../core/deploy/former.ts';
import { retainedIn } from '../../core/deploy/retained.ts';
import { judgeRemoval, judgeStack, type StackFound } from '../../core/deploy/stackState.ts';
import { type PlannedStack, stackNameOf } from '../../core/deploy/stacks.ts';
import type { StackPlace } from '../../core/regions/stackPlaces.ts';
import { controllersIn } from '../../events/watchPlanOf.ts';
import { type Aws, keyOf } from './look.ts';
import { refusalOf } from './refusal.ts';
import { readWatchIn } from './seed.ts';
import { type DeploySetup, plannedAt, stacksOf } from './setup.ts';

export type Former = {
  /** Stacks that are there and have no place in the plan, in the order of a plan. */
  readonly stacks: readonly PlannedStack[];
  /** Where there is no controller, and what one keeps may be there all the same. */
  readonly absent: readonly PlannedStack[];
  readonly found: ReadonlyMap<string, StackFound>;
  /** Regions that did not answer. */
  readonly unknown: readonly DeployFinding[];
};

export const NO_FORMER: Former = { stacks: [], absent: [], found: new Map(), unknown: [] };

type Stacks = Pick<Aws, 'stacks'>;

/** A region far from all that is deployed keeps nobody waiting. */
const LOOK_MS = 10_000;

type Looked =
  | { readonly is: 'there'; readonly place: StackPlace; readonly found: StackFound }
  | { readonly is: 'absent'; readonly place: StackPlace }
  | { readonly is: 'unknown'; readonly findings: readonly DeployFinding[] }
  | { readonly is: 'elsewhere' };

const lookAtPlace = async (
  { stacks }: Stacks,
  { service, homeRegion: home }: Pick<DeploySetup, 'service' | 'homeRegion'>,
  place: StackPlace,
): Promise<Looked> => {
  const { role, region } = place;
  try {
    const named = { name: stackNameOf(service, role), region };
    const found = await stacks.find(named, AbortSignal.timeout(LOOK_MS));
    const isWatch = role === 'failover';
    if (isWatch && isElsewhere({ region, home }, await readWatchIn(service, region))) {
      return { is: 'elsewhere' };
    }
    return judgeRemoval(found) === 'absent'
      ? { is: 'absent', place }
      : { is: 'there', place, found };
  } catch (error) {
    return { is: 'unknown', findings: unknownFormerFindings(place, refusalOf(error)) };
  }
};

/** Looked for by name in every region where it can be: nothing that a deployment stores is relied on. */
export const lookAtFormer = async (
  aws: Stacks,
  setup: DeploySetup,
  action: 'deploy' | 'destroy',
): Promise<Former> => {
  const { service, homeRegion, planned, checked } = setup;
  const places = formerPlaces(planned, homeRegion, action);
  const looked = await Promise.all(places.map((place) => lookAtPlace(aws, setup, place)));
  const there = looked.filter((each) => each.is === 'there');
  const absent = looked.flatMap((each) => (each.is === 'absent' ? [each.place] : []));
  return {
    stacks: plannedAt(
      checked.config,
      there.map(({ place }) => place),
    ),
    absent: plannedAt(checked.config, absent.filter(isController)),
    found: new Map(
      there.map(({ place: { role, region }, found }) => [
        keyOf({ name: stackNameOf(service, role), region }),
        found,
      ]),
    ),
    unknown: looked.flatMap((each) => (each.is === 'unknown' ? each.findings : [])),
  };
};

type Asked<T> = { readonly value: T | null; readonly findings: readonly DeployFinding[] };

const asked = async <T>(region: string, call: string, answer: Promise<T>): Promise<Asked<T>> => {
  try {
    return { value: await answer, findings: [] };
  } catch (error) {
    return { value: null, findings: [regionFinding(region, call, refusalOf(error))] };
  }
};

/** Whether the second one of now can be ended, where it is to be. */
const lookAtCharge = async (
  { service, homeRegion, checked: { config } }: DeploySetup,
  leaseGoes: boolean,
): Promise<readonly DeployFinding[]> => {
  const watchIn = (region: string) =>
    asked(region, 'dynamodb:GetItem', readWatchIn(service, region));
  const one = await watchIn(homeRegion);
  const shared = one.value?.plan?.controllers;
  if (one.value === null || shared === undefined) return one.findings;
  const { first, second } = shared;
  if (!leaseGoes && controllersIn(config).controllers?.second === second) return [];
  const other = await watchIn(second);
  return other.value === null
    ? other.findings
    : chargeFindings({ service, first, second }, { one: one.value, other: other.value });
};

/** What a deployment that goes on has to end before it makes anything. */
export type Ending = {
  /** The lease of the plan, where its table stands in other regions: it is made anew. */
  readonly leases: readonly PlannedStack[];
  readonly findings: readonly DeployFinding[];
};

export const lookAtEnding = async (
  { stacks }: Stacks,
  setup: DeploySetup,
  found: ReadonlyMap<string, StackFound>,
): Promise<Ending> => {
  if (setup.live === null) return { leases: [], findings: [] };
  const { controllers } = controllersIn(setup.checked.config);
  const leases: PlannedStack[] = [];
  const findings: DeployFinding[] = [];
  for (const lease of setup.planned.filter(({ role }) => role === 'lease')) {
    const state = found.get(keyOf(lease));
    const isThere = state !== undefined && judgeRemoval(state) !== 'absent';
    if (controllers === null || !isThere || judgeStack(state, lease).kind === 'blocked') continue;
    const { value, findings: refused } = await asked(
      lease.region,
      'cloudformation:GetTemplate',
      stacks.template(lease),
    );
    findings.push(...refused);
    if (value !== null && leaseMoves(leaseRegionsIn(value), controllers)) leases.push(lease);
  }
  findings.push(...(await lookAtCharge(setup, leases.length > 0)));
  return { leases, findings };
};

/** Tables and buckets that stay where stacks go, by their names. */
export const keptBy = (
  setup: DeploySetup,
  removes: readonly PlannedStack[],
  accountId: string,
): string[] =>
  stacksOf({ ...setup, planned: removes }, accountId)
    .flatMap(retainedIn)
    .map(
      ({ kind, name, region }) =>
        `${kind} ${name} in ${region}, with what the controller there did`,
    );
