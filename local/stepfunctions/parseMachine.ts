import { isObject, type Json, parseJson } from './json.ts';
import type { Machine, QueryLanguage, State, StateGraph } from './machine.ts';
import { Fields, type Problem } from './parseFields.ts';
import { parseState } from './parseState.ts';

/** A definition that AWS would not take; every problem has the place where it is. */
export class InvalidDefinition extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    const list = problems.map((p) => `${p.code}: ${p.message} at ${p.location}`);
    super(`Invalid State Machine Definition: '${list.join(', ')}'`);
    this.name = 'InvalidDefinition';
    this.problems = problems;
  }
}

/** Largest definition, in bytes. Source: Step Functions quotas. */
const DEFINITION_BYTES_MAX = 1_048_576;
const STATE_NAME_MAX = 80;
/** Deepest nesting of Parallel and Map states this engine takes. */
const NESTING_MAX = 50;

/** Reads the text of a definition. Throws InvalidDefinition with every problem found. */
export const parseMachine = (text: string): Machine => {
  if (Buffer.byteLength(text) > DEFINITION_BYTES_MAX) {
    throw invalid(`the definition is larger than ${DEFINITION_BYTES_MAX} bytes`);
  }
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new InvalidDefinition([
      {
        code: 'INVALID_JSON_DESCRIPTION',
        message: error instanceof Error ? error.message : 'not JSON',
        location: '/',
      },
    ]);
  }
  if (!isObject(value)) throw invalid('Expected value of type Object');
  const problems: Problem[] = [];
  const fields = new Fields(value, '', problems);
  const language = queryLanguage(fields, 'JSONPath');
  const machine: Machine = {
    comment: fields.string('Comment'),
    timeoutSeconds: fields.number('TimeoutSeconds', 1, 99_999_999),
    ...parseGraph(fields, language, { topIsJsonata: language === 'JSONata', depth: 0 }),
  };
  const version = fields.string('Version');
  if (version !== undefined && version !== '1.0') fields.problem("Expected '1.0'", 'Version');
  fields.refuseRest();
  if (problems.length > 0) throw new InvalidDefinition(problems);
  return machine;
};

const invalid = (message: string): InvalidDefinition =>
  new InvalidDefinition([{ code: 'SCHEMA_VALIDATION_FAILED', message, location: '/' }]);

const queryLanguage = (fields: Fields, otherwise: QueryLanguage): QueryLanguage => {
  const value = fields.string('QueryLanguage');
  if (value === undefined) return otherwise;
  if (value === 'JSONPath' || value === 'JSONata') return value;
  fields.problem("Expected one of 'JSONPath', 'JSONata'", 'QueryLanguage');
  return otherwise;
};

/** What holds for everything inside the part that is being read. */
export type Surroundings = { readonly topIsJsonata: boolean; readonly depth: number };

/** Reads `StartAt` and `States` and checks that every transition leads somewhere. */
export const parseGraph = (
  fields: Fields,
  language: QueryLanguage,
  around: Surroundings,
): StateGraph => {
  const startAt = fields.needString('StartAt');
  const list = fields.object('States');
  const states = new Map<string, State>();
  if (around.depth > NESTING_MAX) {
    fields.problem(`States nest deeper than ${NESTING_MAX}`, 'States');
    return { startAt, states };
  }
  if (!list) {
    if (!fields.has('States')) fields.missing('States');
    return { startAt, states };
  }
  const names = Object.keys(list.value);
  if (names.length === 0) list.problem('At least one state is required');
  for (const name of names) {
    const state = list.object(name);
    if (!state) continue;
    if (name.length > STATE_NAME_MAX) {
      state.problem(`A state name may have at most ${STATE_NAME_MAX} characters`);
    }
    const own = queryLanguage(state, language);
    if (around.topIsJsonata && own === 'JSONPath') {
      state.problem(
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' at the top level",
        'QueryLanguage',
      );
    }
    const made = parseState(state, name, own, around);
    if (made) states.set(name, made);
  }
  if (startAt !== '' && !Object.hasOwn(list.value, startAt)) {
    fields.problem(`Missing 'Next' target: ${startAt}`, 'StartAt', 'MISSING_TRANSITION_TARGET');
  }
  checkTransitions(list, startAt, states);
  return { startAt, states };
};

const targetsOf = (state: State): { target: string; place: string }[] => {
  const targets: { target: string; place: string }[] = [];
  if (state.next !== undefined) targets.push({ target: state.next, place: 'Next' });
  for (const [i, rule] of state.catch.entries()) {
    targets.push({ target: rule.next, place: `Catch[${i}]/Next` });
  }
  if (state.type === 'Choice') {
    for (const [i, rule] of state.choices.entries()) {
      targets.push({ target: rule.next, place: `Choices[${i}]/Next` });
    }
    if (state.default !== undefined) targets.push({ target: state.default, place: 'Default' });
  }
  return targets;
};

const checkTransitions = (
  list: Fields,
  startAt: string,
  states: ReadonlyMap<string, State>,
): void => {
  const reached = new Set([startAt]);
  for (const [name, state] of states) {
    for (const { target, place } of targetsOf(state)) {
      if (target === '') continue;
      reached.add(target);
      if (Object.hasOwn(list.value, target)) continue;
      list.problem(
        `Missing 'Next' target: ${target}`,
        `${name}/${place}`,
        'MISSING_TRANSITION_TARGET',
      );
    }
  }
  for (const name of states.keys()) {
    if (reached.has(name)) continue;
    list.problem(`State "${name}" is not reachable.`, name, 'MISSING_TRANSITION_TARGET');
  }
};
