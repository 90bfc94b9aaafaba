import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'node-module';

/** Matched by esbuild itself: being asked about every import would take longer than bundling. */
const NODE_MODULE = new RegExp(`^(node:.+|${builtinModules.join('|')})$`);

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** A module of which esbuild keeps the exports that are imported; the others are not even read. */
const exportsOnUse = (name: string): string => {
  const names = Object.getOwnPropertyNames(process.getBuiltinModule(name)).filter(
    (key) => key !== 'default' && IDENTIFIER.test(key),
  );
  return [
    `const found = process.getBuiltinModule(${JSON.stringify(name)});`,
    'export default found;',
    // A variable of its own each: some exports have names that no variable can have.
    ...names.flatMap((key, i) => [
      `const _${i} = /* @__PURE__ */ (() => found.${key})();`,
      `export { _${i} as ${key} };`,
    ]),
  ].join('\n');
};

/**
 * Binds of Node's own modules what is used. An `import` of one reads every export it has, also those that are loaded when
 * they are first read: `node:http` brings a whole second HTTP client along for its `WebSocket`, which takes a cold start
 * some 40 ms of CPU that no function here has a use for.
 */
export const nodeModulesOnUse: Plugin = {
  name: 'node-modules-on-use',
  setup(build) {
    build.onResolve({ filter: NODE_MODULE }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: NAMESPACE, sideEffects: false } : undefined,
    );
    build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
      contents: exportsOnUse(path),
      loader: 'js',
    }));
  },
};
