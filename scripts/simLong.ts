/**
 * The long simulation: a million seeds of decisions, and then as many of the whole system as it is
 * given hours. `npm run sim:long -- --hours 6 --shard 3/8` is the third of eight parts of both; each
 * part has seeds of its own.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT_FOLDER } from './package.ts';

const SEEDS = '1..1000000';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '1' },
    shard: { type: 'string', default: '1/1' },
    profile: { type: 'string', default: 'default' },
    parallel: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const { hours, shard, profile, parallel, json } = values;

const simulate = (...level: string[]): number => {
  const many = ['--seeds', SEEDS, '--shard', shard, '--profile', profile];
  const workers = ['--parallel', ...(parallel === undefined ? [] : [parallel])];
  const asked = ['sim', ...level, ...many, ...workers, ...(json ? ['--json'] : [])];
  const cli = path.join(PROJECT_FOLDER, 'cli/main.ts');
  return spawnSync(process.execPath, [cli, ...asked], { stdio: 'inherit' }).status ?? 1;
};

const ends = [simulate('--level', 'decision'), simulate('--level', 'system', '--hours', hours)];
process.exitCode = Math.max(...ends);
