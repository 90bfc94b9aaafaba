import { realClock } from '../clock.ts';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';
import { parseMachine } from './parseMachine.ts';
import { seededRandom } from './random.ts';
import type { TaskGateway } from './runtime.ts';
import { type StateTestRequest, type StateTestResult, testState } from './stateTest.ts';

/** A state with its input, ready to be run with a result in the place of its work. */
export type GivenState = {
  /** The work gives this result. */
  mock(result: Json): Promise<StateTestResult>;
  /** The work fails with this error. */
  fail(error: string, cause?: string): Promise<StateTestResult>;
  /** The state has no work of its own: Pass, Choice, Wait, Succeed, Fail. */
  run(): Promise<StateTestResult>;
};

const findState = (graph: JsonObject, name: string, language: Json): JsonObject | undefined => {
  const states = isObject(graph['States']) ? graph['States'] : {};
  for (const [key, state] of Object.entries(states)) {
    if (!isObject(state)) continue;
    const own = state['QueryLanguage'] ?? language;
    if (key === name) return { ...state, QueryLanguage: own };
    const inner = [state['ItemProcessor'], state['Iterator']];
    const branches = Array.isArray(state['Branches']) ? state['Branches'] : [];
    for (const part of [...inner, ...branches]) {
      const found = isObject(part) ? findState(part, name, own) : undefined;
      if (found) return found;
    }
  }
  return undefined;
};

const unreachable: TaskGateway = {
  call: ({ service, action }) =>
    Promise.reject(new Error(`the test gave no result for ${service}:${action}`)),
};

/**
 * Runs single states of a machine, as the TestState API of AWS does:
 * `state('Rank').given(input, variables).mock(result)`. States inside branches and Maps are found by
 * their name. Throws InvalidDefinition when the machine as a whole is not valid.
 */
export const testMachine = (definition: string | object, options: { retryCount?: number } = {}) => {
  const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
  parseMachine(text);
  const whole = parseJson(text);
  return {
    state: (name: string) => ({
      given: (input: Json, variables: JsonObject = {}): GivenState => {
        const graph = isObject(whole) ? whole : {};
        const found = findState(graph, name, graph['QueryLanguage'] ?? 'JSONPath');
        if (!found) throw new Error(`the machine has no state '${name}'`);
        const test = (mock: Pick<StateTestRequest, 'mock'>) =>
          testState({
            name,
            definition: JSON.stringify(found),
            input,
            variables,
            clock: realClock,
            random: seededRandom(1),
            gateway: unreachable,
            region: 'eu-west-1',
            roleArn: 'arn:aws:iam::000000000000:role/test',
            ...options,
            ...mock,
          });
        return {
          mock: (result) => test({ mock: { result } }),
          fail: (error, cause = '') => test({ mock: { error, cause } }),
          run: () => test({}),
        };
      },
    }),
  };
};
