// Runs every benchmark beside this file, one after the other, each in a process of its own.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Parts that benchmarks share, this file, and the far ends that benchmarks start. */
const NOT_A_BENCHMARK = /^(all|measure|.*-peer)\.ts$/;

const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && !NOT_A_BENCHMARK.test(name))
  .sort();

const failed = files.filter((name) => {
  console.log(`\n== ${name.replace('.ts', '')}`);
  const file = path.join(import.meta.dirname, name);
  const { status } = spawnSync(process.execPath, [file], { stdio: 'inherit' });
  return status !== 0;
});

if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
