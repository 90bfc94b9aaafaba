// Goal: a bundle binds Node's own modules in every way of importing, and loads nothing that it does not use.
// Method: the real bundler over a small source, run by a process of its own that tells what Node loaded.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../../local/lambda/bundle.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-node-modules-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SOURCE = `
import http, { request } from 'node:http';
import * as dns from 'dns';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
export { join } from 'node:path';
dns.default.lookup = () => 'another';
const { basename } = await import('node:path');
await sleep(1);
console.log(JSON.stringify({
  same: http.request === request,
  whole: typeof dns.lookup,
  default: dns.default.lookup(),
  kill: constants.signals.SIGKILL,
  base: basename('/a/b'),
  second: process.moduleLoadList.some((name) => name.includes('undici')),
}));
`;

const bundleOf = async (source: string): Promise<string> => {
  const entry = path.join(folder, 'handler.ts');
  writeFileSync(entry, source);
  const outDir = path.join(folder, 'made');
  const { files } = await bundleFunctions({ entries: { hello: entry }, outDir });
  return files['hello'] ?? '';
};

describe("Node's own modules in a bundle", () => {
  it('are bound by name, as default and as a whole', async () => {
    const file = await bundleOf(SOURCE);
    const told = execFileSync(process.execPath, [file], { encoding: 'utf8' });
    expect(JSON.parse(told)).toEqual({
      ...{ same: true, whole: 'function', default: 'another', kill: 9, base: 'b' },
      // An `import` of node:http loads it.
      second: false,
    });
  });

  it('are no inputs whose change makes a bundle anew', async () => {
    const file = await bundleOf(SOURCE);
    const record = readFileSync(path.join(path.dirname(file), 'inputs.json'), 'utf8');
    expect(JSON.parse(record).inputs).toEqual([path.join(folder, 'handler.ts')]);
  });
});
