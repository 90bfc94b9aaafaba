/** Which keys the schema allows at a place of the configuration, for suggestions. */
import * as z from 'zod';
import { Config } from '../../events/config.ts';

type JsonSchema = {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
};

/** The schema of the file as a person writes it, for editors and for suggestions. */
export const configJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(Config, { io: 'input', unrepresentable: 'any' }),
  title: 'failover.yml',
});

const branches = (schema: JsonSchema): readonly JsonSchema[] => [
  schema,
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap(branches),
];

const step = (schema: JsonSchema, key: PropertyKey): JsonSchema[] =>
  branches(schema).flatMap((branch) => {
    if (typeof key === 'number') return branch.items ? [branch.items] : [];
    const known = branch.properties?.[String(key)];
    if (known) return [known];
    return typeof branch.additionalProperties === 'object' ? [branch.additionalProperties] : [];
  });

/** Keys allowed in the mapping at `at`. Where a `kind` tells branches apart, only those of that kind. */
export const knownKeys = (at: readonly PropertyKey[], written: unknown): string[] => {
  let schemas: JsonSchema[] = [configJsonSchema() as JsonSchema];
  let value: unknown = written;
  for (const key of at) {
    schemas = schemas.flatMap((schema) => step(schema, key));
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  const all = schemas.flatMap(branches);
  const kind = typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined;
  const ofKind = all.filter((schema) => constOf(schema.properties?.['kind']) === kind);
  const chosen = kind !== undefined && ofKind.length > 0 ? ofKind : all;
  return [...new Set(chosen.flatMap((schema) => Object.keys(schema.properties ?? {})))];
};

const constOf = (schema: JsonSchema | undefined): unknown =>
  schema && 'const' in schema ? schema.const : undefined;
