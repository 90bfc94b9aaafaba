import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build, version as esbuildVersion, type Metafile } from 'esbuild';
import * as z from 'zod';
import { nodeModulesOnUse } from './nodeModules.ts';
import { schemasOnUse } from './schemasOnUse.ts';
import { sdkOnUse } from './sdkOnUse.ts';

export type BundleRequest = {
  /** Entry file by function name. */
  readonly entries: Readonly<Record<string, string>>;
  /** Each function is bundled to `<outDir>/<name>/handler.mjs`. */
  readonly outDir: string;
};

export type Bundled = {
  /** Path of the bundle by function name. */
  readonly files: Readonly<Record<string, string>>;
  /** Names that were built now; the others were up to date. */
  readonly built: readonly string[];
  /** esbuild's account of what was built now. */
  readonly metafile: Metafile;
};

/** What a bundle was made from, kept beside it. */
export const BundleRecord = z.strictObject({ key: z.string(), inputs: z.array(z.string()) });
export type BundleRecord = z.output<typeof BundleRecord>;

export const RECORD = 'inputs.json';

/** CommonJS packages inside an ES module call `require` for Node's own modules. */
const BANNER =
  "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";

/** What the plugins are written in: they decide what a bundle holds as much as its sources do. */
export const PLUGIN_FILES = [
  'nodeModules.ts',
  'schemasOnUse.ts',
  'sdkOnUse.ts',
  'sharedSchemas.ts',
].map((name) => path.join(import.meta.dirname, name));

const OPTIONS: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  mainFields: ['module', 'main'],
  banner: { js: BANNER },
  plugins: [nodeModulesOnUse, schemasOnUse, sdkOnUse],
  outExtension: { '.js': '.mjs' },
  legalComments: 'none',
  logLevel: 'silent',
};

const isPackage = (file: string): boolean => file.split(path.sep).includes('node_modules');

/** What a plugin made has the name of its namespace before a colon. */
const isFile = (input: string): boolean => !/^[a-z-]+:/.test(input);

/** Packages change only by an install, so npm's own list of what is installed stands for them. */
const installedPackages = async (from: string): Promise<string> => {
  for (let folder = path.dirname(from); ; folder = path.dirname(folder)) {
    const list = path.join(folder, 'node_modules', '.package-lock.json');
    if (existsSync(list)) return readFile(list, 'utf8');
    if (folder === path.dirname(folder)) return '';
  }
};

/**
 * Names everything that a bundle depends on: settings, what Node's own modules export, packages, and the content of the
 * plugins and of its inputs.
 */
export const keyOf = async (
  entry: string,
  inputs: readonly string[],
  plugins: readonly string[] = PLUGIN_FILES,
) => {
  const hash = createHash('sha256');
  hash.update(`${esbuildVersion} ${process.version}`).update(JSON.stringify(OPTIONS));
  hash.update(await installedPackages(entry));
  for (const file of [...plugins, ...[...inputs].sort()]) {
    hash.update(`\0${file}\0`).update(await readFile(file));
  }
  return hash.digest('hex');
};

const upToDate = async (outDir: string, name: string, entry: string): Promise<boolean> => {
  const folder = path.join(outDir, name);
  try {
    const record = BundleRecord.parse(
      JSON.parse(await readFile(path.join(folder, RECORD), 'utf8')),
    );
    return (
      existsSync(path.join(folder, 'handler.mjs')) &&
      record.inputs.includes(entry) &&
      record.key === (await keyOf(entry, record.inputs))
    );
  } catch {
    // No record, an unreadable one, or an input that is gone: the bundle has to be made anew.
    return false;
  }
};

const nameOf = (outputFile: string): string => path.basename(path.dirname(outputFile));

/** The project's own files that an entry leads to, also those that left nothing in the bundle. */
const ownInputs = ({ inputs }: Metafile, entryPoint: string): string[] => {
  const found = new Set([entryPoint]);
  for (const file of found) {
    for (const { path: next, external } of inputs[file]?.imports ?? []) {
      if (external !== true && !isPackage(next) && isFile(next)) found.add(next);
    }
  }
  return [...found];
};

const saveRecords = async (root: string, metafile: Metafile): Promise<void> => {
  for (const [file, output] of Object.entries(metafile.outputs)) {
    if (output.entryPoint === undefined) continue;
    const entry = path.resolve(root, output.entryPoint);
    const own = ownInputs(metafile, output.entryPoint).map((input) => path.resolve(root, input));
    const record = { key: await keyOf(entry, own), inputs: own };
    const folder = path.dirname(path.resolve(root, file));
    await writeFile(path.join(folder, RECORD), JSON.stringify(record));
  }
};

/**
 * Bundles functions into ES modules that run from any folder, with everything they import. A
 * function whose sources, packages and settings are those of its last bundle is left alone.
 * @throws esbuild's BuildFailure, whose message names file and line, when a source does not bundle.
 */
export const bundleFunctions = async (request: BundleRequest): Promise<Bundled> => {
  const root = process.cwd();
  const outDir = path.resolve(request.outDir);
  const wanted = Object.entries(request.entries).map(([name, file]) => ({
    name,
    entry: path.resolve(file),
  }));
  const files = Object.fromEntries(
    wanted.map(({ name }) => [name, path.join(outDir, name, 'handler.mjs')]),
  );
  const fresh = await Promise.all(wanted.map(({ name, entry }) => upToDate(outDir, name, entry)));
  const stale = wanted.filter((_, i) => fresh[i] !== true);
  if (stale.length === 0) return { files, built: [], metafile: { inputs: {}, outputs: {} } };
  await mkdir(outDir, { recursive: true });
  const { metafile } = await build({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: Object.fromEntries(stale.map(({ name, entry }) => [`${name}/handler`, entry])),
    outdir: outDir,
    metafile: true,
  });
  await saveRecords(root, metafile);
  return { files, built: stale.map(({ name }) => name), metafile };
};

export type Weight = {
  readonly bytes: number;
  /** Without what is the AWS SDK's. */
  readonly ownBytes: number;
};

const SDK = /(?:^|\/)node_modules\/@(?:aws-sdk|smithy)\//;

const weightOf = ({ bytes, inputs }: Metafile['outputs'][string]): Weight => {
  const sdk = Object.entries(inputs).filter(([input]) => SDK.test(input));
  return { bytes, ownBytes: sdk.reduce((rest, [, part]) => rest - part.bytesInOutput, bytes) };
};

/** What each bundle weighs by function name, without its source map. */
export const bundleWeights = (metafile: Metafile): Readonly<Record<string, Weight>> =>
  Object.fromEntries(
    Object.entries(metafile.outputs)
      .filter(([, output]) => output.entryPoint !== undefined)
      .map(([file, output]) => [nameOf(file), weightOf(output)]),
  );
