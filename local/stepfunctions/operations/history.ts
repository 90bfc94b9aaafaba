import type { Operations } from '../../wire/types.ts';
import type { EngineParts } from '../engine.ts';
import { type HistoryEvent, historyEvent, readHistory } from '../history.ts';
import { findEntry } from './executions.ts';
import { placeIn, tokenFor } from './paging.ts';

type Input = Readonly<Record<string, unknown>>;

const PAGE_MAX = 1000;
const PAGE_DEFAULT = 100;

/** One page, oldest first: the journal is read only as far as the page goes. */
const forward = async (file: string, from: number, size: number, withData: boolean) => {
  const events: HistoryEvent[] = [];
  let place = 0;
  for await (const record of readHistory(file)) {
    place += 1;
    if (place <= from) continue;
    if (events.length === size) return { events, nextToken: tokenFor(from + size) };
    events.push(historyEvent(record, withData));
  }
  return { events };
};

/** One page, newest first. `from` counts from the newest event there was at the first page. */
const backward = async (
  file: string,
  token: number | undefined,
  size: number,
  withData: boolean,
) => {
  let last = 0;
  if (token === undefined) {
    for await (const record of readHistory(file)) last = record.i;
  } else last = token;
  const events: HistoryEvent[] = [];
  for await (const record of readHistory(file)) {
    if (record.i > last) break;
    if (record.i > last - size) events.unshift(historyEvent(record, withData));
  }
  const next = last - size;
  return next > 0 ? { events, nextToken: tokenFor(next) } : { events };
};

/** GetExecutionHistory. */
export const historyOperations = (parts: EngineParts): Operations => ({
  GetExecutionHistory: async (input: Input) => {
    const { file } = findEntry(parts, input['executionArn']);
    const { maxResults, nextToken, reverseOrder } = input;
    const size =
      typeof maxResults === 'number' && maxResults > 0
        ? Math.min(maxResults, PAGE_MAX)
        : PAGE_DEFAULT;
    const withData = input['includeExecutionData'] !== false;
    const place = nextToken === undefined ? undefined : placeIn(nextToken);
    return reverseOrder === true
      ? backward(file, place, size, withData)
      : forward(file, place ?? 0, size, withData);
  },
});
