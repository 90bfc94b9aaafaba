import { parse } from 'yaml';
import { isObject, type Json, toJson } from './json.ts';

/** A definition names a substitution that was not given, or is not an object. */
class MachineFileError extends Error {
  override readonly name = 'MachineFileError';
}

/**
 * Reads a machine written in YAML and fills `${Name}` inside its strings, as CloudFormation does
 * with DefinitionSubstitutions. Every placeholder needs a value. Returns the definition as JSON text.
 */
export const loadMachine = (
  yamlText: string,
  substitutions: Readonly<Record<string, string>>,
): string => {
  const fill = (value: Json, place: string): Json => {
    if (typeof value === 'string') {
      return value.replace(/\$\{([A-Za-z0-9_]+)\}/g, (_, name: string) => {
        const found = Object.hasOwn(substitutions, name) ? substitutions[name] : undefined;
        if (found !== undefined) return found;
        throw new MachineFileError(
          `${place || '/'}: there is no value for \${${name}}; there are ${Object.keys(substitutions).join(', ') || 'none'}`,
        );
      });
    }
    if (Array.isArray(value)) return value.map((item, i) => fill(item, `${place}[${i}]`));
    if (!isObject(value)) return value;
    const pairs = Object.entries(value).map(([key, v]) => [key, fill(v, `${place}/${key}`)]);
    return Object.fromEntries(pairs);
  };
  const definition = toJson(parse(yamlText));
  if (!isObject(definition))
    throw new MachineFileError('a machine is an object with StartAt and States');
  return JSON.stringify(fill(definition, ''));
};
