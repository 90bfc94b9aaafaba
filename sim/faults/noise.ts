/**
 * Noise without a stream: a number that depends on where and when alone. So what one probe meets
 * does not depend on how many others there were, and a fault that is taken out of a trace leaves
 * everything else as it was.
 */
import { seededRandom } from '../../core/random.ts';

/** A number from 0 up to, not including, 1. */
export type Noise = (who: number, atMs: number, draw: number) => number;

const LOW = 2 ** 32;

/** The mixing steps of MurmurHash3 over three words and the high part of the time. */
const mixed = (hash: number, word: number): number => {
  let k = Math.imul(word, 0xcc9e_2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b87_3593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe654_6b64) | 0;
};

export const noiseOf = (seed: string): Noise => {
  const start = seededRandom('noise', seed).uint32();
  return (who, atMs, draw) => {
    let h = mixed(start, who * 31 + draw);
    h = mixed(h, atMs | 0);
    h = mixed(h, Math.floor(atMs / LOW));
    h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
    return ((h ^ (h >>> 16)) >>> 0) / LOW;
  };
};
