/** Anything that tells one seeded stream from another: a drill id, a round, a cell. */
export type SeedPart = string | number;

/** A stream of pseudo-random numbers. Two streams of the same seed give the same numbers. */
export type Random = {
  /** A whole number from 0 to 2^32 - 1. */
  readonly uint32: () => number;
  /** A number from 0 up to, not including, 1. */
  readonly unit: () => number;
  /** A whole number from 0 up to, not including, `limit` (at most 2^32); every one as likely. */
  readonly below: (limit: number) => number;
};

const UINT32 = 2 ** 32;
const WARM_UP_DRAWS = 16;

/**
 * Chris Doty-Humphrey's sfc32 generator (PractRand), seeded from the text of the seed parts. Not for
 * secrets.
 */
export const seededRandom = (...seed: readonly SeedPart[]): Random => {
  const text = JSON.stringify(seed);
  let a = hash32(text, 0x9e37_79b9);
  let b = hash32(text, 0x243f_6a88);
  let c = hash32(text, 0xb7e1_5162);
  let counter = 1;

  const uint32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let draw = 0; draw < WARM_UP_DRAWS; draw++) uint32();

  const below = (limit: number): number => {
    // Draws above the last whole multiple of `limit` would favour small results.
    const fair = UINT32 - (UINT32 % limit);
    let draw = uint32();
    while (draw >= fair) draw = uint32();
    return draw % limit;
  };
  const unit = (): number => ((uint32() >>> 5) * 0x400_0000 + (uint32() >>> 6)) / 2 ** 53;
  return { uint32, unit, below };
};

/** FNV-1a over UTF-16 code units, with an offset of its own per stream and a final mix. */
const hash32 = (text: string, offset: number): number => {
  let hash = offset;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
};

/** A copy of `items` in random order (Fisher-Yates); the same seed gives the same order. */
export const shuffle = <Item>(seed: readonly SeedPart[], items: readonly Item[]): Item[] => {
  const random = seededRandom(...seed);
  const left = [...items];
  const shuffled: Item[] = [];
  while (left.length > 0) shuffled.push(...left.splice(random.below(left.length), 1));
  return shuffled;
};

/**
 * The order in which a round visits the arms in one cell. It depends on the set of arms, not on the
 * order in which they are listed, so that a plan replays from its seed alone.
 */
export const orderOfArms = (
  seed: SeedPart,
  round: number,
  cell: { readonly region: string; readonly vantage: string },
  armIds: readonly string[],
): string[] => shuffle([seed, round, cell.region, cell.vantage], [...armIds].sort());
