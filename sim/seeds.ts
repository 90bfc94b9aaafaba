/** Many seeds, one after the other or on several processors; the same result either way. */
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import type { ProfileName } from './faults/profiles.ts';
import type { Broken, Outcome } from './level.ts';
import { LEVELS, type LevelName } from './levels.ts';

export type Span = { readonly first: number; readonly last: number };

export type Batch = {
  readonly level: LevelName;
  readonly profile: ProfileName;
  readonly days: number | null;
  readonly span: Span;
};

export type Failure = { readonly seed: string; readonly broken: Broken };

export type Tally = {
  readonly seeds: number;
  readonly virtualMs: number;
  readonly probes: number;
  readonly moves: number;
  /** By seed. */
  readonly failures: readonly Failure[];
};

const NOTHING: Tally = { seeds: 0, virtualMs: 0, probes: 0, moves: 0, failures: [] };

const added = (a: Tally, b: Tally): Tally => ({
  seeds: a.seeds + b.seeds,
  virtualMs: a.virtualMs + b.virtualMs,
  probes: a.probes + b.probes,
  moves: a.moves + b.moves,
  failures: [...a.failures, ...b.failures].sort((x, y) => Number(x.seed) - Number(y.seed)),
});

const tallyOf = ({ subject, virtualMs, probes, moves, broken }: Outcome): Tally => ({
  seeds: 1,
  virtualMs,
  probes,
  moves: moves.length,
  failures: broken === null ? [] : [{ seed: subject.seed, broken }],
});

/** The seeds of a batch here and now. */
export const runBatch = async ({ level, profile, days, span }: Batch): Promise<Tally> => {
  let tally = NOTHING;
  for (let seed = span.first; seed <= span.last; seed++) {
    const subject = { seed: `${seed}`, profile, days, untilMs: null };
    tally = added(tally, tallyOf(await LEVELS[level].run(subject)));
  }
  return tally;
};

/** Part `index` of `of` of a span, both from 1: `--shard 3/8`. */
export const shardOf = ({ first, last }: Span, index: number, of: number): Span => {
  const size = (last - first + 1) / of;
  return {
    first: first + Math.round((index - 1) * size),
    last: first + Math.round(index * size) - 1,
  };
};

/** Small enough for all to end at about the same time, large enough to be worth a message. */
const CHUNK_SEEDS: Readonly<Record<LevelName, number>> = { system: 1, decision: 100 };

const chunksOf = function* ({ level, span: { first, last } }: Batch): Generator<Span> {
  const size = CHUNK_SEEDS[level];
  for (let from = first; from <= last; from += size) {
    yield { first: from, last: Math.min(last, from + size - 1) };
  }
};

/** How many chunks there are. */
const chunkCount = ({ level, span: { first, last } }: Batch): number =>
  Math.ceil((last - first + 1) / CHUNK_SEEDS[level]);

const TallyMessage = z.object({
  seeds: z.number(),
  virtualMs: z.number(),
  probes: z.number(),
  moves: z.number(),
  failures: z.array(
    z.object({
      seed: z.string(),
      broken: z.object({
        invariant: z.string(),
        rule: z.string(),
        atMs: z.number(),
        what: z.string(),
      }),
    }),
  ),
});

type Running = { readonly progress: (tally: Tally) => void; readonly signal: AbortSignal };

/** One worker takes chunks until there are none left. */
const work = (
  batch: Batch,
  chunks: Iterator<Span>,
  done: (tally: Tally) => void,
  signal: AbortSignal,
) =>
  new Promise<void>((resolve, reject) => {
    const worker = new Worker(new URL('./seedWorker.ts', import.meta.url));
    const stop = (): void => void worker.terminate();
    signal.addEventListener('abort', stop);
    const next = (): void => {
      const { value: span, done: isOver = false } = chunks.next();
      if (isOver || signal.aborted) stop();
      else worker.postMessage({ ...batch, span });
    };
    worker.on('message', (message: unknown) => {
      done(TallyMessage.parse(message));
      next();
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    next();
  });

/** Runs a batch on `workers` processors; with one, here. */
export const runSeeds = async (
  batch: Batch,
  workers: number,
  { progress, signal }: Running,
): Promise<Tally> => {
  const chunks = chunksOf(batch);
  let tally = NOTHING;
  const done = (part: Tally): void => {
    tally = added(tally, part);
    progress(tally);
  };
  if (workers <= 1) {
    for (const span of chunks) {
      if (signal.aborted) break;
      done(await runBatch({ ...batch, span }));
    }
    return tally;
  }
  const crew = Math.min(workers, chunkCount(batch));
  await Promise.all(Array.from({ length: crew }, () => work(batch, chunks, done, signal)));
  return tally;
};
