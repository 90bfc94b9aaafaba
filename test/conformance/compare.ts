import { type Case, detailsOf, type RecordedEvent } from './cases.ts';

/** An event as the engine gives it. */
export type ActualEvent = {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly [key: string]: unknown;
};

/** Texts the recordings put in the place of values that change from run to run. */
const PLACEHOLDERS = new Set([
  'timestamp',
  'date',
  'snf_role_arn',
  'map_run_arn',
  'lambda_function_name',
]);

/** Recorded texts that stand for a value of this run, learnt from the input. */
export type Bindings = ReadonlyMap<string, string>;

const escaped = (text: string) => text.replace(/[$()*+./?[\\\]^{|}-]/g, '\\$&');

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split(/(<[^<>]*>|111111111111)/)
      .map((part, i) => {
        if (i % 2 === 0) return escaped(part);
        return part === '111111111111' ? '\\d{12}' : '[\\s\\S]+?';
      })
      .join('')}$`,
  );

/** The value of a text that holds a JSON object or array: such texts count by their value. */
const structure = (text: string): object | undefined => {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const sameText = (expected: string, actual: unknown, bindings: Bindings): boolean => {
  if (PLACEHOLDERS.has(expected)) return actual !== undefined;
  if (typeof actual !== 'string') return false;
  if (expected === actual || bindings.get(expected) === actual) return true;
  const [wantedJson, foundJson] = [structure(expected), structure(actual)];
  if (wantedJson && foundJson) return same(wantedJson, foundJson, bindings);
  const arn = /^(arn:<partition>:lambda:<region>:111111111111:function:)[^:]+$/.exec(expected);
  const wanted = arn ? `${arn[1]}<name>` : expected;
  if (pattern(wanted).test(actual)) return true;
  const bound = [...bindings].reduce((text, [from, to]) => text.replaceAll(from, to), expected);
  return pattern(bound).test(actual);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const same = (expected: unknown, actual: unknown, bindings: Bindings): boolean => {
  if (typeof expected === 'string') return sameText(expected, actual, bindings);
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((value, i) => same(value, actual[i], bindings))
    );
  }
  if (!isRecord(expected) || !isRecord(actual)) return expected === actual;
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(actual).length &&
    // A text equal to its own key stands for a value that changes, such as a request id.
    keys.every(
      (key) =>
        key in actual && (expected[key] === key || same(expected[key], actual[key], bindings)),
    )
  );
};

const PAYLOADS = new Set(['input', 'output', 'parameters', 'cause']);

const json = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

/** Payloads are JSON texts; recordings hold them parsed or as text, so that only the value counts. */
const samePayload = (expected: unknown, actual: unknown, bindings: Bindings): boolean =>
  same(json(expected), json(actual), bindings) || same(expected, actual, bindings);

const sameVariables = (expected: unknown, actual: unknown, bindings: Bindings): boolean =>
  isRecord(expected) &&
  isRecord(actual) &&
  Object.keys(expected).length === Object.keys(actual).length &&
  Object.keys(expected).every((key) => samePayload(expected[key], actual[key], bindings));

/** The fields in which the details differ. */
const differences = (
  expected: RecordedEvent,
  actual: ActualEvent,
  bindings: Bindings,
): string[] => {
  const [wanted, found] = [detailsOf(expected), detailsOf(actual)];
  const keys = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  return [...keys].flatMap((key) => {
    const [a, b] = [wanted[key], found[key]];
    if (a === undefined && b === undefined) return [];
    let equal: boolean;
    if (key === 'assignedVariables') equal = sameVariables(a, b, bindings);
    else if (PAYLOADS.has(key)) equal = samePayload(a, b, bindings);
    else equal = same(a, b, bindings);
    if (equal && (a === undefined) === (b === undefined)) return [];
    const show = (value: unknown) => JSON.stringify(value)?.slice(0, 300) ?? 'nothing';
    return [`${key}: AWS ${show(a)}, here ${show(b)}`];
  });
};

/** True when parts of the machine run side by side, so that AWS itself has no fixed order of events. */
const hasBranches = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(hasBranches);
  if (!isRecord(value)) return false;
  if (value['Type'] === 'Parallel') return true;
  if (value['Type'] === 'Map' && value['MaxConcurrency'] !== 1) return true;
  return Object.values(value).some(hasBranches);
};

const idOf = (event: RecordedEvent): number => (typeof event.id === 'number' ? event.id : 0);

/** AWS was recorded with both: the exit of a distributed Map follows the run's start or its end. */
const eitherOfMapRun = (expected: RecordedEvent, before: readonly RecordedEvent[]): boolean =>
  expected.type === 'MapStateExited' && before.some((event) => event.type === 'MapRunSucceeded');

const inOrder = (
  expected: readonly RecordedEvent[],
  actual: readonly ActualEvent[],
  bindings: Bindings,
): string[] => {
  const count = Math.max(expected.length, actual.length);
  for (let i = 0; i < count; i += 1) {
    const [wanted, found] = [expected[i], actual[i]];
    if (!wanted || !found || wanted.type !== found.type) {
      return [`event ${i + 1}: AWS ${wanted?.type ?? 'has none'}, here ${found?.type ?? 'none'}`];
    }
    const wrong = differences(wanted, found, bindings);
    if (idOf(wanted) !== found.id) wrong.push(`id: AWS ${idOf(wanted)}, here ${found.id}`);
    if (
      wanted.previousEventId !== found.previousEventId &&
      !eitherOfMapRun(wanted, expected.slice(Math.max(0, i - 4), i))
    ) {
      wrong.push(`previousEventId: AWS ${wanted.previousEventId}, here ${found.previousEventId}`);
    }
    if (wrong.length > 0) return wrong.map((text) => `event ${i + 1} ${wanted.type}: ${text}`);
  }
  return [];
};

/** Finds a partner for every recorded event, such that each follows the partner of what it followed. */
const asGraph = (
  expected: readonly RecordedEvent[],
  actual: readonly ActualEvent[],
  bindings: Bindings,
): string[] => {
  const lastId = Math.max(...expected.map(idOf));
  if (lastId !== actual.length) return [`AWS has ${lastId} events, here ${actual.length}`];
  const partner = new Map<number, number>([[0, 0]]);
  const free = new Set(actual);
  for (const [i, wanted] of expected.entries()) {
    const scrubbed = idOf(wanted) === 0;
    const from = partner.get(wanted.previousEventId);
    const found = [...free].find(
      (event) =>
        event.type === wanted.type &&
        (scrubbed ||
          from === undefined ||
          event.previousEventId === from ||
          eitherOfMapRun(wanted, expected.slice(Math.max(0, i - 4), i))) &&
        differences(wanted, event, bindings).length === 0,
    );
    if (!found) {
      const near = [...free].find((event) => event.type === wanted.type);
      const why = near ? differences(wanted, near, bindings).join('; ') : 'no such event left';
      return [
        `event ${i + 1} ${wanted.type} after ${wanted.previousEventId}: no partner (${why || `here after ${near?.previousEventId}`})`,
      ];
    }
    free.delete(found);
    if (!scrubbed) partner.set(idOf(wanted), found.id);
  }
  return [];
};

/** What tells the two histories apart; empty when they are the same. */
export const compareHistories = (
  recorded: Case,
  actual: readonly ActualEvent[],
  bindings: Bindings,
): string[] => {
  const { events } = recorded.expected.get_execution_history;
  const scrubbed = events.some((event) => idOf(event) === 0);
  const strict = inOrder(events, actual, bindings);
  if (strict.length === 0 || (!scrubbed && !hasBranches(recorded.definition))) return strict;
  return asGraph(events, actual, bindings);
};
