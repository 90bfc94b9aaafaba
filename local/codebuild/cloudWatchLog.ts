/** Sends the output of a build to CloudWatch Logs, as CodeBuild does: one group for a project, one stream for a build. */
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../clock.ts';
import type { BuildCredentials } from './credentials.ts';

const FLUSH_MS = 1_000;
/** CloudWatch takes 10,000 lines and 1 MiB at once; a line counts 26 bytes more than it has. */
const LINES_AT_ONCE = 2_000;
const BYTES_AT_ONCE = 900_000;
const LINE_CHARS_MAX = 200_000;
const LINE_BYTES_EXTRA = 26;

export type LogPlace = {
  readonly credentials: BuildCredentials;
  readonly endpoint: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
};

const thereAlready = (error: unknown): void => {
  if (error instanceof Error && error.name === 'ResourceAlreadyExistsException') return;
  throw error;
};

const bytesOf = ({ message = '' }: InputLogEvent): number =>
  Buffer.byteLength(message) + LINE_BYTES_EXTRA;

/** As many of the first lines as one call may carry. */
const takeBatch = (waiting: InputLogEvent[]): InputLogEvent[] => {
  let bytes = 0;
  let count = 0;
  for (const event of waiting.slice(0, LINES_AT_ONCE)) {
    bytes += bytesOf(event);
    if (count > 0 && bytes > BYTES_AT_ONCE) break;
    count += 1;
  }
  return waiting.splice(0, count);
};

/**
 * Lines go out once a second. A log that cannot be written does not fail the build: `close` answers why.
 */
export const openCloudWatchLog = (place: LogPlace, clock: Clock) => {
  const { endpoint, region, credentials, group: logGroupName, stream: logStreamName } = place;
  const settings = { endpoint, region, credentials, maxAttempts: 2 };
  const client = new CloudWatchLogsClient(settings);
  const waiting: InputLogEvent[] = [];
  let lastMs = 0;
  let failure: string | undefined;
  let cancel: (() => void) | undefined;

  const create = async (): Promise<void> => {
    await client.send(new CreateLogGroupCommand({ logGroupName })).catch(thereAlready);
    const names = { logGroupName, logStreamName };
    await client.send(new CreateLogStreamCommand(names)).catch(thereAlready);
  };

  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      const logEvents = takeBatch(waiting);
      await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
    }
  };

  const fail = (error: unknown): void => {
    failure ??= error instanceof Error ? error.message : String(error);
    waiting.length = 0;
  };
  let sending: Promise<void> = create().catch(fail);
  const flush = (): Promise<void> => {
    cancel?.();
    cancel = undefined;
    sending = sending.then(() => (failure === undefined ? send() : undefined)).catch(fail);
    return sending;
  };

  const line = (text: string): void => {
    if (failure !== undefined) return;
    lastMs = Math.max(lastMs, clock.now());
    waiting.push({ timestamp: lastMs, message: text.slice(0, LINE_CHARS_MAX) || ' ' });
    if (waiting.length >= LINES_AT_ONCE) void flush();
    else cancel ??= clock.after(FLUSH_MS, () => void flush());
  };

  /** @returns why the log is not whole, or undefined when it is. */
  const close = async (): Promise<string | undefined> => {
    await flush();
    client.destroy();
    return failure;
  };

  return { line, close };
};
