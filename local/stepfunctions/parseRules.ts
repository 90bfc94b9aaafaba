import { isObject, type Json, type JsonObject } from './json.ts';
import type { CatchRule, ChoiceRule, Condition, QueryLanguage, RetryRule } from './machine.ts';
import type { Fields } from './parseFields.ts';

/** Source: Amazon States Language, comparison operators. */
const TYPED = ['String', 'Numeric', 'Timestamp'] as const;
const ORDERS = [
  'Equals',
  'LessThan',
  'GreaterThan',
  'LessThanEquals',
  'GreaterThanEquals',
] as const;
const COMPARISONS = [
  ...TYPED.flatMap((type) => ORDERS.map((order) => `${type}${order}`)),
  'BooleanEquals',
];
const TESTS = ['IsNull', 'IsPresent', 'IsNumeric', 'IsString', 'IsBoolean', 'IsTimestamp'];
const OPERATORS = new Set([
  ...COMPARISONS,
  ...COMPARISONS.map((name) => `${name}Path`),
  ...TESTS,
  'StringMatches',
]);

const expectedType = (operator: string): 'string' | 'number' | 'boolean' => {
  if (operator.endsWith('Path') || operator === 'StringMatches') return 'string';
  if (operator.startsWith('Is') || operator.startsWith('Boolean')) return 'boolean';
  return operator.startsWith('Numeric') ? 'number' : 'string';
};

/** `Assign`, in the template form of the language. */
export const parseAssign = (fields: Fields, language: QueryLanguage): JsonObject | undefined => {
  const value = language === 'JSONata' ? fields.expressions('Assign') : fields.template('Assign');
  if (value === undefined) return undefined;
  if (!isObject(value)) {
    fields.problem('Expected value of type Object', 'Assign');
    return undefined;
  }
  for (const key of Object.keys(value)) {
    const name = language === 'JSONPath' ? key.replace(/\.\$$/, '') : key;
    if (!/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u.test(name)) {
      fields.problem(`'${name}' is not a valid variable name`, `Assign/${key}`);
    } else if (name === 'states' || name === '__proto__') {
      fields.problem(`The variable name '${name}' is reserved`, `Assign/${key}`);
    }
  }
  return value;
};

const operatorOf = (rule: Fields): string | undefined => {
  const found = Object.keys(rule.value).filter((key) => OPERATORS.has(key));
  if (found.length === 1) return found[0];
  rule.problem(
    found.length === 0
      ? 'A choice rule needs a comparison operator'
      : `A choice rule takes one comparison operator, found ${found.join(', ')}`,
  );
  return undefined;
};

const CONDITION_DEPTH_MAX = 100;

const parseCondition = (rule: Fields, depth = 0): Condition => {
  const nothing: Condition = { op: 'And', parts: [] };
  if (depth > CONDITION_DEPTH_MAX) {
    rule.problem(`Choice rules nest deeper than ${CONDITION_DEPTH_MAX}`);
    return nothing;
  }
  for (const op of ['And', 'Or'] as const) {
    if (!rule.has(op)) continue;
    const list = rule.list(op) ?? [];
    if (list.length === 0) rule.problem('Expected at least one choice rule', op);
    const parts = list.flatMap((part) => (part ? [inner(part, depth)] : []));
    return { op, parts };
  }
  if (rule.has('Not')) {
    const part = rule.object('Not');
    return part ? { op: 'Not', part: inner(part, depth) } : nothing;
  }
  const variable = rule.path('Variable');
  if (variable === undefined && !rule.has('Variable')) rule.missing('Variable');
  const operator = operatorOf(rule);
  if (operator === undefined) return nothing;
  const operand: Json = rule.raw(operator) ?? null;
  const expected = expectedType(operator);
  if (typeof operand !== expected) rule.problem(`Expected value of type ${expected}`, operator);
  else if (operator.endsWith('Path') && typeof operand === 'string') {
    rule.checkPath(operand, operator);
  }
  return { op: 'compare', variable: variable ?? '$', operator, operand };
};

const inner = (part: Fields, depth: number): Condition => {
  const condition = parseCondition(part, depth + 1);
  part.string('Comment');
  part.refuseRest((key) =>
    key === 'Next' ? 'Next is only allowed in a top-level rule' : undefined,
  );
  return condition;
};

const jsonataCondition = (rule: Fields): ChoiceRule['condition'] => {
  const value = rule.raw('Condition');
  if (value === undefined) rule.missing('Condition');
  else if (typeof value === 'boolean') return { op: 'expression', text: value };
  else if (typeof value === 'string') {
    rule.checkExpression(value, 'Condition');
    return { op: 'expression', text: value };
  } else rule.problem('Expected a JSONata expression or a Boolean', 'Condition');
  return { op: 'expression', text: false };
};

/** One entry of `Choices`. */
export const parseChoiceRule = (rule: Fields, language: QueryLanguage): ChoiceRule => {
  const made: ChoiceRule = {
    next: rule.needString('Next'),
    assign: parseAssign(rule, language),
    output: language === 'JSONata' ? rule.expressions('Output') : undefined,
    condition: language === 'JSONata' ? jsonataCondition(rule) : parseCondition(rule),
  };
  rule.string('Comment');
  rule.refuseRest();
  return made;
};

const errorNames = (rule: Fields): string[] => {
  const value = rule.raw('ErrorEquals');
  if (!Array.isArray(value) || value.length === 0) {
    rule.problem('Expected a non-empty Array of error names', 'ErrorEquals');
    return [];
  }
  const names = value.filter((name) => typeof name === 'string');
  if (names.length < value.length) rule.problem('Expected error names', 'ErrorEquals');
  if (names.includes('States.ALL') && names.length > 1) {
    rule.problem('States.ALL must appear alone', 'ErrorEquals');
  }
  return names;
};

/** `States.ALL` may only stand in the last rule. */
const checkAllIsLast = (
  state: Fields,
  key: string,
  rules: readonly { errorEquals: readonly string[] }[],
) => {
  for (const [i, rule] of rules.entries()) {
    if (i < rules.length - 1 && rule.errorEquals.includes('States.ALL')) {
      state.problem('States.ALL must be in the last rule', `${key}[${i}]/ErrorEquals`);
    }
  }
};

const DEFAULT_MAX_ATTEMPTS = 3;
const DEFAULT_BACKOFF_RATE = 2;

export const parseRetry = (state: Fields): RetryRule[] => {
  const rules = (state.list('Retry') ?? []).flatMap((rule): RetryRule[] => {
    if (!rule) return [];
    const jitter = rule.string('JitterStrategy');
    if (jitter !== undefined && jitter !== 'FULL' && jitter !== 'NONE') {
      rule.problem("Expected one of 'FULL', 'NONE'", 'JitterStrategy');
    }
    const made: RetryRule = {
      errorEquals: errorNames(rule),
      intervalSeconds: rule.number('IntervalSeconds', 1, 99_999_999) ?? 1,
      maxAttempts: rule.number('MaxAttempts', 0, 99_999_999) ?? DEFAULT_MAX_ATTEMPTS,
      backoffRate:
        rule.number('BackoffRate', 1, Number.POSITIVE_INFINITY, false) ?? DEFAULT_BACKOFF_RATE,
      maxDelaySeconds: rule.number('MaxDelaySeconds', 1, 31_622_399),
      fullJitter: jitter === 'FULL',
    };
    rule.string('Comment');
    rule.refuseRest();
    return [made];
  });
  checkAllIsLast(state, 'Retry', rules);
  return rules;
};

export const parseCatch = (state: Fields, language: QueryLanguage): CatchRule[] => {
  const rules = (state.list('Catch') ?? []).flatMap((rule): CatchRule[] => {
    if (!rule) return [];
    const made: CatchRule = {
      errorEquals: errorNames(rule),
      next: rule.needString('Next'),
      resultPath: language === 'JSONPath' ? rule.referencePath('ResultPath') : undefined,
      output: language === 'JSONata' ? rule.expressions('Output') : undefined,
      assign: parseAssign(rule, language),
    };
    rule.string('Comment');
    rule.refuseRest();
    return [made];
  });
  checkAllIsLast(state, 'Catch', rules);
  return rules;
};
