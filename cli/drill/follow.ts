/** Follows an execution to its end, telling how far it is. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  type HistoryEvent as SdkEvent,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import {
  type HistoryEvent,
  onEvent,
  type Progress,
  plainLines,
  progressLines,
} from './progress.ts';

const PAGE = 200;

const seenOf = (event: SdkEvent): HistoryEvent => ({
  id: event.id ?? 0,
  type: event.type ?? '',
  atMs: event.timestamp?.getTime() ?? 0,
  state: event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name,
  input: event.stateEnteredEventDetails?.input,
  output: event.stateExitedEventDetails?.output,
});

/** Events after `lastId`, oldest first. The newest page is asked for first, since little is new each time. */
const newEvents = async (
  sfn: SFNClient,
  executionArn: string,
  lastId: number,
): Promise<HistoryEvent[]> => {
  const fresh: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        reverseOrder: true,
        maxResults: PAGE,
        ...(nextToken ? { nextToken } : {}),
      }),
    );
    const events = (page.events ?? []).map(seenOf);
    fresh.push(...events.filter(({ id }) => id > lastId));
    nextToken = events.every(({ id }) => id > lastId) ? page.nextToken : undefined;
  } while (nextToken);
  return fresh.reverse();
};

/** Shows progress: bars that are redrawn on a terminal, a line for each change elsewhere. */
export type Screen = { show(before: Progress, after: Progress): void; clear(): void };

export const openScreen = (stream: NodeJS.WriteStream): Screen => {
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  if (!stream.isTTY) {
    return {
      show: (before, after) => {
        for (const line of plainLines(before, after)) stream.write(`  ${line}\n`);
      },
      clear: () => {},
    };
  }
  return {
    show: (_before, after) => {
      const width = stream.columns ?? 100;
      const lines = progressLines(after, Date.now()).map((line) =>
        [...line].slice(0, width - 1).join(''),
      );
      clear();
      stream.write(`${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    clear,
  };
};

/** How far it is, by what has happened since it was that far. */
export const progressSince = async (
  sfn: SFNClient,
  executionArn: string,
  from: Progress,
): Promise<Progress> => (await newEvents(sfn, executionArn, from.lastId)).reduce(onEvent, from);

export type Following = {
  readonly from: Progress;
  readonly screen: Screen;
  /** Between two looks. */
  readonly pollMs: number;
};

/** Resolves with the ended execution. Rejects with the signal's reason when aborted. */
export const follow = async (
  sfn: SFNClient,
  executionArn: string,
  { from, screen, pollMs }: Following,
  signal: AbortSignal,
): Promise<DescribeExecutionCommandOutput> => {
  let progress = from;
  try {
    for (;;) {
      const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      const before = progress;
      progress = await progressSince(sfn, executionArn, progress);
      screen.show(before, progress);
      if (execution.status !== 'RUNNING') return execution;
      await sleep(pollMs, undefined, { signal });
      signal.throwIfAborted();
    }
  } finally {
    screen.clear();
  }
};
