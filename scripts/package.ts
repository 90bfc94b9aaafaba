/**
 * Packages every function of functions/ as `.build/<folder>.zip`, the artifacts that serverless.yml names; into
 * another folder than `.build` where one is given.
 * The AWS SDK goes into the bundle, as AWS advises, so that what runs on Lambda is the pinned version
 * that the tests ran with. The same sources give the same bytes.
 */
import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zipSync } from 'fflate';
import { bundleFunctions } from '../local/lambda/bundle.ts';

/** Folder of the project: the one that holds serverless.yml. */
export const PROJECT_FOLDER = path.resolve(import.meta.dirname, '..');

/** The earliest time that a ZIP file can hold: contents alone decide what an archive is. */
const ZIP_EPOCH = new Date(1980, 0, 1);

export type Packaged = {
  /** Folder under functions/. */
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
};

/** Entry file of every function by the name of its folder. */
export const functionEntries = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    globSync('functions/*/handler.ts', { cwd: PROJECT_FOLDER })
      .sort()
      .map((file) => [path.basename(path.dirname(file)), path.join(PROJECT_FOLDER, file)]),
  );

/** Bundles and zips every function into `outDir`. */
export const packageFunctions = async (outDir: string): Promise<Packaged[]> => {
  const bundlesDir = path.join(outDir, 'bundles');
  const { files } = await bundleFunctions({ entries: functionEntries(), outDir: bundlesDir });
  await mkdir(outDir, { recursive: true });
  return Promise.all(
    Object.entries(files).map(async ([name, bundle]) => {
      const archive = zipSync(
        {
          'handler.mjs': await readFile(bundle),
          'handler.mjs.map': await readFile(`${bundle}.map`),
        },
        { level: 9, mtime: ZIP_EPOCH },
      );
      const file = path.join(outDir, `${name}.zip`);
      await writeFile(file, archive);
      return { name, file, bytes: archive.byteLength };
    }),
  );
};

if (process.argv[1] === import.meta.filename) {
  const packaged = await packageFunctions(process.argv[2] ?? path.join(PROJECT_FOLDER, '.build'));
  for (const { name, file, bytes } of packaged) {
    const shown = path.relative(PROJECT_FOLDER, file);
    process.stdout.write(
      `${shown.padEnd(32)} ${(bytes / 1024).toFixed(0).padStart(5)} KiB  ${name}\n`,
    );
  }
}
