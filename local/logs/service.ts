import path from 'node:path';
import type * as CWL from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../clock.ts';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { filterLogEvents, getLogEvents } from './reading.ts';
import { type Group, type Groups, openGroups, type Stream } from './streams.ts';

export type LogsOptions = { readonly dataDir: string; readonly clock: Clock };

const DESCRIBE_MAX = 50;
const BATCH_EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_BYTES_EXTRA = 26;
const AHEAD_MS_MAX = 2 * 3600 * 1000;
const BEHIND_MS_MAX = 14 * 24 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;
const ID_DIGITS = 56;

const invalid = (message: string) => new AwsError('InvalidParameterException', message, {}, 400);
const missing = (what: string) =>
  new AwsError('ResourceNotFoundException', `The specified log ${what} does not exist.`, {}, 400);
const exists = (what: string) =>
  new AwsError(
    'ResourceAlreadyExistsException',
    `The specified log ${what} already exists`,
    {},
    400,
  );

const checkName = (name: string | undefined, pattern: RegExp, what: string): string => {
  if (name !== undefined && pattern.test(name)) return name;
  throw invalid(`${what} ${JSON.stringify(name)} does not match ${pattern.source}`);
};
const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;
const STREAM_NAME = /^[^:*]{1,512}$/;

const page = <T>(all: readonly T[], token: string | undefined, limit = DESCRIBE_MAX) => {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isSafeInteger(start) || start < 0)
    throw invalid('The specified nextToken is invalid.');
  const end = start + Math.min(limit, DESCRIBE_MAX);
  return { items: all.slice(start, end), next: end < all.length ? { nextToken: `${end}` } : {} };
};

const groupArn = (region: string, name: string) =>
  `arn:aws:logs:${region}:${ACCOUNT_ID}:log-group:${name}`;

const byName = <T extends { readonly name: string }>(a: T, b: T) => (a.name < b.name ? -1 : 1);

const describedStream = (region: string, group: Group, stream: Stream) => {
  const times = {
    firstEventTimestamp: stream.events[0]?.timestamp,
    lastEventTimestamp: stream.events.at(-1)?.timestamp,
    lastIngestionTime: stream.events.reduce<number | undefined>(
      (last, event) => Math.max(last ?? 0, event.ingestionTime),
      undefined,
    ),
  };
  return {
    logStreamName: stream.name,
    creationTime: stream.createdMs,
    ...times,
    uploadSequenceToken: '1',
    arn: `${groupArn(region, group.info.name)}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
};

/** CloudWatch Logs: groups, streams and events per region, kept as JSON lines. */
export const createLogs = ({ dataDir, clock }: LogsOptions) => {
  const regions = new Map<string, Groups>();
  let lastId = 0n;

  const groupsOf = ({ region }: CallContext): Groups => {
    if (!/^[a-z0-9-]{1,40}$/.test(region)) throw invalid(`no region is called ${region}`);
    const open = regions.get(region) ?? openGroups(path.join(dataDir, 'logs', region));
    regions.set(region, open);
    return open;
  };
  const groupOf = (groups: Groups, name: string | undefined, arn?: string): Group => {
    const inArn = /:log-group:([^:]+)/.exec(arn ?? '')?.[1];
    const group = groups.groups.get(name ?? inArn ?? arn ?? '');
    if (!group) throw missing('group');
    return group;
  };
  /** The time to read from: what the retention has ended is not shown. */
  const startOf = ({ info }: Group, startTime = 0): number =>
    info.retentionDays === undefined
      ? startTime
      : Math.max(startTime, clock.now() - info.retentionDays * DAY_MS);
  const streamOf = (group: Group, name: string | undefined): Stream => {
    const stream = group.streams.get(name ?? '');
    if (!stream) throw missing('stream');
    return stream;
  };

  /** Ids rise with the time of arrival, also over a restart; they order events of one millisecond. */
  const newId = (): string => {
    const floor = BigInt(Math.floor(clock.now())) * 1_000_000n;
    lastId = lastId < floor ? floor : lastId + 1n;
    return String(lastId).padStart(ID_DIGITS, '0');
  };

  const putLogEvents = (input: CWL.PutLogEventsCommandInput, call: CallContext) => {
    const groups = groupsOf(call);
    const group = groupOf(groups, input.logGroupName);
    const stream = streamOf(group, input.logStreamName);
    const events = input.logEvents ?? [];
    if (events.length === 0 || events.length > BATCH_EVENTS_MAX) {
      throw invalid(`logEvents must have 1 to ${BATCH_EVENTS_MAX} members, found ${events.length}`);
    }
    const now = clock.now();
    let bytes = 0;
    let lastMs = 0;
    const read = events.map(({ timestamp = Number.NaN, message = '' }) => {
      if (!Number.isFinite(timestamp) || message === '') {
        throw invalid('each log event must have a timestamp and a message');
      }
      if (timestamp < lastMs) {
        throw invalid(
          'Log events in a single PutLogEvents request must be in chronological order.',
        );
      }
      lastMs = timestamp;
      bytes += Buffer.byteLength(message) + EVENT_BYTES_EXTRA;
      return { timestamp, message, ingestionTime: now };
    });
    if (bytes > BATCH_BYTES_MAX) throw invalid(`Upload too large: ${bytes} bytes`);
    const tooOld = read.filter(({ timestamp }) => timestamp < now - BEHIND_MS_MAX).length;
    const inTime = read.filter(({ timestamp }) => timestamp <= now + AHEAD_MS_MAX).length;
    const kept = read.slice(tooOld, inTime).map((event) => ({ ...event, id: newId() }));
    if (kept.length > 0) groups.append(group, stream, kept);
    const rejected = {
      ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
      ...(inTime < read.length ? { tooNewLogEventStartIndex: inTime } : {}),
    };
    return {
      nextSequenceToken: '1',
      ...(Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {}),
    };
  };

  const describeLogGroups = (input: CWL.DescribeLogGroupsCommandInput, call: CallContext) => {
    const all = [...groupsOf(call).groups.values()]
      .map(({ info }) => info)
      .filter(({ name }) => name.startsWith(input.logGroupNamePrefix ?? ''))
      .filter(({ name }) => name.includes(input.logGroupNamePattern ?? ''))
      .sort(byName);
    const { items, next } = page(all, input.nextToken, input.limit);
    return {
      logGroups: items.map(({ name, createdMs, retentionDays }) => ({
        logGroupName: name,
        creationTime: createdMs,
        retentionInDays: retentionDays,
        metricFilterCount: 0,
        arn: `${groupArn(call.region, name)}:*`,
        logGroupArn: groupArn(call.region, name),
        storedBytes: 0,
        logGroupClass: 'STANDARD',
      })),
      ...next,
    };
  };

  const describeLogStreams = (input: CWL.DescribeLogStreamsCommandInput, call: CallContext) => {
    const group = groupOf(groupsOf(call), input.logGroupName, input.logGroupIdentifier);
    const all = [...group.streams.values()]
      .filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ''))
      .sort(byName);
    if (input.orderBy === 'LastEventTime') {
      all.sort((a, b) => (a.events.at(-1)?.timestamp ?? 0) - (b.events.at(-1)?.timestamp ?? 0));
    }
    if (input.descending) all.reverse();
    const { items, next } = page(all, input.nextToken, input.limit);
    return {
      logStreams: items.map((stream) => describedStream(call.region, group, stream)),
      ...next,
    };
  };

  const operations = {
    CreateLogGroup(input: CWL.CreateLogGroupCommandInput, call: CallContext) {
      const groups = groupsOf(call);
      const name = checkName(input.logGroupName, GROUP_NAME, 'logGroupName');
      if (groups.groups.has(name)) throw exists('group');
      groups.saveGroup({ name, createdMs: clock.now() });
      return {};
    },
    DeleteLogGroup(input: CWL.DeleteLogGroupCommandInput, call: CallContext) {
      const groups = groupsOf(call);
      groups.dropGroup(groupOf(groups, input.logGroupName).info.name);
      return {};
    },
    PutRetentionPolicy(input: CWL.PutRetentionPolicyCommandInput, call: CallContext) {
      const groups = groupsOf(call);
      const { info } = groupOf(groups, input.logGroupName);
      const { retentionInDays: retentionDays = 0 } = input;
      if (retentionDays < 1) throw invalid(`retentionInDays must be positive: ${retentionDays}`);
      groups.saveGroup({ ...info, retentionDays });
      return {};
    },
    CreateLogStream(input: CWL.CreateLogStreamCommandInput, call: CallContext) {
      const groups = groupsOf(call);
      const group = groupOf(groups, input.logGroupName);
      const name = checkName(input.logStreamName, STREAM_NAME, 'logStreamName');
      if (group.streams.has(name)) throw exists('stream');
      groups.addStream(group, name, clock.now());
      return {};
    },
    DeleteLogStream(input: CWL.DeleteLogStreamCommandInput, call: CallContext) {
      const groups = groupsOf(call);
      const group = groupOf(groups, input.logGroupName);
      groups.dropStream(group, streamOf(group, input.logStreamName).name);
      return {};
    },
    PutLogEvents: putLogEvents,
    GetLogEvents(input: CWL.GetLogEventsCommandInput, call: CallContext) {
      const group = groupOf(groupsOf(call), input.logGroupName, input.logGroupIdentifier);
      const startTime = startOf(group, input.startTime);
      return getLogEvents(streamOf(group, input.logStreamName), { ...input, startTime });
    },
    FilterLogEvents(input: CWL.FilterLogEventsCommandInput, call: CallContext) {
      const group = groupOf(groupsOf(call), input.logGroupName, input.logGroupIdentifier);
      return filterLogEvents(group, { ...input, startTime: startOf(group, input.startTime) });
    },
    DescribeLogGroups: describeLogGroups,
    DescribeLogStreams: describeLogStreams,
  } satisfies Operations;

  return { operations, close: async (): Promise<void> => undefined };
};
