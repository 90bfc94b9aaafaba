/**
 * The long simulation: a million seeds of decisions, and then as many of the whole system as it is
 * given hours. `npm run sim:long -- --hours 6 --shard 3/8` is the third of eight parts of both; each
 * part has seeds of its own.
 */
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { PROFILE_NAMES } from '../sim/faults/profiles.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '1' },
    shard: { type: 'string', default: '1/1' },
    profile: { type: 'string', default: 'default' },
    parallel: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const { hours, shard, parallel, json } = values;
const profile = z.enum(PROFILE_NAMES).parse(values.profile);

const seeds = { profile, seeds: '1..1000000', shard };
const further = [
  ...['--parallel', ...(parallel === undefined ? [] : [parallel])],
  ...(json ? ['--json'] : []),
];
const ends = [
  simulate({ level: 'decision', ...seeds }, further),
  simulate({ level: 'system', ...seeds }, [...further, '--hours', hours]),
];
process.exitCode = Math.max(...ends);
