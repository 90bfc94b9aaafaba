/**
 * The simulation as continuous integration runs it: 300 seeds of the whole system in the default
 * profile, 30 in each other, and 20,000 of the rules alone. `npm run sim:ci -- --shard 2/4` is a
 * part of each, for machines that do them side by side.
 */
import { parseArgs } from 'node:util';
import { PROFILE_NAMES } from '../sim/faults/profiles.ts';
import { type Seeds, simulate } from './simulate.ts';

const { values } = parseArgs({ options: { shard: { type: 'string', default: '1/1' } } });
const { shard } = values;

const decisions: Seeds = { level: 'decision', profile: 'default', seeds: '1..20000', shard };
const systems = PROFILE_NAMES.map((profile): Seeds => {
  const last = profile === 'default' ? 300 : 30;
  return { level: 'system', profile, seeds: `1..${last}`, shard };
});

const ends = [decisions, ...systems].map((seeds) => simulate(seeds, ['--parallel']));
process.exitCode = Math.max(...ends);
