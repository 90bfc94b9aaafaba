/** Seeded noise for simulations. */
import { type SeedPart, seededRandom } from '../../core/random.ts';

/** Standard normal numbers (Box and Muller); the same seed gives the same. */
export const normals = (...seed: readonly SeedPart[]): (() => number) => {
  const random = seededRandom(...seed);
  return () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
};
