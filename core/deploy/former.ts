/**
 * What an earlier deployment left of two controllers where the configuration has others, or one: found by its fixed names
 * in the few regions where it can be, so that it is found as well after a deployment that was cut short.
 */
import { mayBeAlone } from '../failover/charge.ts';
import type { Controllers } from '../failover/controllers.ts';
import type { State } from '../failover/states.ts';
import { listOf, treeOf } from '../lint/model.ts';
import type { StackPlace } from '../regions/stackPlaces.ts';
import { STRONG_SETS } from '../regions/strongSets.ts';
import { type DeployFinding, firstLine, type Refusal } from './findings.ts';

/**
 * Where stacks of controllers may be that `planned` has no place for. A second controller shares a strongly
 * consistent table with the one at home, so it is in a region of the same set. None where nothing is watched from `home`.
 */
export const formerPlaces = (planned: readonly StackPlace[], home: string): StackPlace[] => {
  const isPlanned = (role: string, region: string): boolean =>
    planned.some((each) => each.role === role && each.region === region);
  if (!isPlanned('failover', home)) return [];
  const set = STRONG_SETS.find((each) => each.includes(home)) ?? [];
  return [
    { role: 'lease', region: home },
    ...set.filter((region) => region !== home).map((region) => ({ role: 'failover', region })),
  ].filter(({ role, region }) => !isPlanned(role, region));
};

/** What the table of a watch says in a region: null where a plan was taken away, or never came. */
export type WatchFound = {
  readonly plan: {
    readonly controllers?: { readonly first: string; readonly second: string };
  } | null;
  readonly state: Pick<State, 'charge' | 'epoch'> | null;
};

/**
 * Whether what a region knows is a watch of its own, for another home, and not ours to end. One that was the second of two
 * says so in its state after its plan was taken away.
 */
export const isElsewhere = (
  { region, home }: { readonly region: string; readonly home: string },
  { plan, state }: WatchFound,
): boolean => {
  if (plan === null) return state !== null && state.charge?.held !== false;
  return plan.controllers?.first !== home || plan.controllers.second !== region;
};

const regionsOf = (list: unknown): string[] =>
  listOf(list).flatMap((each) => {
    const region = treeOf(each)['Region'];
    return typeof region === 'string' ? [region] : [];
  });

/** Regions of the lease's table by the template that its stack was made of: copies first, the third one last. */
export const leaseRegionsIn = (template: unknown): string[] => {
  const resource = treeOf(treeOf(treeOf(template)['Resources'])['LeaseTable']);
  const { Replicas, GlobalTableWitnesses } = treeOf(resource['Properties']);
  return [...regionsOf(Replicas), ...regionsOf(GlobalTableWitnesses)];
};

/** DynamoDB changes no region of such a table: where one is another, the table is made anew. It keeps no evidence. */
export const leaseMoves = (regions: readonly string[], wanted: Controllers): boolean => {
  const { first, second, third } = wanted;
  return regions.length > 0 && regions.join() !== [first, second, third].join();
};

type Ending = { readonly service: string; readonly first: string; readonly second: string };

/** Why the second of two may not be ended now, nor their lease taken away. */
export const chargeFindings = (
  { service, first, second }: Ending,
  { one, other }: { readonly one: WatchFound; readonly other: WatchFound },
): DeployFinding[] => {
  const found = (what: string, remedy: string): DeployFinding[] => [
    { check: 'second-in-charge', severity: 'stop', what, remedy },
  ];
  if (other.state?.charge?.held === true) {
    return found(
      `the controller in ${second} is in charge of ${service}, and by this configuration loses its place or its lease`,
      `put ${first} in charge first, by the configuration as it was: failover hand-over --on aws`,
    );
  }
  if (mayBeAlone(one.state, other.state)) return [];
  return found(
    `the controller in ${first} is to go on with ${service} alone, and has not taken charge yet`,
    'it does within a minute: the same command again, then',
  );
};

export const unknownFormerFinding = (
  { role, region }: StackPlace,
  { name, message }: Refusal,
): DeployFinding => ({
  check: 'not-answered',
  severity: 'warn',
  what: `whether a stack ${role} of an earlier deployment is left in ${region} is not known: ${name}: ${firstLine(message)}`,
  remedy: 'nothing is removed there; the same command looks again',
});
