import { isObject, type Json } from './json.ts';
import { type FilterNode, parseFilter, testFilter } from './jsonPathFilter.ts';

/** One step of a path. `deep` applies the step to every level below. */
type Segment = { readonly deep: boolean } & (
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  | { readonly kind: 'indices'; readonly indices: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly filter: FilterNode }
);

type PathRoot = 'input' | 'context' | { readonly variable: string };

export type Path = {
  readonly text: string;
  readonly root: PathRoot;
  readonly segments: readonly Segment[];
  /** A definite path names one place; an indefinite one always gives an array. */
  readonly definite: boolean;
};

/** What paths look at: the state's data, the context object and the variables in scope. */
export type PathScope = {
  readonly input: Json;
  readonly context: () => Json;
  readonly variables: Readonly<Record<string, Json>>;
};

class PathSyntaxError extends Error {
  override readonly name = 'PathSyntaxError';
}

/** The path named nothing; the message is the one of the JSONPath library AWS runs. */
export class PathNotFound extends Error {
  override readonly name = 'PathNotFound';
}

const NAME = /[^\s.[\]()'",{}?*@:&|<>=!~]+/y;

class Reader {
  readonly text: string;
  at = 0;
  constructor(text: string) {
    this.text = text;
  }
  fail(expected: string): never {
    const found =
      this.at < this.text.length ? `'${this.text.slice(this.at, this.at + 10)}'` : 'end';
    throw new PathSyntaxError(
      `Invalid path '${this.text}': expected ${expected} at position ${this.at}, found ${found}`,
    );
  }
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
  take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }
  spaces(): void {
    this.match(/\s*/y);
  }
}

const quoted = (reader: Reader): string | undefined => {
  const raw = reader.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/y);
  return raw?.slice(1, -1).replace(/\\(.)/g, '$1');
};

const bracket = (reader: Reader, deep: boolean): Segment => {
  reader.spaces();
  const key = quoted(reader);
  if (key !== undefined) {
    const keys = [key];
    for (reader.spaces(); reader.take(','); reader.spaces()) {
      reader.spaces();
      keys.push(quoted(reader) ?? reader.fail('a quoted name'));
    }
    return { kind: 'keys', keys, deep };
  }
  if (reader.take('*')) return { kind: 'all', deep };
  if (reader.take('?(')) {
    const end = filterEnd(reader);
    const filter = parseFilter(reader.text.slice(reader.at, end));
    reader.at = end + 1;
    return { kind: 'filter', filter, deep };
  }
  return numbers(reader, deep);
};

const numbers = (reader: Reader, deep: boolean): Segment => {
  const first = reader.match(/-?\d+/y);
  reader.spaces();
  if (reader.take(':')) {
    reader.spaces();
    const last = reader.match(/-?\d+/y);
    const from = first === undefined ? undefined : Number(first);
    return { kind: 'slice', from, to: last === undefined ? undefined : Number(last), deep };
  }
  if (first === undefined) reader.fail('a name in quotes, an index, a slice, * or ?()');
  const indices = [Number(first)];
  for (; reader.take(','); reader.spaces()) {
    reader.spaces();
    indices.push(Number(reader.match(/-?\d+/y) ?? reader.fail('an index')));
  }
  return { kind: 'indices', indices, deep };
};

/** Where the parenthesis that opened the filter closes, strings and nesting respected. */
const filterEnd = (reader: Reader): number => {
  let depth = 1;
  const { text } = reader;
  for (let i = reader.at; i < text.length; i += 1) {
    const c = text[i];
    if (c === "'" || c === '"') {
      i = text.indexOf(c, i + 1);
      if (i < 0) break;
    } else if (c === '(') depth += 1;
    else if (c === ')') {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return reader.fail('a closing parenthesis');
};

const root = (reader: Reader): PathRoot => {
  if (reader.take('$$')) return 'context';
  if (!reader.take('$')) reader.fail("'$'");
  const variable = reader.match(/[\p{L}_][\p{L}\p{N}_]*/uy);
  return variable === undefined ? 'input' : { variable };
};

const segment = (reader: Reader): Segment => {
  const deep = reader.take('..');
  if (!deep && reader.take('.')) {
    if (reader.take('*')) return { kind: 'all', deep };
    return { kind: 'keys', keys: [reader.match(NAME) ?? reader.fail('a name')], deep };
  }
  if (reader.take('[')) {
    const found = bracket(reader, deep);
    reader.spaces();
    if (!reader.take(']')) reader.fail("']'");
    return found;
  }
  if (!deep) return reader.fail("'.' or '['");
  if (reader.take('*')) return { kind: 'all', deep };
  return { kind: 'keys', keys: [reader.match(NAME) ?? reader.fail('a name')], deep };
};

const isDefinite = (s: Segment): boolean =>
  !s.deep &&
  ((s.kind === 'keys' && s.keys.length === 1) || (s.kind === 'indices' && s.indices.length === 1));

const COMPILED_MAX = 10_000;
const compiled = new Map<string, Path>();

/** Reads a path; kept for the next time. Throws PathSyntaxError with the position. */
export const compilePath = (text: string): Path => {
  const known = compiled.get(text);
  if (known) return known;
  const reader = new Reader(text);
  const from = root(reader);
  const segments: Segment[] = [];
  while (reader.at < text.length) segments.push(segment(reader));
  const path: Path = { text, root: from, segments, definite: segments.every(isDefinite) };
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(text, path);
  return path;
};

const canonical = (segments: readonly Segment[], count: number): string =>
  `$${segments
    .slice(0, count)
    .map((s) => {
      if (s.kind === 'keys') return `[${s.keys.map((key) => `'${key}'`).join(',')}]`;
      return s.kind === 'indices' ? `[${s.indices.join(',')}]` : '[*]';
    })
    .join('')}`;

const child = (value: Json, s: Segment): Json | undefined => {
  if (s.kind === 'keys') {
    const key = s.keys[0] ?? '';
    return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  if (s.kind !== 'indices' || !Array.isArray(value)) return undefined;
  return value.at(s.indices[0] ?? 0);
};

const definiteValue = (start: Json, segments: readonly Segment[]): Json => {
  let value = start;
  for (const [i, s] of segments.entries()) {
    const next = child(value, s);
    if (next === undefined) {
      const place = canonical(segments, i + 1);
      const last = i === segments.length - 1;
      throw new PathNotFound(
        last ? `No results for path: ${place}` : `Missing property in path ${place}`,
      );
    }
    value = next;
  }
  return value;
};

const step = (value: Json, s: Segment, start: Json): Json[] => {
  const below = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  switch (s.kind) {
    case 'keys':
      if (!isObject(value)) return [];
      return s.keys.flatMap((key) => (Object.hasOwn(value, key) ? [value[key] ?? null] : []));
    case 'indices':
      if (!Array.isArray(value)) return [];
      return s.indices.flatMap((i) => value.slice(i, i === -1 ? undefined : i + 1));
    case 'slice':
      return Array.isArray(value) ? value.slice(s.from ?? 0, s.to) : [];
    case 'all':
      return below;
    case 'filter':
      return (Array.isArray(value) ? value : isObject(value) ? [value] : []).filter((item) =>
        testFilter(s.filter, item, start),
      );
  }
};

const levels = (value: Json): Json[] => {
  const below = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return [value, ...below.flatMap(levels)];
};

/** All places that the segments name, in document order. */
const selectAll = (start: Json, segments: readonly Segment[]): Json[] => {
  let found: Json[] = [start];
  for (const s of segments) {
    const from = s.deep ? found.flatMap(levels) : found;
    found = from.flatMap((value) => step(value, s, start));
  }
  return found;
};

/** The value a path names. Throws PathNotFound when a definite path names nothing. */
export const readPath = (path: Path, scope: PathScope): Json => {
  let start: Json;
  if (path.root === 'input') start = scope.input;
  else if (path.root === 'context') start = scope.context();
  else {
    const value = Object.hasOwn(scope.variables, path.root.variable)
      ? scope.variables[path.root.variable]
      : undefined;
    if (value === undefined) throw new PathNotFound(`No results for path: ${path.text}`);
    start = value;
  }
  return path.definite ? definiteValue(start, path.segments) : selectAll(start, path.segments);
};

/** True for a path that ResultPath may name: one place of the state's own data. */
export const isReferencePath = (path: Path): boolean => path.root === 'input' && path.definite;

/** Puts `value` where the reference path says, on a copy. Throws PathNotFound where it cannot. */
export const writePath = (path: Path, target: Json, value: Json): Json => {
  const put = (node: Json | undefined, depth: number): Json => {
    const s = path.segments[depth];
    if (!s) return value;
    if (s.kind === 'indices') {
      const index = s.indices[0] ?? 0;
      if (!Array.isArray(node) || index < 0 || index >= node.length) {
        throw new PathNotFound(`No results for path: ${canonical(path.segments, depth + 1)}`);
      }
      return node.with(index, put(node[index], depth + 1));
    }
    const key = s.kind === 'keys' ? (s.keys[0] ?? '') : '';
    if (node !== undefined && !isObject(node)) {
      throw new PathNotFound(`Missing property in path ${canonical(path.segments, depth + 1)}`);
    }
    const old = node && Object.hasOwn(node, key) ? node[key] : undefined;
    return { ...node, [key]: put(old, depth + 1) };
  };
  return put(target, 0);
};
