import { BlockList, isIP } from 'node:net';
import { isRecord } from '../state/json.ts';

/** An event pattern that EventBridge refuses; the message is the reason. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

type LeafTest = (leaf: unknown) => boolean;

/** One alternative for a field: a test that some leaf passes, or that there is no leaf at all. */
export type ArrayMatch =
  | { readonly kind: 'leaf'; readonly test: LeafTest }
  | { readonly kind: 'absent' };

const NUMBER_MAX = 5e9;

const onText =
  (test: (text: string) => boolean): LeafTest =>
  (leaf) =>
    typeof leaf === 'string' && test(leaf);

const text = (value: unknown, operator: string, path: string): string => {
  if (typeof value === 'string' && value !== '') return value;
  throw new PatternError(`${operator} match pattern must be a non-empty string at ${path}`);
};

const lower = (value: string) => value.toLowerCase();

/** Splits at unescaped asterisks; `\*` and `\\` stand for themselves. */
const wildcardParts = (pattern: string, path: string): string[] => {
  const parts = [''];
  for (let at = 0; at < pattern.length; at += 1) {
    let char = pattern[at] ?? '';
    if (char === '*') {
      if (pattern[at + 1] === '*') {
        throw new PatternError(`Consecutive wildcard characters at pos ${at} at ${path}`);
      }
      parts.push('');
      continue;
    }
    if (char === '\\') {
      at += 1;
      char = pattern[at] ?? '';
      if (char !== '*' && char !== '\\') {
        throw new PatternError(`Invalid escape character at pos ${at - 1} at ${path}`);
      }
    }
    parts.push(`${parts.pop() ?? ''}${char}`);
  }
  return parts;
};

/** Finds the parts one after the other: linear, where a regular expression could explode. */
const wildcard = (pattern: string, path: string): ((text: string) => boolean) => {
  const [first = '', ...rest] = wildcardParts(pattern, path);
  const last = rest.pop();
  return (value) => {
    if (last === undefined) return value === first;
    if (!value.startsWith(first)) return false;
    let from = first.length;
    for (const part of rest) {
      const found = value.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return value.length - last.length >= from && value.endsWith(last);
  };
};

/** Prefix and suffix take a text, or `{"equals-ignore-case": text}`. */
const affix = (
  value: unknown,
  operator: 'prefix' | 'suffix',
  path: string,
): ((text: string) => boolean) => {
  const folded = isRecord(value);
  const wanted = text(folded ? value['equals-ignore-case'] : value, operator, path);
  const has = (whole: string, part: string) =>
    operator === 'prefix' ? whole.startsWith(part) : whole.endsWith(part);
  return folded ? (whole) => has(lower(whole), lower(wanted)) : (whole) => has(whole, wanted);
};

const textTest = (operator: string, value: unknown, path: string): ((text: string) => boolean) => {
  switch (operator) {
    case 'prefix':
    case 'suffix':
      return affix(value, operator, path);
    case 'equals-ignore-case': {
      if (typeof value !== 'string') {
        throw new PatternError(`equals-ignore-case match pattern must be a string at ${path}`);
      }
      return (whole) => lower(whole) === lower(value);
    }
    case 'wildcard':
      return wildcard(text(value, 'wildcard', path), path);
    default:
      throw new PatternError(`Unrecognized match type ${operator} at ${path}`);
  }
};

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const numeric = (value: unknown, path: string): LeafTest => {
  const refuse = (why: string) => new PatternError(`numeric match ${why} at ${path}`);
  if (!Array.isArray(value) || (value.length !== 2 && value.length !== 4)) {
    throw refuse('must be an array such as [">", 0, "<=", 5]');
  }
  const operators = [value[0], value[2]].slice(0, value.length / 2).map(String);
  const [low = '', high] = operators;
  if (high !== undefined && !(low.startsWith('>') && high.startsWith('<'))) {
    throw refuse('with two bounds must have a lower one, then an upper one');
  }
  const tests = operators.map((operator, i): ((n: number) => boolean) => {
    const compare = COMPARE[operator];
    const bound: unknown = value[2 * i + 1];
    if (!compare) throw refuse(`has the unrecognized operator '${operator}'`);
    if (typeof bound !== 'number' || Math.abs(bound) > NUMBER_MAX) {
      throw refuse('needs numbers from -5.0e9 to 5.0e9');
    }
    return (n) => compare(n, bound);
  });
  return (leaf) => typeof leaf === 'number' && tests.every((test) => test(leaf));
};

const cidr = (value: unknown, path: string): LeafTest => {
  const [address = '', bits, ...more] = typeof value === 'string' ? value.split('/') : [];
  const family = isIP(address);
  const width = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? width : Number(bits);
  if (
    family === 0 ||
    more.length > 0 ||
    !Number.isInteger(prefix) ||
    prefix < 0 ||
    prefix > width
  ) {
    throw new PatternError(`Malformed CIDR, one '/' required, such as 10.0.0.0/24, at ${path}`);
  }
  const block = new BlockList();
  block.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  return onText((ip) => isIP(ip) === family && block.check(ip, family === 6 ? 'ipv6' : 'ipv4'));
};

const anythingBut = (value: unknown, path: string): LeafTest => {
  const refuse = () =>
    new PatternError(
      `Value of anything-but must be a string, a number, an array of one of these, or one of prefix, suffix, equals-ignore-case, wildcard at ${path}`,
    );
  if (isRecord(value)) {
    const [operator, ...more] = Object.keys(value);
    if (operator === undefined || more.length > 0) throw refuse();
    const wanted = value[operator];
    const listed: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    if (listed.length === 0) throw refuse();
    const tests = listed.map((one) => textTest(operator, one, path));
    return onText((whole) => !tests.some((test) => test(whole)));
  }
  const listed: unknown[] = Array.isArray(value) ? value : [value];
  const kinds = new Set(listed.map((one) => typeof one));
  if (listed.length === 0 || kinds.size > 1 || !(kinds.has('string') || kinds.has('number'))) {
    throw refuse();
  }
  return (leaf) => !listed.includes(leaf);
};

const operatorMatch = (operator: string, value: unknown, path: string): ArrayMatch => {
  switch (operator) {
    case 'exists':
      if (typeof value !== 'boolean') {
        throw new PatternError(`exists match pattern must be either true or false at ${path}`);
      }
      return value ? { kind: 'leaf', test: () => true } : { kind: 'absent' };
    case 'anything-but':
      return { kind: 'leaf', test: anythingBut(value, path) };
    case 'numeric':
      return { kind: 'leaf', test: numeric(value, path) };
    case 'cidr':
      return { kind: 'leaf', test: cidr(value, path) };
    default:
      return { kind: 'leaf', test: onText(textTest(operator, value, path)) };
  }
};

/** Reads one item of a pattern's array: a literal, or an object with one operator. */
export const readMatch = (item: unknown, path: string): ArrayMatch => {
  if (Array.isArray(item))
    throw new PatternError(`Arrays are not allowed inside arrays at ${path}`);
  if (!isRecord(item)) return { kind: 'leaf', test: (leaf) => leaf === item };
  const [operator, ...more] = Object.keys(item);
  if (operator === undefined || more.length > 0) {
    throw new PatternError(`Only one key allowed in match expression at ${path}`);
  }
  return operatorMatch(operator, item[operator], path);
};
