/** The output of builds, as CodeBuild leaves it in CloudWatch Logs. */
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { TimedLine } from '../core/build/steps.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** One page has up to 10,000 lines or 1 MB. */
const PAGES_MAX = 30;

export const openBuildLogs = (sdk: SdkSettings = {}) => {
  const client = new CloudWatchLogsClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });

  /** The lines of one build in their order, from the first; what is beyond 30 pages is left out. */
  const lines = async (
    { group, stream }: { readonly group: string; readonly stream: string },
    signal: AbortSignal,
  ): Promise<TimedLine[]> => {
    const found: TimedLine[] = [];
    let token: string | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const { events = [], nextForwardToken } = await client.send(
        new GetLogEventsCommand({
          ...{ logGroupName: group, logStreamName: stream, startFromHead: true },
          ...(token === undefined ? {} : { nextToken: token }),
        }),
        { abortSignal: signal },
      );
      for (const { message = '', timestamp = 0 } of events) {
        found.push({ text: message.replace(/\r?\n$/, ''), atMs: timestamp });
      }
      // The end is told by a token that does not change.
      if (nextForwardToken === undefined || nextForwardToken === token) return found;
      token = nextForwardToken;
    }
    return found;
  };

  return { lines };
};

export type BuildLogs = ReturnType<typeof openBuildLogs>;
