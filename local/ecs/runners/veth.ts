import { readdirSync } from 'node:fs';

/**
 * Addresses of the links to task containers. 198.18.0.0/15 is reserved for benchmarks (RFC 2544), so
 * no network that a machine is in uses it. Each link has a block of four addresses; the name of its
 * device holds the block's number, which makes the kernel refuse the same block twice.
 */
const BLOCKS = 2 ** 15;
const PREFIX = 'fdrill';

export type Link = {
  readonly device: string;
  readonly hostAddress: string;
  readonly taskAddress: string;
};

const address = (offset: number): string => {
  const value = 198 * 2 ** 24 + 18 * 2 ** 16 + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
};

/** The link of block `block`, from 0 to 32767. */
export const linkOf = (block: number): Link => ({
  device: `${PREFIX}${block}`,
  hostAddress: address(block * 4 + 1),
  taskAddress: address(block * 4 + 2),
});

const devices = (): Set<string> => {
  try {
    return new Set(readdirSync('/sys/class/net'));
  } catch {
    return new Set();
  }
};

/** Hands blocks out in turn, so that one just freed rests the longest. */
export const createLinks = (firstBlock: number) => {
  const taken = new Set<number>();
  let next = firstBlock % BLOCKS;
  return {
    /** @throws RangeError when all blocks are in use. */
    take(): Link & { release(): void } {
      const present = devices();
      for (let tried = 0; tried < BLOCKS; tried += 1) {
        const block = next;
        next = (next + 1) % BLOCKS;
        const link = linkOf(block);
        if (taken.has(block) || present.has(link.device)) continue;
        taken.add(block);
        return { ...link, release: () => void taken.delete(block) };
      }
      throw new RangeError(`all ${BLOCKS} links for task containers are in use`);
    },
  };
};
