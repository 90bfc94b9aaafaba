/**
 * Bundles kept for all data folders of a user: the same code is bundled once. A bundle stands in a
 * folder named by all it depends on, is put there whole, and never changes. What Node compiles of it
 * when it is run is kept in the same folder.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { makeFolder, whyNoFolder } from '../state/makeFolder.ts';
import { BundleRecord, bundleFunctions, keyOf, RECORD } from './bundle.ts';

const FILE = 'handler.mjs';
const INPUTS = 'inputs';
const UNFINISHED = 'unfinished-';
/** A bundle that nobody has asked for in this time is removed. */
const KEPT_MS = 14 * 86_400_000;

const makeBundleFolder = (folder: string): void => {
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    const why = whyNoFolder(folder, error);
    if (why === undefined) throw error;
    const found = `functions cannot be kept in ${folder}: ${why}`;
    throw new DrillError('InputInvalid', `${found}. Name another cache with XDG_CACHE_HOME`);
  }
};

const recordIn = async (file: string): Promise<BundleRecord | undefined> => {
  try {
    return BundleRecord.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
};

/** The bundle of a function as its sources are now; undefined when it was never made. */
const find = async (
  folder: string,
  name: string,
  entry: string,
  nowMs: number,
): Promise<string | undefined> => {
  const record = await recordIn(path.join(folder, INPUTS, `${name}.json`));
  if (!record?.inputs.includes(entry)) return undefined;
  let key: string;
  try {
    key = await keyOf(entry, record.inputs);
  } catch {
    // A source that is gone: it has to be bundled anew.
    return undefined;
  }
  const file = path.join(folder, key, name, FILE);
  if (!existsSync(file)) return undefined;
  const now = new Date(nowMs);
  await utimes(path.join(folder, key), now, now).catch(() => undefined);
  return file;
};

/** Another process may have put the same bundle there first. */
const moveInto = async (from: string, to: string): Promise<void> => {
  await mkdir(path.dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    if (!existsSync(path.join(to, FILE))) throw error;
  }
};

const keep = async (folder: string, made: string, name: string): Promise<string> => {
  const record = await recordIn(path.join(made, name, RECORD));
  if (record === undefined) throw new Error(`the bundle of ${name} has no record of its inputs`);
  const place = path.join(folder, record.key, name);
  const inputs = path.join(made, `${name}.json`);
  await writeFile(inputs, JSON.stringify(record));
  await moveInto(path.join(made, name), place);
  await mkdir(path.join(folder, INPUTS), { recursive: true });
  await rename(inputs, path.join(folder, INPUTS, `${name}.json`));
  return path.join(place, FILE);
};

const removeOld = async (folder: string, nowMs: number): Promise<void> => {
  const oldestMs = nowMs - KEPT_MS;
  for (const name of await readdir(folder)) {
    const place = path.join(folder, name);
    const seen = await stat(place).catch(() => undefined);
    if (name === INPUTS || seen === undefined || seen.mtimeMs > oldestMs) continue;
    await rm(place, { recursive: true, force: true });
  }
};

/**
 * Path of each function's bundle by its name, from `folder` or made now.
 * @throws esbuild's BuildFailure, whose message names file and line, when a source does not bundle.
 */
export const keptBundles = async (
  folder: string,
  entries: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<Readonly<Record<string, string>>> => {
  const files: Record<string, string> = {};
  const stale: Record<string, string> = {};
  const named = Object.entries(entries).map(([name, file]) => ({
    name,
    entry: path.resolve(file),
  }));
  const found = await Promise.all(named.map(({ name, entry }) => find(folder, name, entry, nowMs)));
  for (const [at, { name, entry }] of named.entries()) {
    const file = found[at];
    if (file === undefined) stale[name] = entry;
    else files[name] = file;
  }
  if (Object.keys(stale).length === 0) return files;
  // What is kept here is run: it must be the user's own.
  makeBundleFolder(folder);
  const made = path.join(folder, `${UNFINISHED}${randomUUID()}`);
  try {
    await bundleFunctions({ entries: stale, outDir: made });
    for (const name of Object.keys(stale)) files[name] = await keep(folder, made, name);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  await removeOld(folder, nowMs);
  return files;
};
