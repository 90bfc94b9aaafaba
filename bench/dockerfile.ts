// Dockerfiles read and judged in a second, beside dockerfilelint, which has no stage graph.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import dockerfilelint from 'dockerfilelint';
import { readDockerfile } from '../cli/dockerfile/read.ts';
import { findingsOf } from '../core/dockerfile/findings.ts';
import { measure, printTimings } from './measure.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const all = [
  'examples/shop/Dockerfile',
  ...globSync('test/unit/dockerfile/shapes/*.Dockerfile', { cwd: ROOT }).sort(),
].map((file) => readFileSync(path.join(ROOT, file), 'utf8'));

/** dockerfilelint throws for a HEALTHCHECK without options, among others: such files are left out for all. */
const isReadByBoth = (text: string): boolean => {
  try {
    dockerfilelint.run('', text);
    return true;
  } catch {
    return false;
  }
};
const texts = all.filter(isReadByBoth);
console.log(`dockerfilelint fails on ${all.length - texts.length} of ${all.length} Dockerfiles`);

const judge = (text: string) => {
  const dockerfile = readDockerfile(text, 'Dockerfile');
  const target = String(dockerfile.stages.length - 1);
  return findingsOf(dockerfile, [{ id: 'last', target, args: {} }]);
};

const timings = measure(
  [
    { name: 'failover, read and judged', units: texts.length, run: () => texts.map(judge) },
    {
      name: 'failover, read alone',
      units: texts.length,
      run: () => texts.map((text) => readDockerfile(text, 'Dockerfile')),
    },
    {
      name: 'dockerfilelint',
      units: texts.length,
      run: () => texts.map((text) => dockerfilelint.run('', text)),
    },
  ],
  9,
);
printTimings(`${texts.length} Dockerfiles, time for one`, timings);
for (const { name, medianNs } of timings) {
  console.log(`  ${name.padEnd(34)} ${Math.round(1e9 / medianNs)} a second`);
}
