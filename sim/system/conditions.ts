/** Conditions of DynamoDB writes: comparisons and two functions, joined by AND and OR. */
import { AwsError } from '../../local/wire/types.ts';
import type { Item } from './items.ts';

type Placeholders = {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};
type Test = (item: Item | undefined, placeholders: Placeholders) => boolean;

const refuse = (text: string): AwsError =>
  new AwsError('ValidationException', `Invalid ConditionExpression: ${text}`, {}, 400);

const nameOf = (text: string, { names }: Placeholders): string =>
  text.startsWith('#') ? (names[text] ?? '') : text;

/** Attributes of two types are never equal, and never in an order. */
const compared = (
  found: Readonly<Record<string, unknown>> | undefined,
  wanted: Readonly<Record<string, unknown>> | undefined,
): number | undefined => {
  if (found === undefined || wanted === undefined) return undefined;
  if ('N' in found && 'N' in wanted) return Number(found['N']) - Number(wanted['N']);
  if ('S' in found && 'S' in wanted) {
    const [a, b] = [String(found['S']), String(wanted['S'])];
    return a === b ? 0 : a < b ? -1 : 1;
  }
  return undefined;
};

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<=': (order) => order <= 0,
  '<': (order) => order < 0,
  '>=': (order) => order >= 0,
  '>': (order) => order > 0,
};

const atom = (text: string): Test => {
  const [, negated, attribute] = /^attribute_(not_)?exists\s*\(([\w#]+)\)$/.exec(text) ?? [];
  if (attribute !== undefined) {
    return (item, placeholders) =>
      (item?.[nameOf(attribute, placeholders)] === undefined) === (negated !== undefined);
  }
  const [, name, operator, value] = /^([\w#]+)\s*(<=|>=|=|<|>)\s*(:\w+)$/.exec(text) ?? [];
  const test = HOLDS[operator ?? ''];
  if (name === undefined || value === undefined || test === undefined) throw refuse(text);
  return (item, placeholders) => {
    const order = compared(item?.[nameOf(name, placeholders)], placeholders.values[value]);
    return order !== undefined && test(order);
  };
};

const parse = (expression: string): Test => {
  const clauses = expression
    .split(/\s+OR\s+/)
    .map((clause) => clause.split(/\s+AND\s+/).map((text) => atom(text.trim())));
  return (item, placeholders) =>
    clauses.some((tests) => tests.every((test) => test(item, placeholders)));
};

const parsed = new Map<string, Test>();

/** @throws AwsError `ValidationException` for what is no such condition. */
export const holds = (
  expression: string,
  placeholders: Placeholders,
  item: Item | undefined,
): boolean => {
  const test = parsed.get(expression) ?? parse(expression);
  parsed.set(expression, test);
  return test(item, placeholders);
};
