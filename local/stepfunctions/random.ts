/** Draws a number in [0, 1). Passed in, so that a seed repeats a run. */
export type Random = () => number;

/** A version 4 UUID drawn from the given source. */
export const randomUuid = (random: Random): string => {
  const hex = Array.from({ length: 32 }, (_, i) => {
    if (i === 12) return '4';
    const digit = Math.floor(random() * 16);
    return (i === 16 ? 8 + (digit % 4) : digit).toString(16);
  }).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
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
