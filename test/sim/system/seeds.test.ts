// Goal: no seeded incident breaks an invariant of the whole watch.
// Method: as many seeds as continuous integration bears, on two processors; `npm run sim:long` goes on.
import { describe, expect, it } from 'vitest';
import { PROFILE_NAMES } from '../../../sim/faults/profiles.ts';
import { runSeeds } from '../../../sim/seeds.ts';

const WORKERS = 2;
/** A seed takes one to two seconds of one processor. */
const SEEDS = { default: 12, other: 1 } as const;

const running = { progress: () => {}, signal: new AbortController().signal };

describe('seeds of the system level', () => {
  it.each(PROFILE_NAMES)('profile %s', { timeout: 600_000 }, async (profile) => {
    const last = profile === 'default' ? SEEDS.default : SEEDS.other;
    const batch = { level: 'system', profile, days: null, span: { first: 1, last } } as const;
    const tally = await runSeeds(batch, WORKERS, running);
    expect(tally.failures).toEqual([]);
    expect(tally.seeds).toBe(last);
    // The watch did look: five observers at ten seconds, for twenty minutes each.
    expect(tally.probes).toBeGreaterThan(last * 400);
  });
});
