/** Leaves out of a bundle the schemas that its function does not come to. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { offerSharedSchemas, withSchemasShared } from './sharedSchemas.ts';

/** Modules that only say what data looks like: whatever they make as they load can be left out. */
const SCHEMAS = /[\\/](?:events[\\/]\w+|functions[\\/]_settings)\.ts$/;

/**
 * A constant whose value begins with a call, up to the line that ends it, as esbuild prints it: lines within are indented, or
 * begin with a bracket and go on.
 */
const MADE =
  /^((?:export )?const [\w$]+ = )((?!async\b)[\w$.]+\((?:.*;|.*\n(?:(?: .*|[)\]}].*[^;])\n)*[)\]}].*;))$/gm;

/**
 * Marks what constants are made by as without effects. Making a schema is a call, and a call could do anything as far as
 * esbuild knows, so it keeps every schema of a module of which one is used.
 * @param code as esbuild prints it.
 */
export const withSchemasMarked = (code: string): string =>
  code.replace(
    MADE,
    (_, start: string, made: string) =>
      `${start}/* @__PURE__ */ (() => ${made.replace(/;$/, '')})();`,
  );

export const schemasOnUse: Plugin = {
  name: 'schemas-on-use',
  setup(build) {
    const { onLoad, esbuild } = build;
    offerSharedSchemas(build);
    onLoad({ filter: SCHEMAS }, async ({ path: file }) => {
      const printed = await esbuild.transform(await readFile(file, 'utf8'), {
        loader: 'ts',
        format: 'esm',
        sourcefile: path.basename(file),
        sourcemap: 'inline',
        sourcesContent: false,
      });
      return { contents: withSchemasShared(withSchemasMarked(printed.code)), loader: 'js' };
    });
  },
};
