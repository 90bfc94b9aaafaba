import { equalJson, isObject, type Json } from './json.ts';

/** The expression inside `?( )` of a JSONPath. */
export type FilterNode =
  | { readonly op: 'and' | 'or'; readonly parts: readonly FilterNode[] }
  | { readonly op: 'not'; readonly part: FilterNode }
  | { readonly op: 'exists'; readonly operand: Operand }
  | {
      readonly op: 'compare';
      readonly sign: string;
      readonly left: Operand;
      readonly right: Operand;
    };

type Operand =
  | {
      readonly kind: 'path';
      readonly current: boolean;
      readonly keys: readonly (string | number)[];
    }
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'regex'; readonly regex: RegExp };

const TOKEN =
  /\s*(&&|\|\||==|!=|<=|>=|=~|<|>|!|\(|\)|\bnin\b|\bin\b|\/(?:[^/\\]|\\.)+\/i?|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\[[^\]@$]*\](?!\s*\.)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[@$](?:\.[\p{L}\p{N}_-]+|\[(?:'[^']*'|"[^"]*"|-?\d+)\])*)/uy;

const tokensOf = (text: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found?.[1]) throw new SyntaxError(`filter not understood at '${text.slice(at)}'`);
    tokens.push(found[1]);
  }
  return tokens;
};

const unquote = (text: string): string => text.slice(1, -1).replace(/\\(.)/g, '$1');

const operandOf = (token: string | undefined): Operand => {
  if (token === undefined) throw new SyntaxError('filter ends too early');
  const first = token[0];
  if (first === '@' || first === '$') {
    const parts = token.slice(1).match(/\.[\p{L}\p{N}_-]+|\[[^\]]*\]/gu) ?? [];
    const keys = parts.map((part) => {
      if (part.startsWith('.')) return part.slice(1);
      const inner = part.slice(1, -1);
      return /^-?\d+$/.test(inner) ? Number(inner) : unquote(inner);
    });
    return { kind: 'path', current: first === '@', keys };
  }
  if (first === '/') {
    const end = token.lastIndexOf('/');
    return { kind: 'regex', regex: new RegExp(token.slice(1, end), token.slice(end + 1)) };
  }
  if (first === "'" || first === '"') return { kind: 'value', value: unquote(token) };
  const value: Json = JSON.parse(token.replace(/'/g, '"'));
  return { kind: 'value', value };
};

const SIGNS = new Set(['==', '!=', '<', '<=', '>', '>=', '=~', 'in', 'nin']);

/** Reads a filter. Throws SyntaxError that says what was not understood. */
export const parseFilter = (text: string): FilterNode => {
  const tokens = tokensOf(text);
  let at = 0;
  const either = (): FilterNode => {
    const parts = [both()];
    while (tokens[at] === '||') {
      at += 1;
      parts.push(both());
    }
    return parts.length === 1 && parts[0] ? parts[0] : { op: 'or', parts };
  };
  const both = (): FilterNode => {
    const parts = [one()];
    while (tokens[at] === '&&') {
      at += 1;
      parts.push(one());
    }
    return parts.length === 1 && parts[0] ? parts[0] : { op: 'and', parts };
  };
  const one = (): FilterNode => {
    if (tokens[at] === '!') {
      at += 1;
      return { op: 'not', part: one() };
    }
    if (tokens[at] === '(') {
      at += 1;
      const inner = either();
      if (tokens[at] !== ')') throw new SyntaxError("filter lacks ')'");
      at += 1;
      return inner;
    }
    const left = operandOf(tokens[at++]);
    const sign = tokens[at];
    if (sign === undefined || !SIGNS.has(sign)) return { op: 'exists', operand: left };
    at += 1;
    return { op: 'compare', sign, left, right: operandOf(tokens[at++]) };
  };
  const node = either();
  if (at < tokens.length) throw new SyntaxError(`filter has '${tokens[at]}' too much`);
  return node;
};

const operandValue = (operand: Operand, item: Json, start: Json): Json | undefined => {
  if (operand.kind === 'value') return operand.value;
  if (operand.kind === 'regex') return undefined;
  let value: Json | undefined = operand.current ? item : start;
  for (const key of operand.keys) {
    if (typeof key === 'number') value = Array.isArray(value) ? value.at(key) : undefined;
    else value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
};

const ordered = (a: Json | undefined, b: Json | undefined, sign: string): boolean => {
  const comparable =
    (typeof a === 'number' && typeof b === 'number') ||
    (typeof a === 'string' && typeof b === 'string');
  if (!comparable) return false;
  if (sign === '<') return a < b;
  if (sign === '<=') return a <= b;
  return sign === '>' ? a > b : a >= b;
};

const compare = (node: FilterNode & { op: 'compare' }, item: Json, start: Json): boolean => {
  const left = operandValue(node.left, item, start);
  if (node.right.kind === 'regex') {
    return typeof left === 'string' && node.right.regex.test(left);
  }
  const right = operandValue(node.right, item, start);
  const equal = left !== undefined && right !== undefined && equalJson(left, right);
  switch (node.sign) {
    case '==':
      return equal || (left === undefined && right === undefined);
    case '!=':
      return !equal;
    case 'in':
    case 'nin': {
      const inside =
        left !== undefined && Array.isArray(right) && right.some((v) => equalJson(v, left));
      return node.sign === 'in' ? inside : !inside;
    }
    default:
      return ordered(left, right, node.sign);
  }
};

/** Whether `item` (`@`) passes; `start` is what `$` names. */
export const testFilter = (node: FilterNode, item: Json, start: Json): boolean => {
  switch (node.op) {
    case 'and':
      return node.parts.every((part) => testFilter(part, item, start));
    case 'or':
      return node.parts.some((part) => testFilter(part, item, start));
    case 'not':
      return !testFilter(node.part, item, start);
    case 'exists':
      return operandValue(node.operand, item, start) !== undefined;
    case 'compare':
      return compare(node, item, start);
  }
};
