// Goal: no seeded incident breaks an invariant of the whole watch.
// Method: some seeds of each profile; `npm run sim:ci` and `npm run sim:long` go on.
import { describe, expect, it } from 'vitest';
import { PROFILE_NAMES } from '../../../sim/faults/profiles.ts';
import { runSeeds } from '../../../sim/seeds.ts';

/** A seed takes one to two seconds of one processor, a worker as much to start. `npm run sim:ci` runs more. */
const SEEDS = { default: 6, other: 1 } as const;
const WORKERS = { default: 2, other: 1 } as const;

const running = { progress: () => {}, signal: new AbortController().signal };

describe('seeds of the system level', () => {
  it.each(PROFILE_NAMES)('profile %s', { timeout: 600_000 }, async (profile) => {
    const kind = profile === 'default' ? profile : 'other';
    const last = SEEDS[kind];
    const batch = { level: 'system', profile, days: null, span: { first: 1, last } } as const;
    const tally = await runSeeds(batch, WORKERS[kind], running);
    expect(tally.failures).toEqual([]);
    expect(tally.seeds).toBe(last);
    // The watch did look: five observers at ten seconds, for twenty minutes each.
    expect(tally.probes).toBeGreaterThan(last * 400);
  });
});
