import type * as CWL from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../wire/types.ts';
import { filterPattern } from './filterPattern.ts';
import { byPlace, type Group, type LogEvent, type Stream } from './streams.ts';

const EVENTS_MAX = 10_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
const EVENT_BYTES_EXTRA = 26;

const invalidToken = () =>
  new AwsError('InvalidParameterException', 'The specified nextToken is invalid.', {}, 400);

const limitOf = (limit: number | undefined): number => {
  if (limit === undefined) return EVENTS_MAX;
  if (Number.isInteger(limit) && limit >= 1 && limit <= EVENTS_MAX) return limit;
  const what = `limit must be between 1 and ${EVENTS_MAX}, found ${limit}`;
  throw new AwsError('InvalidParameterException', what, {}, 400);
};

/** The first events that fit into one answer. */
const fitting = <T extends { readonly message: string }>(
  events: Iterable<T>,
  limit: number,
): T[] => {
  const page: T[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += Buffer.byteLength(event.message) + EVENT_BYTES_EXTRA;
    if (page.length === limit || (page.length > 0 && bytes > ANSWER_BYTES_MAX)) break;
    page.push(event);
  }
  return page;
};

const answered = ({ timestamp, message, ingestionTime }: LogEvent) => ({
  timestamp,
  message,
  ingestionTime,
});

const within = (event: LogEvent, startTime = 0, endTime = Number.POSITIVE_INFINITY): boolean =>
  event.timestamp >= startTime && event.timestamp < endTime;

type Place = Pick<LogEvent, 'timestamp' | 'id'>;

// A token is the place of an event: the next page starts after it (f/) or ends before it (b/).
const tokenOf = ({ timestamp, id }: Place): string => `${timestamp}/${id}`;

const placeOf = (token: string): Place => {
  const [, time = '', id = ''] = /^(\d+)\/(\d*)$/.exec(token) ?? [];
  if (time === '') throw invalidToken();
  return { timestamp: Number(time), id };
};

const START: Place = { timestamp: 0, id: '' };

/** GetLogEvents: one stream, from its end unless told otherwise; the tokens never end, as on AWS. */
export const getLogEvents = (stream: Stream, input: CWL.GetLogEventsCommandInput) => {
  const limit = limitOf(input.limit);
  const all = stream.events.filter((event) => within(event, input.startTime, input.endTime));
  const backwards = (events: readonly LogEvent[]) => fitting(events.toReversed(), limit).reverse();
  const [, way, token = ''] = /^([fb])\/(.+)$/.exec(input.nextToken ?? '') ?? [];
  if (input.nextToken !== undefined && !way) throw invalidToken();
  const from = way ? placeOf(token) : undefined;
  let page: LogEvent[];
  if (from && way === 'f')
    page = fitting(
      all.filter((it) => byPlace(it, from) > 0),
      limit,
    );
  else if (from) page = backwards(all.filter((it) => byPlace(it, from) < 0));
  else page = input.startFromHead ? fitting(all, limit) : backwards(all);
  // An empty page leaves the caller where it was: asking again later brings what came since.
  const stay = from ?? all.at(-1) ?? START;
  return {
    events: page.map(answered),
    nextForwardToken: `f/${tokenOf(page.at(-1) ?? stay)}`,
    nextBackwardToken: `b/${tokenOf(page[0] ?? stay)}`,
  };
};

const streamsWanted = (group: Group, input: CWL.FilterLogEventsCommandInput): Stream[] => {
  const { logStreamNames, logStreamNamePrefix } = input;
  const all = [...group.streams.values()];
  if (logStreamNames && logStreamNamePrefix !== undefined) {
    const what = 'Cannot specify both logStreamNames and logStreamNamePrefix';
    throw new AwsError('InvalidParameterException', what, {}, 400);
  }
  if (logStreamNames) return all.filter(({ name }) => logStreamNames.includes(name));
  return all.filter(({ name }) => name.startsWith(logStreamNamePrefix ?? ''));
};

/** FilterLogEvents: the events of a group in the order of their timestamps, across its streams. */
export const filterLogEvents = (group: Group, input: CWL.FilterLogEventsCommandInput) => {
  const matches = filterPattern(input.filterPattern);
  const limit = limitOf(input.limit);
  const all = streamsWanted(group, input)
    .flatMap((stream) => stream.events.map((event) => ({ ...event, stream: stream.name })))
    .filter((event) => within(event, input.startTime, input.endTime) && matches(event.message))
    .sort(byPlace);
  const from = input.nextToken === undefined ? undefined : placeOf(input.nextToken);
  const rest = from ? all.filter((event) => byPlace(event, from) > 0) : all;
  const page = fitting(rest, limit);
  const last = page.at(-1);
  return {
    events: page.map((event) => ({
      ...answered(event),
      logStreamName: event.stream,
      eventId: event.id,
    })),
    searchedLogStreams: [],
    ...(last && page.length < rest.length ? { nextToken: tokenOf(last) } : {}),
  };
};
