import jsonata from 'jsonata';
import { evaluationFault, type StateFault } from './failure.ts';
import { hashText } from './intrinsics.ts';
import { isObject, type Json, parseJson, show } from './json.ts';
import { type Random, randomUuid, seededRandom } from './random.ts';

/** What an expression sees: `$states` and the variables in scope. */
export type ExpressionScope = {
  readonly states: Json;
  readonly variables: Readonly<Record<string, Json>>;
  readonly random: Random;
  /** What `$now` and `$millis` tell, in epoch milliseconds. */
  readonly nowMs: number;
};

/** Steps one expression may take and how deep it may nest, so that none can hang the process. */
const STEPS_MAX = 1_000_000;
const DEPTH_MAX = 5_000;
const RANGE_MAX = 1_000_000;

const MARK = /^\{%([\s\S]*)%\}$/;

/** The expression inside `{% %}`, or undefined for a plain string. */
export const expressionIn = (text: string): string | undefined => MARK.exec(text)?.[1]?.trim();

const COMPILED_MAX = 5_000;
const compiled = new Map<string, jsonata.Expression>();

class ExpressionError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The name the counters of one evaluation are bound to; no variable can have a space in it. */
const COUNTERS = 'evaluation counters';
type Counters = { steps: number; depth: number };
type Environment = { lookup(name: string): Counters | undefined };

/** Counts evaluation steps through the hooks jsonata calls around each node. */
const limit = (expression: jsonata.Expression): void => {
  const bind = (name: symbol, hook: (node: unknown, input: unknown, env: Environment) => void) => {
    // The hooks are looked up by symbol, which the published type of `assign` does not know.
    Reflect.apply(expression.assign, expression, [name, hook]);
  };
  bind(Symbol.for('jsonata.__evaluate_entry'), (_node, _input, env) => {
    const counters = env.lookup(COUNTERS);
    if (!counters) return;
    counters.steps += 1;
    counters.depth += 1;
    if (counters.depth > DEPTH_MAX) {
      throw new ExpressionError('U1001', 'the expression nests too deeply');
    }
    if (counters.steps > STEPS_MAX) {
      throw new ExpressionError('U1001', 'the expression runs too long');
    }
  });
  bind(Symbol.for('jsonata.__evaluate_exit'), (_node, _input, env) => {
    const counters = env.lookup(COUNTERS);
    if (counters) counters.depth -= 1;
  });
};

/** Reads an expression; kept for the next time. Throws an Error with `code` and `position`. */
export const compileExpression = (text: string): jsonata.Expression => {
  const known = compiled.get(text);
  if (known) return known;
  const expression = jsonata(text);
  limit(expression);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(text, expression);
  return expression;
};

const partition = (items: unknown, size: unknown): unknown => {
  if (!Array.isArray(items) || typeof size !== 'number' || Math.round(size) < 1) {
    throw new ExpressionError('T0410', 'partition takes an array and a positive chunk size');
  }
  const step = Math.round(size);
  return Array.from({ length: Math.ceil(items.length / step) }, (_, i) =>
    items.slice(i * step, (i + 1) * step),
  );
};

const range = (first: unknown, last: unknown, step: unknown): unknown => {
  if (typeof first !== 'number' || typeof last !== 'number' || typeof step !== 'number' || !step) {
    throw new ExpressionError('T0410', 'range takes a first, a last and a step that is not 0');
  }
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  if (count > RANGE_MAX) throw new ExpressionError('U1003', `a range of ${count} is too long`);
  return Array.from({ length: count }, (_, i) => first + i * step);
};

const FORMAT_TIME = '$fromMillis($ms, $picture, $zone)';

/**
 * The functions Step Functions adds to JSONata. `$random` and `$uuid` draw from the engine, `$now` and
 * `$millis` tell its time, so that a virtual clock and a seed repeat a run.
 */
const extraFunctions = ({ random, nowMs }: ExpressionScope): Record<string, unknown> => ({
  millis: () => nowMs,
  now: (picture?: unknown, zone?: unknown) =>
    picture === undefined
      ? new Date(nowMs).toISOString()
      : compileExpression(FORMAT_TIME).evaluate(undefined, { ms: nowMs, picture, zone }),
  partition,
  range,
  hash: (data: unknown, algorithm: unknown) =>
    hashText(String(data), typeof algorithm === 'string' ? algorithm : 'SHA-256'),
  random: (seed?: unknown) => (typeof seed === 'number' ? seededRandom(seed)() : random()),
  uuid: () => randomUuid(random),
  parse: (text: unknown) => (typeof text === 'string' ? parseJson(text) : undefined),
  eval: () => {
    throw new ExpressionError('U1002', '$eval is not supported: use $parse');
  },
});

/** Turns what jsonata gave into plain JSON; undefined when something in it is not JSON. */
const plain = (value: unknown): Json | undefined => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value) {
      const made = plain(item);
      if (made === undefined) return undefined;
      items.push(made);
    }
    return items;
  }
  if (typeof value !== 'object' || value instanceof RegExp || '_jsonata_function' in value) {
    return undefined;
  }
  if ('_jsonata_lambda' in value) return undefined;
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const json = plain(member);
    if (json === undefined) return undefined;
    members.push([key, json]);
  }
  return Object.fromEntries(members);
};

const thrown = (error: unknown): string => {
  const code = isObject(error) || error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const message = isObject(error) || error instanceof Error ? Reflect.get(error, 'message') : error;
  return typeof code === 'string' ? `${code}: ${String(message)}` : String(message);
};

const about = (text: string, field: string): string =>
  `The JSONata expression '${text}' specified for the field '${field}'`;

/** The fault for a result of the wrong type, in the words of AWS. */
export const typeFault = (text: string, field: string, expected: string, value: Json): StateFault =>
  evaluationFault(
    `${about(text, field)} returned an unexpected result type. Expected '${expected}', but was '${typeName(value)}' for value: ${show(value)}`,
    field,
  );

const typeName = (value: Json): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

/** Evaluates an expression. Throws a StateFault of States.QueryEvaluationError naming the field. */
export const evaluate = async (
  text: string,
  field: string,
  scope: ExpressionScope,
): Promise<Json> => {
  let result: unknown;
  try {
    result = await compileExpression(text).evaluate(undefined, {
      ...scope.variables,
      states: scope.states,
      ...extraFunctions(scope),
      [COUNTERS]: { steps: 0, depth: 0 },
    });
  } catch (error) {
    throw evaluationFault(
      `${about(text, field)} threw an error during evaluation. ${thrown(error)}`,
      field,
    );
  }
  if (result === undefined) {
    throw evaluationFault(`${about(text, field)} returned nothing (undefined).`, field);
  }
  const json = plain(result);
  if (json === undefined) {
    throw evaluationFault(`${about(text, field)} returned an unsupported result type.`, field);
  }
  return json;
};

/** True when some string inside is an expression, so that a template without any costs nothing. */
export const hasExpression = (template: Json): boolean => {
  if (typeof template === 'string') return expressionIn(template) !== undefined;
  if (Array.isArray(template)) return template.some(hasExpression);
  return isObject(template) && Object.values(template).some(hasExpression);
};

/** Evaluates every expression inside a template; the rest stays as written. */
export const evaluateTemplate = async (
  template: Json,
  field: string,
  scope: ExpressionScope,
): Promise<Json> => {
  if (typeof template === 'string') {
    const text = expressionIn(template);
    return text === undefined ? template : evaluate(text, field, scope);
  }
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const [i, item] of template.entries()) {
      items.push(await evaluateTemplate(item, `${field}[${i}]`, scope));
    }
    return items;
  }
  if (!isObject(template)) return template;
  const members: [string, Json][] = [];
  for (const [key, value] of Object.entries(template)) {
    members.push([key, await evaluateTemplate(value, `${field}/${key}`, scope)]);
  }
  return Object.fromEntries(members);
};
