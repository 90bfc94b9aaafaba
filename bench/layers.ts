// A layer read as inspect-images reads it, beside GNU tar listing it: 4,000 files, 120 MB unpacked.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import type { TarEntry } from '../core/images/tar.ts';
import { wasteOf } from '../core/images/waste.ts';
import { readLayers } from '../functions/inspect-images/readLayers.ts';
import { printTimings } from './measure.ts';

const FILES = 4_000;
const FILE_BYTES = 30_000;
const TURNS = 7;

const folder = mkdtempSync(path.join(tmpdir(), 'bench-layers-'));
const tree = path.join(folder, 'tree');
for (let at = 0; at < FILES; at++) {
  const home = path.join(tree, 'usr/lib', `package-${at % 200}`);
  mkdirSync(home, { recursive: true });
  // Half of it can be compressed, as in real layers.
  const half = randomBytes(FILE_BYTES / 4).toString('hex');
  writeFileSync(path.join(home, `file-${at}.js`), half.padEnd(FILE_BYTES, 'abcdefgh'));
}
const archive = path.join(folder, 'layer.tar.gz');
execFileSync('tar', ['-C', tree, '-czf', archive, '.']);

const layer = {
  digest: 'sha256:1',
  compressedBytes: statSync(archive).size,
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
};
const registry = { open: async () => createReadStream(archive) };

const readOnce = async (): Promise<readonly TarEntry[]> => {
  const { read } = await readLayers(registry, 'bench', [layer], new AbortController().signal);
  return read.get(layer.digest)?.entries ?? [];
};

const times = { ours: [] as number[], tar: [] as number[], waste: [] as number[] };
const timed = async (into: number[], work: () => unknown): Promise<void> => {
  const start = performance.now();
  await work();
  into.push((performance.now() - start) * 1e6);
};
const entries = await readOnce();
if (entries.filter(({ kind }) => kind === 'file').length !== FILES)
  throw new Error('files are missing');
for (let turn = 0; turn < TURNS; turn++) {
  await timed(times.ours, readOnce);
  await timed(times.tar, () => execFileSync('tar', ['-tvzf', archive]));
  await timed(times.waste, () => wasteOf([entries, entries, entries]));
}
rmSync(folder, { recursive: true });

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

printTimings(`a layer of ${Math.round(layer.compressedBytes / 1e6)} MB, read whole`, [
  { name: 'failover', medianNs: medianOf(times.ours) },
  { name: 'tar -tvzf', medianNs: medianOf(times.tar) },
]);
printTimings('waste of three such layers', [{ name: 'failover', medianNs: medianOf(times.waste) }]);
