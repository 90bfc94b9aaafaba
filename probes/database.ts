/**
 * The `database` probe: writes a token that was never there before, reads it back and compares. How
 * stale a replica is gets measured beside it: a lag is a number, not an error.
 */
import { failure, messageOf, type Probe, type ProbeOptions, type ProbeOutcome } from './probe.ts';

/** One value that is written over and over. A call that fails rejects. */
export type TokenStore = {
  readonly write: (token: string, signal: AbortSignal) => Promise<void>;
  /** The token as just written; undefined when there is none. */
  readonly read: (signal: AbortSignal) => Promise<string | undefined>;
  /** The same, in another region. */
  readonly readReplica?: (signal: AbortSignal) => Promise<string | undefined>;
};

type Write = { readonly startedMs: number; endedMs: number };

/** Made by `databaseTarget`; holds what was written, so that overlapping probes can share one value. */
export type DatabaseTarget = {
  readonly store: TokenStore;
  readonly run: string;
  /** By sequence number of the token. */
  readonly writes: Write[];
};

/**
 * A target for one run of probes. `run` must be unique, as a drill's id with round, cell and arm: a
 * token of another run is never taken for one of this.
 */
export const databaseTarget = (store: TokenStore, run: string): DatabaseTarget => ({
  store,
  run,
  writes: [],
});

const tokenOf = ({ run }: DatabaseTarget, sequence: number): string => `${run}/${sequence}`;

/** Sequence number of a token of this run; -1 for any other. */
const sequenceOf = ({ run }: DatabaseTarget, token: string | undefined): number => {
  if (!token?.startsWith(`${run}/`)) return -1;
  const digits = token.slice(run.length + 1);
  return /^\d+$/.test(digits) ? Number(digits) : -1;
};

/**
 * Whether a read that began after write `own` had ended may find write `found`: the same, or one that
 * had not ended when `own` began, for two writes at once may take effect in either order.
 */
const mayBeFound = ({ writes }: DatabaseTarget, own: number, found: number): boolean => {
  if (found === own) return true;
  const [mine, other] = [writes[own], writes[found]];
  return mine !== undefined && other !== undefined && other.endedMs > mine.startedMs;
};

/** Age of the oldest write that a replica does not show yet, in milliseconds at the time of reading. */
const staleMs = ({ writes }: DatabaseTarget, shown: number, readAtMs: number): number => {
  let oldestMs = readAtMs;
  for (const { startedMs, endedMs } of writes.slice(shown + 1)) {
    const shownEndedMs = writes[shown]?.endedMs ?? Number.NEGATIVE_INFINITY;
    if (startedMs > shownEndedMs && endedMs < oldestMs) oldestMs = endedMs;
  }
  return readAtMs - oldestMs;
};

const readReplica = async (
  target: DatabaseTarget,
  { timeoutMs, signal }: ProbeOptions,
): Promise<Extract<ProbeOutcome, { ok: true }>['apart']> => {
  if (!target.store.readReplica) return undefined;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const readAtMs = performance.now();
  try {
    const shown = sequenceOf(target, await target.store.readReplica(bounded));
    const replicaReadMs = performance.now() - readAtMs;
    return { replicaReadMs, staleMs: staleMs(target, shown, readAtMs) };
  } catch {
    // The replica is not what is being probed; a missing figure shows that it did not answer.
    return undefined;
  }
};

export const databaseProbe: Probe<DatabaseTarget> = async (target, options) => {
  const { timeoutMs, signal } = options;
  const { store, writes } = target;
  const limit = AbortSignal.timeout(timeoutMs);
  const bounded = AbortSignal.any([signal, limit]);
  const startMs = performance.now();
  const sequence = writes.length;
  const token = tokenOf(target, sequence);
  const own: Write = { startedMs: startMs, endedMs: Number.POSITIVE_INFINITY };
  writes.push(own);

  let doing = 'write';
  let found: string | undefined;
  try {
    await orAborted(store.write(token, bounded), bounded);
    own.endedMs = performance.now();
    doing = 'read';
    found = await orAborted(store.read(bounded), bounded);
  } catch (error) {
    const totalMs = performance.now() - startMs;
    if (signal.aborted) return failure('aborted', totalMs, 'the probe was stopped by its caller');
    if (limit.aborted) return failure('timeout', totalMs, `${doing} took over ${timeoutMs} ms`);
    return failure('store', totalMs, `${doing}: ${messageOf(error)}`);
  }
  const doneMs = performance.now();
  if (!mayBeFound(target, sequence, sequenceOf(target, found))) {
    const detail = `wrote "${token}", read ${found === undefined ? 'nothing' : `"${found}"`}`;
    return failure('mismatch', doneMs - startMs, detail);
  }
  const apart = await readReplica(target, options);
  return {
    ok: true,
    totalMs: doneMs - startMs,
    phases: { writeMs: own.endedMs - startMs, readMs: doneMs - own.endedMs },
    ...(apart ? { apart } : {}),
  };
};

/** A store that ignores its signal must not hold the probe up. */
const orAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};
