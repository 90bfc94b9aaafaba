/** Which stacks a deployment makes, what is in each, and in which order. */
import type { StackPlace } from '../regions/stackPlaces.ts';

export type PlannedStack = StackPlace & {
  readonly name: string;
  /** How many resources of each type, most first. */
  readonly resources: readonly { readonly type: string; readonly count: number }[];
};

/** As serverless.yml names it. */
export const stackNameOf = (service: string, role: string): string =>
  `failover-drill-${service}-${role}`;

const FUNCTION = 'AWS::Lambda::Function';

/** What osls adds to a template: a place for its archives, and a log group for each function. */
const addedByOsls = (types: readonly string[]): string[] => [
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  ...types.filter((type) => type === FUNCTION).map(() => 'AWS::Logs::LogGroup'),
];

const counted = (types: readonly string[]): PlannedStack['resources'] =>
  [...new Set(types)]
    .map((type) => ({ type, count: types.filter((each) => each === type).length }))
    .sort((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1));

/** `typesIn` are the types of all resources that the templates name for a place, each as often as it is there. */
export const planStacks = (
  service: string,
  places: readonly StackPlace[],
  typesIn: (place: StackPlace) => readonly string[],
): PlannedStack[] =>
  places.map((place) => {
    const types = typesIn(place);
    return {
      ...place,
      name: stackNameOf(service, place.role),
      resources: counted([...types, ...addedByOsls(types)]),
    };
  });

/** Stacks that need nothing of each other, one after another: those of one role in several regions. */
export const wavesOf = <T extends StackPlace>(stacks: readonly T[]): T[][] => {
  const waves: T[][] = [];
  for (const stack of stacks) {
    const last = waves.at(-1);
    if (last?.[0]?.role === stack.role) last.push(stack);
    else waves.push([stack]);
  }
  return waves;
};

/** The last one made goes first: nothing is left without what it names. */
export const inReverse = <T extends StackPlace>(stacks: readonly T[]): T[] => [...stacks].reverse();
