// Goal: the same code is bundled once for all data folders, and never served stale or half made.
// Method: the real bundler over small sources in a folder of the test.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyOf, PLUGIN_FILES } from '../../../local/lambda/bundle.ts';
import { keptBundles } from '../../../local/lambda/bundleStore.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';

const NOW_MS = Date.now();
const DAY_MS = 86_400_000;

let folder: string;
let store: string;
let entry: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-bundles-'));
  store = path.join(folder, 'store');
  entry = path.join(folder, 'handler.ts');
  writeFileSync(entry, "import { word } from './word.ts';\nexport const handler = () => word;\n");
  say('one');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const say = (word: string) =>
  writeFileSync(path.join(folder, 'word.ts'), `export const word = '${word}';\n`);

const bundle = async (nowMs = NOW_MS): Promise<string> =>
  (await keptBundles(store, { hello: entry }, nowMs))['hello'] ?? '';

const said = async (file: string): Promise<unknown> =>
  (await import(pathToFileURL(file).href)).handler();

describe('kept bundles', () => {
  it('are made once, and again when a source changes', async () => {
    const first = await bundle();
    expect(await said(first)).toBe('one');
    expect(await bundle()).toBe(first);
    say('two');
    const second = await bundle();
    expect(second).not.toBe(first);
    expect(await said(second)).toBe('two');
    // Who runs the old one still can.
    expect(existsSync(first)).toBe(true);
    say('one');
    expect(await bundle()).toBe(first);
  });

  it('are others where a plugin of the bundler is another', async () => {
    const plugin = path.join(folder, 'plugin.ts');
    const keyWith = (code: string): Promise<string> => {
      writeFileSync(plugin, code);
      return keyOf(entry, [entry], [plugin]);
    };
    const before = await keyWith('a');
    expect(await keyWith('b')).not.toBe(before);
    expect(await keyWith('a')).toBe(before);
  });

  it('are named by all files that the bundler is made of', () => {
    const importsOf = (file: string): string[] =>
      [...readFileSync(file, 'utf8').matchAll(/^import .* from '(\.{1,2}\/.*)';$/gm)].map(
        ([, name = '']) => path.resolve(path.dirname(file), name),
      );
    const bundler = path.join(PROJECT_FOLDER, 'local/lambda/bundle.ts');
    const imported = new Set([bundler, ...PLUGIN_FILES].flatMap(importsOf));
    expect([...imported].sort()).toEqual([...PLUGIN_FILES].sort());
  });

  it('are whole, also when several ask at once', async () => {
    const files = await Promise.all([bundle(), bundle(), bundle()]);
    expect(new Set(files).size).toBe(1);
    expect(await said(files[0] ?? '')).toBe('one');
    expect(readdirSync(store).filter((name) => name.startsWith('unfinished'))).toEqual([]);
  });

  it('are refused in a line where their folder cannot be made', async () => {
    writeFileSync(store, '');
    const below = path.join(store, 'bundles');
    await expect(keptBundles(below, { hello: entry }, NOW_MS)).rejects.toThrow(
      `functions cannot be kept in ${below}: something else has that name (EEXIST at ${store}). Name another cache with XDG_CACHE_HOME`,
    );
  });

  it('are removed when nobody has asked for two weeks', async () => {
    const first = await bundle();
    const place = path.dirname(path.dirname(first));
    utimesSync(place, new Date(NOW_MS - 15 * DAY_MS), new Date(NOW_MS - 15 * DAY_MS));
    say('two');
    await bundle();
    expect(existsSync(first)).toBe(false);
  });

  it('name file and line of a source that does not bundle', async () => {
    mkdirSync(store, { recursive: true });
    writeFileSync(entry, 'export const = 1;\n');
    await expect(bundle()).rejects.toThrow(/handler\.ts:1:/);
    expect(readdirSync(store)).toEqual([]);
  });
});
