/**
 * How far the data of one region is behind in another: heartbeats are written in the one and looked for in
 * the other, and both are timed by the clock of the process that does it, so that no two clocks have to
 * agree. A heartbeat counts from the middle of its write; it is seen when a read that shows it is halfway.
 */

export type ReplicatedValue = {
  /** Writes in the region that is replicated from. Rejects when it fails. */
  readonly write: (token: string, signal: AbortSignal) => Promise<void>;
  /** Reads in the region that is replicated to; undefined when there is nothing. */
  readonly read: (signal: AbortSignal) => Promise<string | undefined>;
};

/** Time by one process. */
export type Pace = {
  /** Never goes backwards. */
  monotonicMs(): number;
  /** Rejects when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

export type HeartbeatPlan = {
  /** Unique, so that no heartbeat of another time is taken for one of these. */
  readonly run: string;
  readonly beats: number;
  readonly everyMs: number;
  /** After the last heartbeat it is waited so long for those that have not come. */
  readonly timeoutMs: number;
};

export type Heartbeats = {
  /** Of each heartbeat that came, in milliseconds; the time between two reads is their resolution. */
  readonly lagsMs: readonly number[];
  readonly sent: number;
  readonly unseen: number;
  /** Writes and reads that failed. */
  readonly failed: number;
};

/** Between the end of a read and the next one. */
const READ_PAUSE_MS = 20;

type Beat = { middleMs: number | undefined; seenMs: number | undefined };

const sequenceOf = (run: string, token: string | undefined): number => {
  if (!token?.startsWith(`${run}/`)) return -1;
  const digits = token.slice(run.length + 1);
  return /^\d+$/.test(digits) ? Number(digits) : -1;
};

export const heartbeats = async (
  { write, read }: ReplicatedValue,
  { run, beats: count, everyMs, timeoutMs }: HeartbeatPlan,
  { monotonicMs, sleep }: Pace,
  signal: AbortSignal,
): Promise<Heartbeats> => {
  const beats: Beat[] = Array.from({ length: count }, () => ({
    middleMs: undefined,
    seenMs: undefined,
  }));
  const startMs = monotonicMs();
  const late = new AbortController();
  const limit = AbortSignal.any([signal, late.signal]);
  let failed = 0;
  let written = false;

  const writeAll = async (): Promise<void> => {
    for (const [sequence, beat] of beats.entries()) {
      const waitMs = startMs + sequence * everyMs - monotonicMs();
      if (waitMs > 0) await sleep(waitMs, limit);
      const beganMs = monotonicMs();
      try {
        await write(`${run}/${sequence}`, limit);
        beat.middleMs = (beganMs + monotonicMs()) / 2;
      } catch {
        limit.throwIfAborted();
        failed += 1;
      }
    }
  };
  const isOver = (): boolean =>
    written &&
    beats.every(({ middleMs, seenMs }) => middleMs === undefined || seenMs !== undefined);
  const readOn = async (): Promise<void> => {
    while (!isOver()) {
      const beganMs = monotonicMs();
      try {
        const shown = sequenceOf(run, await read(limit));
        const seenMs = (beganMs + monotonicMs()) / 2;
        for (const beat of beats.slice(0, shown + 1)) beat.seenMs ??= seenMs;
      } catch {
        limit.throwIfAborted();
        failed += 1;
      }
      await sleep(READ_PAUSE_MS, limit);
    }
  };
  const writing = writeAll().finally(() => {
    written = true;
  });
  const waiting = sleep(count * everyMs + timeoutMs, limit).then(
    () => late.abort(),
    () => undefined,
  );
  // The time limit is an answer: what has not come by then is unseen.
  await Promise.allSettled([writing, readOn()]);
  late.abort();
  await waiting;
  signal.throwIfAborted();
  const sent = beats.filter(({ middleMs }) => middleMs !== undefined);
  const lagsMs = sent.flatMap(({ middleMs, seenMs }) =>
    middleMs === undefined || seenMs === undefined ? [] : [Math.max(0, seenMs - middleMs)],
  );
  return { lagsMs, sent: sent.length, unseen: sent.length - lagsMs.length, failed };
};
