/** Makes equal small schemas once per bundle: the sources say `z.string()` some hundred times. */
import type { PluginBuild } from 'esbuild';

const NAMESPACE = 'shared-schema';
const PREFIX = `${NAMESPACE}:`;

/** Values that mean the same wherever they stand. */
const TEXT = String.raw`"(?:[^"\\()]|\\.)*"`;
const LITERAL = String.raw`(?:-?[\d.]+(?:e\d+)?|${TEXT}|true|false|null|!0|!1|\/[^/()\n]+\/[a-z]*)`;
const LIST = String.raw`\[\s*(?:${TEXT},?\s*)*\]`;
const CALL = String.raw`\((?:${LITERAL}|${LIST})?\)`;
const MAKERS = 'string|int|number|boolean|unknown|null|literal|enum|iso\\.date|iso\\.datetime';
const STEPS = 'min|max|length|regex|int|positive|nonnegative|nullable|optional|default';
const STEP = String.raw`\.(?:${STEPS})${CALL}`;

const SMALL = new RegExp(String.raw`(?<![\w$.])z\.(?:${MAKERS})${CALL}(?:${STEP})*`, 'g');
/** What is made of another small one, by its last step. */
const MADE_OF = new RegExp(`^(z\\..+?)(${STEP})$`);
const IMPORTS_ZOD = 'import * as z from "zod";';

/**
 * Code in which each small schema is an import of its own, named by how it is made, so that the bundler makes one of those
 * that are equal. Schemas never change, so nobody can tell.
 * @param code as esbuild prints it.
 */
export const withSchemasShared = (code: string): string => {
  if (!code.includes(IMPORTS_ZOD)) return code;
  const names = new Map<string, string>();
  const shared = code.replace(SMALL, (made) => {
    const name = names.get(made) ?? `shared$${names.size}`;
    names.set(made, name);
    return name;
  });
  const imports = [...names].map(
    ([made, name]) => `import ${name} from ${JSON.stringify(PREFIX + made)};\n`,
  );
  return imports.join('') + shared;
};

const moduleOf = (made: string): string => {
  const [, of, step] = MADE_OF.exec(made) ?? [];
  const [from, value] =
    of === undefined
      ? ['* as z from "zod"', made]
      : [`of from ${JSON.stringify(PREFIX + of)}`, `of${step}`];
  return `import ${from};\nexport default /* @__PURE__ */ (() => ${value})();`;
};

/** Gives a build the modules that `withSchemasShared` names. */
export const offerSharedSchemas = ({ onResolve, onLoad }: PluginBuild): void => {
  onResolve({ filter: new RegExp(`^${PREFIX}`) }, ({ path, resolveDir }) => ({
    path: path.slice(PREFIX.length),
    namespace: NAMESPACE,
    sideEffects: false,
    pluginData: resolveDir,
  }));
  onLoad({ filter: /./, namespace: NAMESPACE }, ({ path, pluginData }) => ({
    contents: moduleOf(path),
    loader: 'js',
    resolveDir: pluginData,
  }));
};
