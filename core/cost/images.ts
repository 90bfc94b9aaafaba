/** What it costs to keep the images that drills have built. */
import type { Item } from './prices.ts';

export type ImageShelf = {
  /** Each keeps all of them, so that none needs another to start a task. */
  readonly regions: number;
  /** Images that the registry of a region keeps; older ones expire. */
  readonly kept: number;
  /** Compressed. Layers that images share are billed once: this counts them each time, so the sum is the most. */
  readonly imageMb: number;
};

const MB_PER_GB = 1_024;

export const imageItems = ({ regions, kept, imageMb }: ImageShelf): Item[] => [
  {
    part: 'images',
    what: 'kept in each serving region',
    price: 'ecrGbMonth',
    units: (regions * kept * imageMb) / MB_PER_GB,
  },
];
