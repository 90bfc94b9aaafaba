// Goal: every function bundles, is whole, and weighs at most 300 KB without the AWS SDK.
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunctions, bundleWeights } from '../../local/lambda/bundle.ts';
import { LEFT_OUT } from '../../local/lambda/sdkOnUse.ts';

const OWN_BYTES_MAX = 300 * 1024;
const BYTES_MAX = 700 * 1024;
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
  let metafile: Metafile;
  beforeAll(async () => {
    ({ metafile } = await bundleFunctions({ entries, outDir }));
  });

  it('weigh at most 300 KB each without the AWS SDK, and at most 700 KB with it', () => {
    const weights = bundleWeights(metafile);
    expect(Object.keys(weights).sort()).toEqual(Object.keys(entries).sort());
    expect(Object.keys(weights).length).toBeGreaterThan(5);
    const heavy = Object.entries(weights).filter(
      ([, { bytes, ownBytes }]) => ownBytes > OWN_BYTES_MAX || bytes > BYTES_MAX,
    );
    expect(heavy).toEqual([]);
  });

  it("ask for nothing where they run but Node's own modules, and what no function comes to", () => {
    const asked = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    const packages = asked.map(({ path: name }) => name).filter((name) => !isBuiltin(name));
    expect([...new Set(packages)]).toEqual(LEFT_OUT);
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
