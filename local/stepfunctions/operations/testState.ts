import { AwsError, type CallContext, type Operations } from '../../wire/types.ts';
import type { EngineParts } from '../engine.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../json.ts';
import { InvalidDefinition } from '../parseMachine.ts';
import { type StateTestRequest, testState } from '../stateTest.ts';

type Input = Readonly<Record<string, unknown>>;

const jsonOf = (value: unknown, otherwise: Json, what: string): Json => {
  if (value === undefined) return otherwise;
  try {
    return parseJson(String(value));
  } catch {
    throw new AwsError('ValidationException', `${what} must be valid JSON`);
  }
};

const objectOf = (value: unknown, what: string): JsonObject => {
  const json = jsonOf(value, {}, what);
  if (isObject(json)) return json;
  throw new AwsError('ValidationException', `${what} must be a JSON object`);
};

const mockOf = (value: unknown): Pick<StateTestRequest, 'mock'> => {
  if (typeof value !== 'object' || value === null) return {};
  const result: unknown = Reflect.get(value, 'result');
  if (result !== undefined) return { mock: { result: jsonOf(result, null, 'mock.result') } };
  const error: unknown = Reflect.get(value, 'errorOutput');
  if (typeof error !== 'object' || error === null) return {};
  const text = (key: string) => String(Reflect.get(error, key) ?? '');
  return { mock: { error: text('error'), cause: text('cause') } };
};

const REFUSED = ['context', 'revealSecrets'];

/** One state of a definition, or the definition of the state itself. */
const stateIn = (definition: Json, name: string | undefined): { name: string; text: string } => {
  const states = isObject(definition) ? definition['States'] : undefined;
  if (!isObject(states) || !isObject(definition)) {
    return { name: name ?? 'StateName', text: JSON.stringify(definition) };
  }
  const state = name === undefined ? undefined : states[name];
  if (name === undefined || !isObject(state)) {
    throw new AwsError('ValidationException', `stateName '${name ?? ''}' is not in the definition`);
  }
  const { QueryLanguage = 'JSONPath' } = definition;
  return { name, text: JSON.stringify({ QueryLanguage, ...state }) };
};

const retriesOf = (value: unknown): { retryCount?: number } => {
  const count: unknown =
    typeof value === 'object' && value !== null
      ? Reflect.get(value, 'retrierRetryCount')
      : undefined;
  return typeof count === 'number' ? { retryCount: count } : {};
};

const inspection = (
  level: unknown,
  input: Json,
  found: Awaited<ReturnType<typeof testState>>,
): { inspectionData?: object } => {
  if (level !== 'DEBUG' && level !== 'TRACE') return {};
  return {
    inspectionData: {
      input: JSON.stringify(input),
      ...(found.arguments === undefined ? {} : { afterArguments: JSON.stringify(found.arguments) }),
      ...(Object.keys(found.variables).length === 0
        ? {}
        : { variables: JSON.stringify(found.variables) }),
    },
  };
};

const run = (parts: EngineParts) => async (input: Input, call: CallContext) => {
  for (const key of REFUSED) {
    if (input[key] === undefined || input[key] === false) continue;
    throw new AwsError('ValidationException', `${key} is not supported by the embedded service`);
  }
  const name = typeof input['stateName'] === 'string' ? input['stateName'] : undefined;
  const state = stateIn(jsonOf(input['definition'], {}, 'definition'), name);
  const given = jsonOf(input['input'], {}, 'input');
  let found: Awaited<ReturnType<typeof testState>>;
  try {
    found = await testState({
      name: state.name,
      definition: state.text,
      input: given,
      variables: objectOf(input['variables'], 'variables'),
      ...mockOf(input['mock']),
      ...retriesOf(input['stateConfiguration']),
      clock: parts.clock,
      random: parts.random,
      gateway: parts.gateway,
      region: call.region,
      roleArn: String(input['roleArn'] ?? ''),
    });
  } catch (error) {
    if (error instanceof InvalidDefinition) throw new AwsError('InvalidDefinition', error.message);
    throw error;
  }
  return {
    status: found.status,
    ...(found.output === undefined ? {} : { output: JSON.stringify(found.output) }),
    ...(found.next === undefined ? {} : { nextState: found.next }),
    ...(found.error === undefined ? {} : { error: found.error }),
    ...(found.cause === undefined ? {} : { cause: found.cause }),
    ...inspection(input['inspectionLevel'], given, found),
  };
};

/** TestState. */
export const testStateOperations = (parts: EngineParts): Operations => ({ TestState: run(parts) });
