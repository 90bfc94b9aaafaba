// Goal: what `npm run package` writes is what Lambda needs, and the same sources give the same bytes.
// Method: package into a folder of this test, twice; run a handler out of its archive.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionEntries, type Packaged, packageFunctions } from '../../scripts/package.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'archives-'));
const outDir = path.join(folder, 'build');
let packaged: Packaged[];

beforeAll(async () => {
  packaged = await packageFunctions(outDir);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the archives', () => {
  it('are one for each function, far below what Lambda takes', () => {
    expect(packaged.map(({ name }) => name)).toEqual(Object.keys(functionEntries()));
    for (const { bytes } of packaged) expect(bytes).toBeLessThan(2_000_000);
  });

  it('are the same bytes for the same sources', async () => {
    const bytesOf = () => packaged.map(({ file }) => readFileSync(file).toString('base64'));
    const before = bytesOf();
    rmSync(outDir, { recursive: true });
    await packageFunctions(outDir);
    expect(bytesOf()).toEqual(before);
  });

  it('hold a handler that runs from any folder, with nothing beside it', async () => {
    const { file } = packaged.find(({ name }) => name === 'rank') ?? { file: '' };
    const entries = unzipSync(readFileSync(file));
    expect(Object.keys(entries).sort()).toEqual(['handler.mjs', 'handler.mjs.map']);
    const elsewhere = path.join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const bundle = path.join(elsewhere, 'handler.mjs');
    for (const [name, bytes] of Object.entries(entries)) {
      writeFileSync(path.join(elsewhere, name), bytes);
    }
    const { handler } = await import(pathToFileURL(bundle).href);
    const context = { getRemainingTimeInMillis: () => 5_000 };
    await expect(handler({ drillId: 'drill-1' }, context)).rejects.toMatchObject({
      name: 'ConfigInvalid',
      message: expect.stringMatching(/^environment of the function: TABLE: .*BUCKET: /),
    });
  });
});
