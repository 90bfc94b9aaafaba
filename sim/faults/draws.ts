/** Draws from a seeded stream, for generators of traces. */
import type { Random } from '../../core/random.ts';

export const between = (random: Random, low: number, high: number): number =>
  Math.round(low + (high - low) * random.unit());

/** As likely between 1 and 10 as between 10 and 100: for spans that range over magnitudes. */
export const magnitude = (random: Random, low: number, high: number): number =>
  Math.round(low * (high / low) ** random.unit());

export const chance = (random: Random, share: number): boolean => random.unit() < share;

export const pick = <Item>(random: Random, items: readonly Item[]): Item => {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
};

/** `count` of the items, each at most once. */
export const some = <Item>(random: Random, items: readonly Item[], count: number): Item[] => {
  const left = [...items];
  const taken: Item[] = [];
  while (taken.length < count && left.length > 0) {
    taken.push(...left.splice(random.below(left.length), 1));
  }
  return taken;
};

/** One of the keys, by weight; the order of the keys is part of the draw. */
export const weighted = <Key extends string>(
  random: Random,
  weights: Readonly<Partial<Record<Key, number>>>,
  keys: readonly Key[],
): Key => {
  const total = keys.reduce((sum, key) => sum + (weights[key] ?? 0), 0);
  let left = total * random.unit();
  for (const key of keys) {
    left -= weights[key] ?? 0;
    if (left < 0) return key;
  }
  throw new RangeError('no weight is above 0');
};

/** Time to the next of events that come at random, `meanMs` apart on average. */
export const waitMs = (random: Random, meanMs: number): number =>
  Math.round(-meanMs * Math.log(1 - random.unit()));
