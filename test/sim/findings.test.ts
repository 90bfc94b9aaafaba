// Goal: what the simulation once found stays fixed.
// Method: the seeds of docs/sim-findings.md, by name, and a slice of every profile.
import { describe, expect, it } from 'vitest';
import { setupOf } from '../../sim/decision/setup.ts';
import { simulate } from '../../sim/decision/simulate.ts';
import { incidentTrace } from '../../sim/faults/generate.ts';
import { PROFILE_NAMES, type ProfileName } from '../../sim/faults/profiles.ts';

const violation = (profile: ProfileName, seed: number) =>
  simulate(incidentTrace({ seed: `${seed}`, profile }), { setup: setupOf(`${seed}`) }).violation;

describe('what was found', () => {
  it.each([
    ['observers that come back with old opinions', 'observers', [5, 35, 50, 71, 137]],
    ['a clock that is set back', 'clock', [94, 148]],
    ['a clock that is set back while both regions are down', 'both', [32]],
    ['a flip that takes effect after it was given up', 'calls', [9, 16, 35, 127, 132]],
    ['a standby that is up on one continent only', 'default', [695]],
  ] as const)('%s', (_, profile, seeds) => {
    for (const seed of seeds) expect([seed, violation(profile, seed)]).toEqual([seed, null]);
  });

  it.each(PROFILE_NAMES)('nothing more in thirty seeds of profile %s', (profile) => {
    for (let seed = 1; seed <= 30; seed++) {
      expect([seed, violation(profile, seed)]).toEqual([seed, null]);
    }
  });
});
