import type {
  NumberField,
  QueryLanguage,
  State,
  StateBase,
  StateGraph,
  WaitState,
} from './machine.ts';
import type { Fields } from './parseFields.ts';
import { parseGraph, type Surroundings } from './parseMachine.ts';
import { parseMap } from './parseMap.ts';
import { parseAssign, parseCatch, parseChoiceRule, parseRetry } from './parseRules.ts';
import { parseResource } from './resource.ts';
import { parseTimestamp } from './timestamps.ts';

type Type = State['type'];

/** Which of the shared fields a state type takes. Source: Amazon States Language, state tables. */
const SHARED: Record<Type, string> = {
  Task: 'next path parameters result resultPath assign output retry',
  Parallel: 'next path parameters result resultPath assign output retry',
  Map: 'next path result resultPath assign output retry mapParameters',
  Pass: 'next path parameters resultPath assign output',
  Wait: 'next path assign output',
  Choice: 'path assign output',
  Succeed: 'path output assign',
  Fail: '',
};

const JSONPATH_ONLY = new Set([
  'InputPath',
  'OutputPath',
  'ResultPath',
  'Parameters',
  'ResultSelector',
  'Result',
  'ItemsPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'SecondsPath',
  'TimestampPath',
  'ErrorPath',
  'CausePath',
  'MaxConcurrencyPath',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
]);
const JSONATA_ONLY = new Set(['Arguments', 'Output', 'Items']);

/** Why a field that nobody asked for is refused. */
const refusal = (language: QueryLanguage) => (key: string) => {
  const other = language === 'JSONata' ? JSONPATH_ONLY : JSONATA_ONLY;
  return other.has(key)
    ? `Field '${key}' is not supported when the QueryLanguage is '${language}'`
    : undefined;
};

const nextOf = (state: Fields): string | undefined => {
  const next = state.string('Next');
  const end = state.boolean('End');
  if (next !== undefined && state.has('End')) {
    state.problem("A state takes one of 'Next' and 'End', found both");
  } else if (next === undefined && end !== true && !state.has('Next')) {
    state.problem("The field 'Next' or 'End' is required but was missing");
  }
  return next;
};

const baseOf = (state: Fields, name: string, language: QueryLanguage, type: Type): StateBase => {
  const shared = SHARED[type].split(' ');
  const takes = (group: string) => shared.includes(group);
  const jsonPath = language === 'JSONPath';
  const jsonata = language === 'JSONata';
  return {
    name,
    language,
    next: takes('next') ? nextOf(state) : undefined,
    inputPath: jsonPath && takes('path') ? state.nullablePath('InputPath') : undefined,
    outputPath: jsonPath && takes('path') ? state.nullablePath('OutputPath') : undefined,
    resultPath: jsonPath && takes('resultPath') ? state.referencePath('ResultPath') : undefined,
    parameters: jsonPath && takes('parameters') ? state.template('Parameters') : undefined,
    resultSelector: jsonPath && takes('result') ? state.template('ResultSelector') : undefined,
    arguments:
      jsonata && takes('parameters') && type !== 'Pass'
        ? state.expressions('Arguments')
        : undefined,
    output: jsonata && takes('output') ? state.expressions('Output') : undefined,
    assign: takes('assign') ? parseAssign(state, language) : undefined,
    retry: takes('retry') ? parseRetry(state) : [],
    catch: takes('retry') ? parseCatch(state, language) : [],
  };
};

const TIMEOUT_SECONDS_MAX = 99_999_999;

const parseTask = (state: Fields, base: StateBase): State => {
  const resource = state.needString('Resource');
  const timeoutSeconds = state.numberField('TimeoutSeconds', base.language, 1, TIMEOUT_SECONDS_MAX);
  const heartbeatSeconds = state.numberField(
    'HeartbeatSeconds',
    base.language,
    1,
    TIMEOUT_SECONDS_MAX,
  );
  if (resource !== '') {
    const found = parseResource(resource);
    if ('problem' in found) state.problem(found.problem, 'Resource');
  }
  const [timeout, heartbeat] = [timeoutSeconds, heartbeatSeconds].map((field) =>
    field?.kind === 'value' ? field.value : undefined,
  );
  if (timeout !== undefined && heartbeat !== undefined && heartbeat >= timeout) {
    state.problem('HeartbeatSeconds must be smaller than TimeoutSeconds', 'HeartbeatSeconds');
  }
  return { ...base, type: 'Task', resource, timeoutSeconds, heartbeatSeconds };
};

const parseWait = (state: Fields, base: StateBase): WaitState => {
  const jsonPath = base.language === 'JSONPath';
  const made: WaitState = {
    ...base,
    type: 'Wait',
    seconds: waitSeconds(state, base.language),
    timestamp: state.string('Timestamp'),
    timestampPath: jsonPath ? state.path('TimestampPath') : undefined,
  };
  const given = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'].filter((k) =>
    state.has(k),
  );
  if (given.length !== 1) {
    state.problem(
      `A Wait state takes exactly one of Seconds, SecondsPath, Timestamp, TimestampPath, found ${given.join(', ') || 'none'}`,
    );
  }
  if (made.timestamp !== undefined && !jsonPath) {
    state.checkExpression(made.timestamp, 'Timestamp');
  } else if (made.timestamp !== undefined && parseTimestamp(made.timestamp) === undefined) {
    state.problem('Expected an ISO-8601 timestamp', 'Timestamp');
  }
  return made;
};

const waitSeconds = (state: Fields, language: QueryLanguage): NumberField =>
  state.numberField('Seconds', language, 0, TIMEOUT_SECONDS_MAX);

const parseFail = (state: Fields, base: StateBase): State => {
  const jsonPath = base.language === 'JSONPath';
  const text = (key: string) => {
    const value = state.string(key);
    if (value !== undefined && !jsonPath) state.checkExpression(value, key);
    if (state.has(key) && state.has(`${key}Path`)) {
      state.problem(`Only one of '${key}' and '${key}Path' is allowed`);
    }
    return value;
  };
  const path = (key: string) => {
    const value = jsonPath ? state.string(key) : undefined;
    if (value !== undefined) state.checkPath(value, key, true);
    return value;
  };
  return {
    ...base,
    type: 'Fail',
    error: text('Error'),
    cause: text('Cause'),
    errorPath: path('ErrorPath'),
    causePath: path('CausePath'),
  };
};

const parseChoice = (state: Fields, base: StateBase): State => {
  const list = state.list('Choices');
  if (!list) {
    if (!state.has('Choices')) state.missing('Choices');
  } else if (list.length === 0) state.problem('Expected at least one choice', 'Choices');
  const choices = (list ?? []).flatMap((rule) =>
    rule ? [parseChoiceRule(rule, base.language)] : [],
  );
  return { ...base, type: 'Choice', choices, default: state.string('Default') };
};

const parseParallel = (state: Fields, base: StateBase, around: Surroundings): State => {
  const list = state.list('Branches');
  if (!list && !state.has('Branches')) state.missing('Branches');
  const branches = (list ?? []).flatMap((branch): StateGraph[] => {
    if (!branch) return [];
    const graph = parseGraph(branch, base.language, { ...around, depth: around.depth + 1 });
    branch.string('Comment');
    branch.refuseRest();
    return [graph];
  });
  return { ...base, type: 'Parallel', branches };
};

const isType = (text: string): text is Type => Object.hasOwn(SHARED, text);

/** Reads one state; every field that does not belong there is a problem with its place. */
export const parseState = (
  state: Fields,
  name: string,
  language: QueryLanguage,
  around: Surroundings,
): State | undefined => {
  const type = state.needString('Type');
  if (!isType(type)) {
    if (type !== '') state.problem(`Expected one of ${Object.keys(SHARED).join(', ')}`, 'Type');
    return undefined;
  }
  state.string('Comment');
  const base = baseOf(state, name, language, type);
  const made = parseByType(state, base, type, around);
  if (state.has('Credentials') && type === 'Task') {
    state.problem('Credentials are not supported: there is one account here', 'Credentials');
    state.raw('Credentials');
  }
  state.refuseRest(refusal(language));
  return made;
};

const parseByType = (state: Fields, base: StateBase, type: Type, around: Surroundings): State => {
  switch (type) {
    case 'Task':
      return parseTask(state, base);
    case 'Pass': {
      const result = base.language === 'JSONPath' ? state.raw('Result') : undefined;
      return { ...base, type, result };
    }
    case 'Succeed':
      return { ...base, type };
    case 'Fail':
      return parseFail(state, base);
    case 'Wait':
      return parseWait(state, base);
    case 'Choice':
      return parseChoice(state, base);
    case 'Parallel':
      return parseParallel(state, base, around);
    case 'Map':
      return parseMap(state, base, around);
  }
};
