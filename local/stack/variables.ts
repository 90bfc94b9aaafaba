/**
 * The variables of the Serverless Framework that `serverless.yml` uses: `${param:x, 'default'}`,
 * `${opt:x, 'default'}`, `${self:a.b}`, `${sls:stage}` and `${file(path)}`, with a quoted text or another
 * variable after a comma where there may be none. Any other is refused, so that
 * a template is never read here otherwise than on AWS.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, type Tags } from 'yaml';
import { DrillError } from '../../core/errors.ts';
import { CLOUDFORMATION_TAGS } from './intrinsics.ts';

export type Params = Readonly<Record<string, string>>;

export type ReadYaml = (file: string) => unknown;

type Scope = {
  readonly folder: string;
  readonly params: Params;
  readonly options: Params;
  readonly root: unknown;
  readonly read: ReadYaml;
};

const VARIABLE = /\$\{((?:param|opt|self|sls|file)(?::|\()[^{}]*)\}/;
/** Variables that osls would fill from elsewhere; left as text here, they would mean something else. */
const FOREIGN = /\$\{(?:env|ssm|s3|cf|aws|strToBool|git)(?::(?!:)|\()[^}]*\}?/;
const DEPTH_MAX = 20;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Templates are deployed once for each role and region; to parse one takes tens of milliseconds. */
const parsed = new Map<string, { readonly text: string; readonly tree: unknown }>();

/** Reads a YAML file in which CloudFormation's short tags become their long form. */
const readYaml = (file: string): unknown => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DrillError('ConfigInvalid', `cannot read ${file}`, { file }, cause);
  }
  const known = parsed.get(file);
  if (known?.text === text) return known.tree;
  const options = { customTags: CLOUDFORMATION_TAGS as Tags, merge: true, maxAliasCount: 1_000 };
  const tree: unknown = parse(text, options);
  parsed.set(file, { text, tree });
  return tree;
};

const lookUp = (root: unknown, dotted: string): unknown =>
  dotted.split('.').reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), root);

/** What stands after the comma: a quoted text, or another variable without its braces. */
const resolveFallback = (text: string, scope: Scope): unknown => {
  const literal = /^'([^']*)'$/.exec(text.trim());
  return literal ? literal[1] : resolveOne(text, scope);
};

const resolveOne = (expression: string, scope: Scope): unknown => {
  const file = /^file\(([^()]+)\)$/.exec(expression.trim());
  if (file?.[1]) return scope.read(path.join(scope.folder, file[1]));
  const [source = '', ...rest] = expression.split(',');
  const [kind, name = ''] = source.trim().split(':');
  const found =
    kind === 'param'
      ? scope.params[name]
      : kind === 'opt'
        ? scope.options[name]
        : kind === 'self'
          ? lookUp(scope.root, name)
          : kind === 'sls' && name === 'stage'
            ? (lookUp(scope.root, 'provider.stage') ?? 'prod')
            : undefined;
  const value = found ?? (rest.length > 0 ? resolveFallback(rest.join(','), scope) : undefined);
  if (value !== undefined) return value;
  throw new DrillError('ConfigInvalid', `serverless.yml: \${${expression}} has no value`);
};

const resolveString = (text: string, scope: Scope, depth: number): unknown => {
  const match = VARIABLE.exec(text);
  if (!match?.[1]) {
    const foreign = FOREIGN.exec(text);
    if (!foreign) return text;
    throw new DrillError(
      'ConfigInvalid',
      `serverless.yml: ${foreign[0]} is a variable that the embedded cloud does not know`,
    );
  }
  if (depth > DEPTH_MAX)
    throw new DrillError('ConfigInvalid', `serverless.yml: ${text} refers to itself`);
  const value = resolveOne(match[1], scope);
  if (match[0] === text) return resolveVariables(value, scope, depth + 1);
  const inlined =
    text.slice(0, match.index) + String(value) + text.slice(match.index + match[0].length);
  return resolveString(inlined, scope, depth + 1);
};

/** Parts of templates in which there is no variable: most of them, and they are the same for every role. */
const constant = new WeakSet<object>();

/** Replaces every variable in a tree of plain values. Where there is none, the value is the one given. */
const resolveVariables = (value: unknown, scope: Scope, depth = 0): unknown => {
  if (typeof value === 'string') return resolveString(value, scope, depth);
  if ((!Array.isArray(value) && !isRecord(value)) || constant.has(value)) return value;
  const before = Object.values(value);
  const after = before.map((item) => resolveVariables(item, scope, depth));
  if (after.every((item, place) => item === before[place])) {
    constant.add(value);
    return value;
  }
  if (Array.isArray(value)) return after;
  return Object.fromEntries(Object.keys(value).map((key, place) => [key, after[place]]));
};

/** Reads each file once. */
export const openYaml = (): ReadYaml => {
  const known = new Map<string, unknown>();
  return (file) => {
    if (!known.has(file)) known.set(file, readYaml(file));
    return known.get(file);
  };
};

/** Several fragments of CloudFormation as the one template that osls makes of them. */
const mergeFragments = (fragments: readonly unknown[]): Record<string, unknown> => {
  const whole: Record<string, unknown> = {};
  for (const [section, part] of fragments.filter(isRecord).flatMap(Object.entries)) {
    const known = whole[section];
    const both = isRecord(known) && isRecord(part);
    const twice = both ? Object.keys(part).find((name) => name in known) : undefined;
    if (twice !== undefined)
      throw new DrillError('ConfigInvalid', `serverless.yml: ${section}.${twice} is there twice`);
    whole[section] = both ? { ...known, ...part } : part;
  }
  return whole;
};

/** `serverless.yml` of a folder with all its variables resolved for one role, and its resources in one piece. */
export const loadServerless = (
  folder: string,
  params: Params,
  options: Params,
  read: ReadYaml = readYaml,
): Record<string, unknown> => {
  const root = read(path.join(folder, 'serverless.yml'));
  const resolved = resolveVariables(root, { folder, params, options, root, read });
  if (isRecord(resolved)) {
    const { resources } = resolved;
    return Array.isArray(resources)
      ? { ...resolved, resources: mergeFragments(resources) }
      : resolved;
  }
  throw new DrillError('ConfigInvalid', `${folder}/serverless.yml holds no mapping`);
};
