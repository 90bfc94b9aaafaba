import { type EventRecord, readJournal } from './journal.ts';
import { isObject, type Json } from './json.ts';

/** One event in the shape of the API. */
export type HistoryEvent = {
  readonly timestamp: Date;
  readonly type: string;
  readonly id: number;
  readonly previousEventId: number;
  readonly [details: string]: unknown;
};

const PAYLOADS = new Set(['input', 'output', 'parameters']);
/** Payload fields that come with a `...Details` sibling. */
const DETAILED = new Set(['input', 'output', 'assignedVariables']);
const WITHOUT_DETAILS =
  /^(MapStateSucceeded|MapStateFailed|MapStateAborted|MapRunSucceeded|MapRunAborted|ParallelState(Started|Succeeded|Failed|Aborted)|TaskStateAborted|WaitStateAborted|LambdaFunctionStarted)$/;

const detailsKey = (type: string): string => {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
};

const texts = (value: Json): Json =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, v]) => [key, JSON.stringify(v)]))
    : value;

/** An event as GetExecutionHistory shows it; payloads are JSON texts there. */
export const historyEvent = (record: EventRecord, withData = true): HistoryEvent => {
  const base = {
    timestamp: new Date(record.t),
    type: record.y,
    id: record.i,
    previousEventId: record.p,
  };
  if (WITHOUT_DETAILS.test(record.y)) return base;
  const details: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(record.d ?? {})) {
    const payload = PAYLOADS.has(key) || key === 'assignedVariables';
    if (payload && !withData) continue;
    if (PAYLOADS.has(key)) details[key] = JSON.stringify(value);
    else details[key] = key === 'assignedVariables' ? texts(value) : value;
    if (DETAILED.has(key)) details[`${key}Details`] = { truncated: false };
  }
  return { ...base, [detailsKey(record.y)]: details };
};

/** The events in a journal, oldest first. */
export async function* readHistory(file: string): AsyncGenerator<EventRecord> {
  for await (const record of readJournal(file)) if (record.k === 'e') yield record;
}
