import { createHash } from 'node:crypto';
import { equalJson, isObject, type Json, parseJson } from './json.ts';
import { compilePath, type PathScope, readPath } from './jsonPath.ts';
import { type Random, randomUuid, seededRandom } from './random.ts';

/** A call such as `States.Format('{}', $.name)`, read once. */
export type Intrinsic = { readonly name: string; readonly args: readonly Argument[] };
type Argument =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'path'; readonly text: string }
  | { readonly kind: 'call'; readonly call: Intrinsic };

/** The call could not be read or carried out. */
export class IntrinsicError extends Error {
  override readonly name = 'IntrinsicError';
}

type Call = { readonly args: readonly Json[]; readonly random: Random };
type Definition = { readonly min: number; readonly max: number; run(call: Call): Json };

const need = (ok: boolean, what: string): void => {
  if (!ok) throw new IntrinsicError(what);
};
const arrayOf = (value: Json | undefined, what: string): Json[] => {
  if (!Array.isArray(value)) throw new IntrinsicError(`${what} must be an array`);
  return value;
};
const textOf = (value: Json | undefined, what: string): string => {
  if (typeof value !== 'string') throw new IntrinsicError(`${what} must be a string`);
  return value;
};
const integerOf = (value: Json | undefined, what: string): number => {
  if (typeof value !== 'number') throw new IntrinsicError(`${what} must be a number`);
  return Math.round(value);
};

const HASHES: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** Hash of a text in hex. AWS prints the digest as a number, so leading zeros are not there. */
export const hashText = (data: string, algorithm: string): string => {
  const name = HASHES[algorithm];
  if (name === undefined) {
    throw new IntrinsicError(`hash algorithm ${algorithm} is none of ${Object.keys(HASHES)}`);
  }
  const hex = createHash(name).update(data).digest('hex');
  return hex.replace(/^0+(?=.)/, '');
};

const format = ({ args }: Call): Json => {
  const template = textOf(args[0], 'the template');
  const values = args.slice(1);
  let used = 0;
  const text = template.replace(/\\(.)|\{\}/g, (all, escaped: string | undefined) => {
    if (all !== '{}') return escaped ?? '';
    const value = values[used++];
    need(value !== undefined, `template '${template}' has more {} than values`);
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  need(used === values.length, `template '${template}' has fewer {} than values`);
  return text;
};

const range = ({ args }: Call): Json => {
  const [first, last, by] = [0, 1, 2].map((i) => integerOf(args[i], 'a bound'));
  if (first === undefined || last === undefined || !by) {
    throw new IntrinsicError('the step must not be 0');
  }
  const count = Math.floor((last - first) / by) + 1;
  need(count <= 1000, 'an array may have at most 1000 items');
  return Array.from({ length: Math.max(0, count) }, (_, i) => first + i * by);
};

const partition = ({ args }: Call): Json => {
  const items = arrayOf(args[0], 'the first argument');
  const size = integerOf(args[1], 'the chunk size');
  need(size > 0, 'the chunk size must be a positive integer');
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
};

const unique = (items: readonly Json[]): Json[] =>
  items.filter((item, i) => items.findIndex((other) => equalJson(other, item)) === i);

const merge = ({ args }: Call): Json => {
  const [first, second, deep] = args;
  if (!isObject(first) || !isObject(second)) throw new IntrinsicError('both must be JSON objects');
  need(deep === false, 'deep merging is not supported: the third argument must be false');
  return { ...first, ...second };
};

const random = ({ args, random: draw }: Call): Json => {
  const from = integerOf(args[0], 'the start');
  const to = integerOf(args[1], 'the end');
  need(to > from, 'the end must be greater than the start');
  const seed = args[2];
  const drawn = seed === undefined ? draw() : seededRandom(integerOf(seed, 'the seed'))();
  return from + Math.floor(drawn * (to - from));
};

const split = ({ args }: Call): Json => {
  const text = textOf(args[0], 'the text');
  const separators = textOf(args[1], 'the separators');
  const parts: string[] = [];
  let part = '';
  for (const c of text) {
    if (!separators.includes(c)) part += c;
    else {
      if (part) parts.push(part);
      part = '';
    }
  }
  if (part) parts.push(part);
  return parts;
};

const pick = ({ args }: Call): Json => {
  const items = arrayOf(args[0], 'the first argument');
  const index = integerOf(args[1], 'the index');
  const item = index < 0 ? undefined : items[index];
  if (item === undefined) throw new IntrinsicError(`there is no item ${index}`);
  return item;
};

const stringToJson = ({ args }: Call): Json => {
  try {
    return parseJson(textOf(args[0], 'the text'));
  } catch {
    throw new IntrinsicError('the text is not valid JSON');
  }
};

const DEFINITIONS: Record<string, Definition> = {
  'States.Format': { min: 1, max: Number.POSITIVE_INFINITY, run: format },
  'States.StringToJson': { min: 1, max: 1, run: stringToJson },
  'States.JsonToString': { min: 1, max: 1, run: ({ args }) => JSON.stringify(args[0]) },
  'States.Array': { min: 0, max: Number.POSITIVE_INFINITY, run: ({ args }) => [...args] },
  'States.ArrayPartition': { min: 2, max: 2, run: partition },
  'States.ArrayContains': {
    min: 2,
    max: 2,
    run: ({ args }) => arrayOf(args[0], 'the first').some((v) => equalJson(v, args[1] ?? null)),
  },
  'States.ArrayRange': { min: 3, max: 3, run: range },
  'States.ArrayGetItem': { min: 2, max: 2, run: pick },
  'States.ArrayLength': { min: 1, max: 1, run: ({ args }) => arrayOf(args[0], 'it').length },
  'States.ArrayUnique': { min: 1, max: 1, run: ({ args }) => unique(arrayOf(args[0], 'it')) },
  'States.Base64Encode': {
    min: 1,
    max: 1,
    run: ({ args }) => Buffer.from(textOf(args[0], 'it')).toString('base64'),
  },
  'States.Base64Decode': {
    min: 1,
    max: 1,
    run: ({ args }) => Buffer.from(textOf(args[0], 'it'), 'base64').toString('utf8'),
  },
  'States.Hash': {
    min: 2,
    max: 2,
    run: ({ args }) =>
      hashText(
        typeof args[0] === 'string' ? args[0] : JSON.stringify(args[0]),
        textOf(args[1], 'the algorithm'),
      ),
  },
  'States.JsonMerge': { min: 3, max: 3, run: merge },
  'States.MathRandom': { min: 2, max: 3, run: random },
  'States.MathAdd': {
    min: 2,
    max: 2,
    run: ({ args }) => integerOf(args[0], 'it') + integerOf(args[1], 'it'),
  },
  'States.StringSplit': { min: 2, max: 2, run: split },
  'States.UUID': { min: 0, max: 0, run: (call) => randomUuid(call.random) },
};

const argumentsOf = (text: string, start: number): { args: Argument[]; end: number } => {
  const args: Argument[] = [];
  let at = start;
  const spaces = () => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };
  spaces();
  if (text[at] === ')') return { args, end: at + 1 };
  for (;;) {
    spaces();
    const found = argumentAt(text, at);
    args.push(found.argument);
    at = found.end;
    spaces();
    const c = text[at];
    at += 1;
    if (c === ')') return { args, end: at };
    if (c !== ',') throw new IntrinsicError(`expected ',' or ')' at position ${at - 1} of ${text}`);
  }
};

const sticky = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
};

const argumentAt = (text: string, at: number): { argument: Argument; end: number } => {
  const literal = sticky(/'(?:[^'\\]|\\[\s\S])*'/y, text, at);
  if (literal !== undefined) {
    // Braces stay escaped: States.Format takes the backslash away when it fills the template.
    const value = literal.slice(1, -1).replace(/\\([^{}])/g, '$1');
    return { argument: { kind: 'value', value }, end: at + literal.length };
  }
  const name = sticky(/States\.[A-Za-z0-9]+\s*\(/y, text, at);
  if (name !== undefined) {
    const { call, end } = callAt(text, at);
    return { argument: { kind: 'call', call }, end };
  }
  const path = sticky(/\$(?:\[(?:'(?:[^'\\]|\\.)*'|[^\]'])*\]|[^\s,()[\]])*/y, text, at);
  if (path) {
    compilePath(path);
    return { argument: { kind: 'path', text: path }, end: at + path.length };
  }
  const plain = sticky(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y, text, at);
  if (plain === undefined) throw new IntrinsicError(`no argument at position ${at} of ${text}`);
  return { argument: { kind: 'value', value: parseJson(plain) }, end: at + plain.length };
};

const callAt = (text: string, at: number): { call: Intrinsic; end: number } => {
  const head = sticky(/States\.[A-Za-z0-9]+\s*\(/y, text, at);
  if (head === undefined) throw new IntrinsicError(`no intrinsic function in ${text}`);
  const name = head.slice(0, -1).trim();
  const definition = DEFINITIONS[name];
  if (!definition) throw new IntrinsicError(`there is no intrinsic function ${name}`);
  const { args, end } = argumentsOf(text, at + head.length);
  need(
    args.length >= definition.min && args.length <= definition.max,
    `${name} does not take ${args.length} arguments`,
  );
  return { call: { name, args }, end };
};

const COMPILED_MAX = 10_000;
const compiled = new Map<string, Intrinsic>();

/** Reads a call; kept for the next time. Throws IntrinsicError. */
export const compileIntrinsic = (text: string): Intrinsic => {
  const known = compiled.get(text);
  if (known) return known;
  const { call, end } = callAt(text, 0);
  need(text.slice(end).trim() === '', `'${text.slice(end)}' is left after the function`);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(text, call);
  return call;
};

/** Carries the call out. Throws IntrinsicError, or PathNotFound for an argument path. */
export const runIntrinsic = (call: Intrinsic, scope: PathScope, draw: Random): Json => {
  const args = call.args.map((arg): Json => {
    if (arg.kind === 'value') return arg.value;
    if (arg.kind === 'call') return runIntrinsic(arg.call, scope, draw);
    return readPath(compilePath(arg.text), scope);
  });
  const definition = DEFINITIONS[call.name];
  if (!definition) throw new IntrinsicError(`there is no intrinsic function ${call.name}`);
  return definition.run({ args, random: draw });
};
