// Goal: what `npm run package` writes is what Lambda needs, and the same sources give the same bytes.
// Method: package into a folder of this test, twice; run a handler out of its archive.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionEntries, type Packaged, packageFunctions } from '../../scripts/package.ts';

/** Calls a handler as Lambda does, without settings, and tells what it threw. */
const CALL = `
const { handler } = await import('file://' + process.argv[1]);
const thrown = await handler({ drillId: 'drill-1' }, { getRemainingTimeInMillis: () => 5_000 }).catch((e) => e);
const { name, message, stack } = thrown;
console.log(JSON.stringify({ name, message, stack }));
`;

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
    const told = execFileSync(process.execPath, ['--input-type=module', '-e', CALL, bundle], {
      encoding: 'utf8',
      env: { POWERTOOLS_LOG_LEVEL: 'SILENT' },
    });
    expect(JSON.parse(told)).toEqual({
      name: 'ConfigInvalid',
      message: expect.stringMatching(/^environment of the function: TABLE: .*BUCKET: /),
      // Where its sources say, and not where the bundle has it.
      stack: expect.stringMatching(/\n {4}at readEnv \([\w./-]*functions\/_env\.ts:\d+:\d+\)\n/),
    });
  });
});
