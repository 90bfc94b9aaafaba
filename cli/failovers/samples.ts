/** Probes that two controllers keep: an observer writes to the other one while the first does not answer. */
import type { SampleChunk } from '../../events/watchState.ts';

const startOf = ({ samples }: SampleChunk): number => samples[0]?.startMs ?? 0;

/** In the order of time, each probe once: a write that timed out may be in both places. */
export const mergedChunks = (regions: readonly (readonly SampleChunk[])[]): SampleChunk[] => {
  const [only = [], ...others] = regions;
  if (others.length === 0) return [...only];
  const seen = new Set<string>();
  return regions
    .flat()
    .sort((a, b) => startOf(a) - startOf(b))
    .map((chunk) => ({
      ...chunk,
      samples: chunk.samples.filter(({ startMs }) => {
        const key = `${chunk.observer} ${chunk.target} ${startMs}`;
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      }),
    }))
    .filter(({ samples }) => samples.length > 0);
};
