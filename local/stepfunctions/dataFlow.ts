import { contextOf } from './context.ts';
import { evaluationFault, runtimeFault, StateFault } from './failure.ts';
import { compileIntrinsic, IntrinsicError, runIntrinsic } from './intrinsics.ts';
import { isObject, type Json, type JsonObject, show } from './json.ts';
import { type ExpressionScope, evaluate, evaluateTemplate, hasExpression } from './jsonata.ts';
import { compilePath, PathNotFound, type PathScope, readPath, writePath } from './jsonPath.ts';
import type { NumberField, StateBase } from './machine.ts';
import type { Frame, Outcome, Run } from './runtime.ts';

/** What JSONPath expressions of the frame's state look at. */
export const pathScope = (run: Run, frame: Frame, input: Json): PathScope => ({
  input,
  context: () => contextOf(run, frame),
  variables: frame.variables,
});

/** What JSONata expressions see; `extra` adds `result` or `errorOutput` to `$states`. */
export const expressionScope = (
  run: Run,
  frame: Frame,
  extra: JsonObject = {},
): ExpressionScope => ({
  states: { input: frame.input, context: contextOf(run, frame), ...extra },
  variables: frame.variables,
  random: run.tools.random,
  nowMs: run.tools.clock.now(),
});

/** Reads a path field such as InputPath, with the error text AWS gives. */
export const readField = (text: string, scope: PathScope): Json => {
  try {
    return readPath(compilePath(text), scope);
  } catch (error) {
    if (error instanceof PathNotFound) {
      throw runtimeFault(`Invalid path '${text}' : ${error.message}`);
    }
    throw error;
  }
};

/** A path or intrinsic function of a template field; the text names the field. */
export const readTemplateValue = (
  text: string,
  field: string,
  scope: PathScope,
  run: Run,
): Json => {
  try {
    if (text.startsWith('States.')) {
      return runIntrinsic(compileIntrinsic(text), scope, run.tools.random);
    }
    return readPath(compilePath(text), scope);
  } catch (error) {
    if (error instanceof PathNotFound) {
      throw runtimeFault(
        `The JSONPath '${text}' specified for the field '${field}' could not be found in the input '${show(scope.input)}'`,
      );
    }
    if (error instanceof IntrinsicError) {
      throw new StateFault(
        'States.IntrinsicFailure',
        `The function '${text}' had the following error: ${error.message}`,
      );
    }
    throw error;
  }
};

/** Fills a JSONPath payload template. */
export const fillTemplate = (template: Json, scope: PathScope, run: Run): Json => {
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, scope, run));
  if (!isObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]): [string, Json] =>
      key.endsWith('.$') && typeof value === 'string'
        ? [key.slice(0, -2), readTemplateValue(value, key, scope, run)]
        : [key, fillTemplate(value, scope, run)],
    ),
  );
};

/** The state's input after InputPath; a null path gives an empty object. */
export const effectiveInput = (run: Run, frame: Frame, state: StateBase): Json => {
  if (state.inputPath === undefined || state.inputPath === '$') return frame.input;
  if (state.inputPath === null) return {};
  return readField(state.inputPath, pathScope(run, frame, frame.input));
};

/** What a Task, Parallel or Pass works on: Parameters or Arguments, else the effective input. */
export const argumentsOf = async (run: Run, frame: Frame, state: StateBase): Promise<Json> => {
  if (state.language === 'JSONata') {
    if (state.arguments === undefined) return frame.input;
    if (!hasExpression(state.arguments)) return state.arguments;
    return evaluateTemplate(state.arguments, 'Arguments', expressionScope(run, frame));
  }
  const input = effectiveInput(run, frame, state);
  if (state.parameters === undefined) return input;
  return fillTemplate(state.parameters, pathScope(run, frame, input), run);
};

const assignJsonata = async (assign: JsonObject, scope: ExpressionScope): Promise<JsonObject> => {
  const value = hasExpression(assign) ? await evaluateTemplate(assign, 'Assign', scope) : assign;
  return isObject(value) ? value : {};
};

/** Variables a state sets, evaluated before any of them counts. */
export const assignPath = (
  assign: JsonObject | undefined,
  scope: PathScope,
  run: Run,
): JsonObject | undefined => {
  if (!assign) return undefined;
  const value = fillTemplate(assign, scope, run);
  return isObject(value) ? value : undefined;
};

/** Puts a result into the state's raw input at ResultPath. */
export const placeResult = (path: string | null | undefined, input: Json, result: Json): Json => {
  if (path === null) return input;
  if (path === undefined || path === '$') return result;
  try {
    return writePath(compilePath(path), input, result);
  } catch (error) {
    if (!(error instanceof PathNotFound)) throw error;
    throw new StateFault(
      'States.ResultPathMatchFailure',
      `Unable to apply step "${path}" to input ${show(input)}: ${error.message}`,
    );
  }
};

/** The output after OutputPath; a null path gives an empty object. */
export const selectOutput = (
  run: Run,
  frame: Frame,
  path: string | null | undefined,
  value: Json,
): Json => {
  if (path === undefined || path === '$') return value;
  if (path === null) return {};
  return readField(path, pathScope(run, frame, value));
};

/** A state's end in JSONata: Assign and Output see the variables as they were before. */
export const finishJsonata = async (
  run: Run,
  frame: Frame,
  parts: {
    readonly assign: JsonObject | undefined;
    readonly output: Json | undefined;
    readonly next: string | undefined;
    readonly otherwise: Json;
    readonly extra: JsonObject;
  },
): Promise<Outcome> => {
  const scope = () => expressionScope(run, frame, parts.extra);
  const assigned = parts.assign ? await assignJsonata(parts.assign, scope()) : undefined;
  let output = parts.otherwise;
  if (parts.output !== undefined) {
    output = hasExpression(parts.output)
      ? await evaluateTemplate(parts.output, 'Output', scope())
      : parts.output;
  }
  return { next: parts.next, output, assigned };
};

/** The end of a state that has a result: selector, Assign, ResultPath, OutputPath or Output. */
export const finishWithResult = async (
  run: Run,
  frame: Frame,
  state: StateBase,
  result: Json,
): Promise<Outcome> => {
  if (state.language === 'JSONata') {
    return finishJsonata(run, frame, { ...state, otherwise: result, extra: { result } });
  }
  const selected =
    state.resultSelector === undefined
      ? result
      : fillTemplate(state.resultSelector, pathScope(run, frame, result), run);
  const assigned = assignPath(state.assign, pathScope(run, frame, selected), run);
  const placed = placeResult(state.resultPath, frame.input, selected);
  return {
    next: state.next,
    output: selectOutput(run, frame, state.outputPath, placed),
    assigned,
  };
};

/** The value of a number field, or undefined when it is not given. */
export const numberOf = async (
  run: Run,
  frame: Frame,
  field: NumberField,
  name: string,
): Promise<number | undefined> => {
  if (!field) return undefined;
  if (field.kind === 'value') return field.value;
  if (field.kind === 'expression') {
    const value = await evaluate(field.text, name, expressionScope(run, frame));
    if (typeof value === 'number') return value;
    throw evaluationFault(
      `The JSONata expression '${field.text}' specified for the field '${name}' returned an unexpected result type. Expected 'number', but was '${value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value}' for value: ${show(value)}`,
      name,
    );
  }
  const input = frame.input;
  const value = readField(field.text, pathScope(run, frame, input));
  const float = name === 'ToleratedFailurePercentage';
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !(float ? Number.isFinite(number) : Number.isInteger(number))) {
    throw runtimeFault(
      `The ${field.field} field refers to value ${show(value)} which is not a valid ${float ? 'float' : 'integer'}: ${field.text}`,
    );
  }
  return number;
};
