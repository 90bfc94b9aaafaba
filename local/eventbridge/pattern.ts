import { isRecord } from '../state/json.ts';
import { type ArrayMatch, PatternError, readMatch } from './patternOperators.ts';

export type Matches = (event: unknown) => boolean;

/** Keys that keep `$or` an ordinary field name, as the rule engine of EventBridge has it. */
const OPERATOR_NAMES = new Set([
  'exactly',
  'prefix',
  'suffix',
  'anything-but',
  'numeric',
  'exists',
  'equals-ignore-case',
  'wildcard',
  'cidr',
]);

/** The leaf values of a field; arrays count as several values of one field. */
const leavesOf = (value: unknown): unknown[] => {
  if (value === undefined || isRecord(value)) return [];
  return Array.isArray(value) ? value.flatMap(leavesOf) : [value];
};

const leafMatch = (matches: readonly ArrayMatch[]): Matches => {
  return (value) => {
    const leaves = leavesOf(value);
    return matches.some((match) =>
      match.kind === 'absent' ? leaves.length === 0 : leaves.some((leaf) => match.test(leaf)),
    );
  };
};

/** Of an array of objects one element must match alone, so that no match is pieced together. */
const nestedMatch = (inner: Matches): Matches => {
  const test: Matches = (value) => (Array.isArray(value) ? value.some(test) : inner(value));
  return test;
};

const orBranches = (key: string, value: unknown): Record<string, unknown>[] | undefined => {
  if (key !== '$or' || !Array.isArray(value) || value.length < 2) return undefined;
  const branches = value.filter(isRecord);
  const ordinary =
    branches.length < value.length ||
    branches.some((branch) => Object.keys(branch).some((name) => OPERATOR_NAMES.has(name)));
  return ordinary ? undefined : branches;
};

const compileObject = (pattern: Record<string, unknown>, at: string): Matches => {
  const keys = Object.entries(pattern);
  if (keys.length === 0)
    throw new PatternError(`Empty objects are not allowed at ${at || 'the top'}`);
  const tests = keys.map(([key, value]): Matches => {
    const path = at ? `${at}.${key}` : key;
    const branches = orBranches(key, value);
    if (branches) {
      const either = branches.map((branch) => compileObject(branch, at));
      return (event) => either.some((test) => test(event));
    }
    const test = compileField(value, path);
    return (event) => test(isRecord(event) && Object.hasOwn(event, key) ? event[key] : undefined);
  });
  return (event) => tests.every((test) => test(event));
};

const compileField = (value: unknown, path: string): Matches => {
  if (isRecord(value)) return nestedMatch(compileObject(value, path));
  if (!Array.isArray(value)) {
    throw new PatternError(`"${path}" must be an object or an array`);
  }
  if (value.length === 0) throw new PatternError(`Empty arrays are not allowed at ${path}`);
  return leafMatch(value.map((item) => readMatch(item, path)));
};

/** Compiles the JSON text of an event pattern. Throws PatternError for what EventBridge refuses. */
export const compilePattern = (text: string): Matches => {
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch (error) {
    throw new PatternError(
      `Filter is not valid JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
  if (!isRecord(pattern)) throw new PatternError('Filter is not an object');
  return compileObject(pattern, '');
};
