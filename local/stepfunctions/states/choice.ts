import {
  assignPath,
  effectiveInput,
  expressionScope,
  finishJsonata,
  pathScope,
  readField,
  selectOutput,
} from '../dataFlow.ts';
import { StateFault } from '../failure.ts';
import type { Json, JsonObject } from '../json.ts';
import { evaluate, expressionIn, typeFault } from '../jsonata.ts';
import { compilePath, PathNotFound, type PathScope, readPath } from '../jsonPath.ts';
import type { ChoiceRule, ChoiceState, Condition } from '../machine.ts';
import type { Frame, Outcome, Run } from '../runtime.ts';
import { parseTimestamp } from '../timestamps.ts';

const find = (path: string, scope: PathScope): Json | undefined => {
  try {
    return readPath(compilePath(path), scope);
  } catch (error) {
    if (error instanceof PathNotFound) return undefined;
    throw error;
  }
};

const isOfType = (type: string, value: Json | undefined): boolean => {
  switch (type) {
    case 'Null':
      return value === null;
    case 'Numeric':
      return typeof value === 'number';
    case 'String':
      return typeof value === 'string';
    case 'Boolean':
      return typeof value === 'boolean';
    default:
      return typeof value === 'string' && parseTimestamp(value) !== undefined;
  }
};

/** `*` stands for any text; `\*` and `\\` for themselves. */
const wildcard = (pattern: string): RegExp => {
  const source = pattern.replace(/\\([\\*])|[\s\S]/g, (c, escaped: string | undefined) => {
    if (escaped !== undefined) return `\\${escaped}`;
    return c === '*' ? '[\\s\\S]*' : c.replace(/[$()+./?[\\\]^{|}]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
};

const ORDERED: Record<string, (order: number) => boolean> = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  GreaterThan: (order) => order > 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThanEquals: (order) => order >= 0,
};

const comparable = (type: string, value: Json): string | number | boolean | undefined => {
  switch (type) {
    case 'String':
      return typeof value === 'string' ? value : undefined;
    case 'Numeric':
      return typeof value === 'number' ? value : undefined;
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return typeof value === 'string' ? parseTimestamp(value) : undefined;
  }
};

const compare = (operator: string, left: Json, right: Json): boolean => {
  const parts = /^(String|Numeric|Boolean|Timestamp)(.+)$/.exec(operator);
  const [, type, order] = parts ?? [];
  const test = order === undefined ? undefined : ORDERED[order];
  if (type === undefined || !test) return false;
  const [a, b] = [comparable(type, left), comparable(type, right)];
  if (a === undefined || b === undefined) return false;
  return test(a === b ? 0 : a < b ? -1 : 1);
};

const holds = (condition: Condition, scope: PathScope): boolean => {
  switch (condition.op) {
    case 'And':
      return condition.parts.every((part) => holds(part, scope));
    case 'Or':
      return condition.parts.some((part) => holds(part, scope));
    case 'Not':
      return !holds(condition.part, scope);
    case 'compare':
      return holdsComparison(condition, scope);
  }
};

const holdsComparison = (
  { operator, operand, variable }: Condition & { op: 'compare' },
  scope: PathScope,
): boolean => {
  if (operator === 'IsPresent') return (find(variable, scope) !== undefined) === operand;
  if (operator.startsWith('Is')) {
    return isOfType(operator.slice(2), find(variable, scope)) === operand;
  }
  const left = readField(variable, scope);
  if (operator === 'StringMatches') {
    return typeof left === 'string' && typeof operand === 'string' && wildcard(operand).test(left);
  }
  if (operator.endsWith('Path') && typeof operand === 'string') {
    return compare(operator.slice(0, -4), left, readField(operand, scope));
  }
  return compare(operator, left, operand);
};

const jsonataHolds = async (
  run: Run,
  frame: Frame,
  text: string | boolean,
  index: number,
): Promise<boolean> => {
  if (typeof text === 'boolean') return text;
  const field = `Choices[${index}]/Condition`;
  const expression = expressionIn(text);
  const value =
    expression === undefined
      ? text
      : await evaluate(expression, field, expressionScope(run, frame));
  if (typeof value === 'boolean') return value;
  throw typeFault(expression ?? text, field, 'boolean', value);
};

const chosen = async (
  run: Run,
  frame: Frame,
  state: ChoiceState,
): Promise<ChoiceRule | undefined> => {
  for (const [i, rule] of state.choices.entries()) {
    if (
      rule.condition.op === 'expression' &&
      (await jsonataHolds(run, frame, rule.condition.text, i))
    ) {
      return rule;
    }
  }
  return undefined;
};

type Way = { next: string; assign: JsonObject | undefined; output: Json | undefined };

const wayOf = (state: ChoiceState, rule: ChoiceRule | undefined): Way => {
  if (rule) return rule;
  if (state.default !== undefined) {
    return { next: state.default, assign: state.assign, output: state.output };
  }
  throw new StateFault(
    'States.NoChoiceMatched',
    'Failed to transition out of the state. The state does not point to a next state.',
  );
};

const runJsonata = async (run: Run, frame: Frame, state: ChoiceState): Promise<Outcome> => {
  const way = wayOf(state, await chosen(run, frame, state));
  return finishJsonata(run, frame, { ...way, otherwise: frame.input, extra: {} });
};

/** Choice: the first rule that holds says where to go. */
export const runChoice = (
  run: Run,
  frame: Frame,
  state: ChoiceState,
): Outcome | Promise<Outcome> => {
  if (state.language === 'JSONata') return runJsonata(run, frame, state);
  const input = effectiveInput(run, frame, state);
  const scope = pathScope(run, frame, input);
  const way = wayOf(
    state,
    state.choices.find(({ condition }) => condition.op !== 'expression' && holds(condition, scope)),
  );
  const assigned = assignPath(way.assign, scope, run);
  const output = selectOutput(run, frame, state.outputPath, input);
  return { next: way.next, output, assigned };
};
