/** Draws a number in [0, 1). Passed in, so that a seed repeats a run. */
export type Random = () => number;

/** A version 4 UUID drawn from the given source. */
export const randomUuid = (random: Random): string => {
  const hex8 = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [hex8(), hex8(), hex8(), hex8()];
  const variant = '89ab'[Number.parseInt(c.charAt(0), 16) % 4];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
};

/** A repeatable source: the mulberry32 generator. The same seed gives the same numbers. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};
