// Goal: every function bundles, and weighs at most 300 KB without the AWS SDK.
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleFunctions, bundleSizes } from '../../local/lambda/bundle.ts';

const BYTES_MAX = 300 * 1024;
const ROOT = path.resolve(import.meta.dirname, '../..');
const entries = Object.fromEntries(
  globSync('functions/*/handler.ts', { cwd: ROOT }).map((file) => [
    path.basename(path.dirname(file)),
    path.join(ROOT, file),
  ]),
);
const outDir = mkdtempSync(path.join(tmpdir(), 'bundles-'));

afterAll(() => rmSync(outDir, { recursive: true, force: true }));

describe('the bundles', () => {
  it('weigh at most 300 KB each without the AWS SDK', async () => {
    const { metafile } = await bundleFunctions({ entries, outDir, withoutSdk: true });
    const sizes = bundleSizes(metafile);
    expect(Object.keys(sizes).sort()).toEqual(Object.keys(entries).sort());
    expect(Object.keys(sizes).length).toBeGreaterThan(5);
    expect(Object.entries(sizes).filter(([, bytes]) => bytes > BYTES_MAX)).toEqual([]);
  });

  it('are made again when a source has changed, and only then', async () => {
    const source = path.join(outDir, 'source.ts');
    const part = path.join(outDir, 'part.ts');
    writeFileSync(source, "import { word } from './part.ts'; export const handler = () => word;");
    writeFileSync(part, "export const word = 'one';");
    const request = { entries: { fresh: source }, outDir: path.join(outDir, 'cached') };
    const first = await bundleFunctions(request);
    expect(first.built).toEqual(['fresh']);
    expect((await bundleFunctions(request)).built).toEqual([]);
    writeFileSync(part, "export const word = 'two';");
    expect((await bundleFunctions(request)).built).toEqual(['fresh']);
    expect(readFileSync(first.files['fresh'] ?? '', 'utf8')).toContain('"two"');
  });

  it('name file and line of a source that does not bundle', async () => {
    const source = path.join(outDir, 'broken.ts');
    writeFileSync(source, 'export const handler =\n;');
    const request = { entries: { broken: source }, outDir };
    await expect(bundleFunctions(request)).rejects.toThrow(/broken\.ts:2:0: ERROR/);
  });
});
