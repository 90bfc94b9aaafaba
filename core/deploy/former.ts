/**
 * What an earlier deployment left where the configuration has no place for it any more: stacks of controllers, of observers,
 * of heartbeats. Found by their fixed names wherever they can be, so that they are found as well after a deployment that
 * was cut short.
 */
import { mayBeAlone } from '../failover/charge.ts';
import type { Controllers } from '../failover/controllers.ts';
import type { State } from '../failover/states.ts';
import { listOf, treeOf } from '../lint/model.ts';
import { regionNames } from '../regions/regions.ts';
import type { StackPlace } from '../regions/stackPlaces.ts';
import { STRONG_SETS } from '../regions/strongSets.ts';
import { type DeployFinding, FORBIDDEN, firstLine, NOT_ENABLED, type Refusal } from './findings.ts';

/** Roles of stacks that only tell others, in any region: one too many is missed by nobody. */
const TELLERS = ['heartbeat', 'watcher'];
/** The switch stays where it was made, whatever the plan says, until all of it goes. */
const WITH_THE_REST = ['switch'];

/** A controller may not go but in an order with the others. */
export const isController = ({ role }: Pick<StackPlace, 'role'>): boolean =>
  role === 'lease' || role === 'failover';

/**
 * Where stacks may be that `planned` has no place for, beside those that a drill needs. A second controller shares a
 * strongly consistent table with the one at home, so it is in a region of the same set. None where nothing is watched
 * from `home`.
 */
export const formerPlaces = (
  planned: readonly StackPlace[],
  home: string,
  action: 'deploy' | 'destroy',
): StackPlace[] => {
  const isPlanned = ({ role, region }: StackPlace): boolean =>
    planned.some((each) => each.role === role && each.region === region);
  if (!isPlanned({ role: 'failover', region: home })) return [];
  const set = STRONG_SETS.find((each) => each.includes(home)) ?? [];
  const anywhere = action === 'destroy' ? [...WITH_THE_REST, ...TELLERS] : TELLERS;
  return [
    { role: 'lease', region: home },
    ...set.filter((region) => region !== home).map((region) => ({ role: 'failover', region })),
    ...anywhere.flatMap((role) => regionNames.map((region) => ({ role, region }))),
  ].filter((place) => !isPlanned(place));
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

/** Nothing of a region where whoever deploys may do nothing, unless a controller could be there. */
export const unknownFormerFindings = (place: StackPlace, refusal: Refusal): DeployFinding[] => {
  const { role, region } = place;
  const { name, message } = refusal;
  if (!isController(place) && [...FORBIDDEN, ...NOT_ENABLED].includes(name)) return [];
  return [
    {
      check: 'not-answered',
      severity: 'warn',
      what: `whether a stack ${role} of an earlier deployment is left in ${region} is not known: ${name}: ${firstLine(message)}`,
      remedy: 'nothing is removed there; the same command looks again',
    },
  ];
};
