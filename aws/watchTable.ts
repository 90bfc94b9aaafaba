/**
 * The table of a watch, in its home region.
 *
 * | PK                   | SK                                 | kept   |
 * |----------------------|------------------------------------|--------|
 * | WATCH#<service>      | PLAN, STATE, FACTS, LEASE          | always |
 * | WATCH#<service>      | OBSERVER#<observer>                | 1 d    |
 * | WATCH#<service>      | ONCE#<key>                         | asked  |
 * | WATCH#<service>      | MESSAGE#<matter>                   | 400 d  |
 * | SAMPLES#<service>    | <start ms>#<observer>              | 7 d    |
 * | DECISION#<service>   | <decision>                         | 400 d  |
 * | FAILOVERS#<service>  | <started ms>#<execution>           | 400 d  |
 * | EVIDENCE#<execution> | <at ms>#<kind>#<id>                | 400 d  |
 */
import type * as z from 'zod';
import { type Facts, NO_FACTS } from '../core/failover/view.ts';
import { FactsShape } from '../events/failoverState.ts';
import { WatchPlan } from '../events/watchPlan.ts';
import {
  type ObserverMemory,
  ObserverMemoryShape,
  type SampleChunk,
  SampleItemShape,
  type SentMessage,
  SentMessageShape,
  StepEvidence,
  type StoredDecision,
  StoredDecisionShape,
  type TargetSamples,
  type WatchState,
  WatchStateShape,
} from '../events/watchState.ts';
import { type JsonTable, type Key, moment, openJsonTable } from './jsonTable.ts';
import { openLease } from './leases.ts';
import type { SdkSettings } from './sdk.ts';

/** How long items are kept, in days. */
const DAYS = { observer: 1, samples: 7, record: 400 } as const;

/** Sorts after every key that starts with a moment. */
const END_OF_TIME = ':';

const watchKey = (service: string, sk: string): Key => ({ pk: `WATCH#${service}`, sk });

/** Several items of a watch in one read. */
const openLoading = (items: JsonTable) => {
  const read = async (service: string, names: readonly string[], signal?: AbortSignal) => {
    const keyOf = (name: string) => watchKey(service, name);
    const found = await items.getAll(names.map(keyOf), signal);
    return <T extends z.ZodType>(name: string, schema: T) => found(keyOf(name), schema);
  };

  const loadedIn = (found: Awaited<ReturnType<typeof read>>) => ({
    stored: found('STATE', WatchStateShape),
    facts: found('FACTS', FactsShape) ?? NO_FACTS,
  });

  return {
    /**
     * The plan, what is at the place of an observer, and when the last vote that has come from there
     * was cast, in one read.
     */
    occupant: async (service: string, name: string, signal?: AbortSignal) => {
      const found = await read(service, ['PLAN', 'STATE', `OBSERVER#${name}`], signal);
      const votes = found('STATE', WatchStateShape)?.votes ?? [];
      const own = votes.filter(({ observer }) => observer === name).map(({ atMs }) => atMs);
      return {
        plan: found('PLAN', WatchPlan),
        memory: found(`OBSERVER#${name}`, ObserverMemoryShape),
        votedMs: own.length === 0 ? null : Math.max(...own),
      };
    },

    /** State and facts in one read. */
    load: async (service: string, signal?: AbortSignal) =>
      loadedIn(await read(service, ['STATE', 'FACTS'], signal)),

    /** As `load`, and the plan in the same read. */
    loadWithPlan: async (service: string, signal?: AbortSignal) => {
      const found = await read(service, ['PLAN', 'STATE', 'FACTS'], signal);
      return { plan: found('PLAN', WatchPlan), ...loadedIn(found) };
    },
  };
};

/** Plan, state and facts of a watch: what evaluating reads and writes. */
const openEvaluation = (items: JsonTable) => ({
  plan: (service: string, signal?: AbortSignal): Promise<WatchPlan | null> =>
    items.get(watchKey(service, 'PLAN'), WatchPlan, signal),

  putPlan: async (plan: WatchPlan): Promise<void> => {
    await items.put(watchKey(plan.service, 'PLAN'), WatchPlan.parse(plan));
  },

  state: (service: string, signal?: AbortSignal): Promise<WatchState | null> =>
    items.get(watchKey(service, 'STATE'), WatchStateShape, signal),

  /** The plan, and what was gathered by it. */
  forgetPlan: async (service: string, signal: AbortSignal): Promise<void> => {
    for (const sk of ['PLAN', 'FACTS']) await items.remove(watchKey(service, sk), signal);
  },

  /**
   * Writes the state if the stored one is the version before it; version 1 if there is none yet.
   * False: another writer was first. Load again, and decide again.
   */
  saveState: (service: string, stored: WatchState, signal?: AbortSignal): Promise<boolean> =>
    items.put(watchKey(service, 'STATE'), stored, {
      marks: { version: stored.version },
      condition:
        stored.version === 1
          ? { if: 'absent' }
          : { if: 'marks', are: { version: stored.version - 1 } },
      signal,
    }),

  facts: async (service: string, signal?: AbortSignal): Promise<Facts> =>
    (await items.get(watchKey(service, 'FACTS'), FactsShape, signal)) ?? NO_FACTS,

  putFacts: async (service: string, facts: Facts, signal?: AbortSignal): Promise<void> => {
    await items.put(watchKey(service, 'FACTS'), FactsShape.parse(facts), { signal });
  },

  putDecision: async (
    service: string,
    decisionId: string,
    decision: StoredDecision,
    signal?: AbortSignal,
  ): Promise<void> => {
    const keep = { nowMs: decision.input.nowMs, days: DAYS.record };
    await items.put({ pk: `DECISION#${service}`, sk: decisionId }, decision, { keep, signal });
  },

  decision: (
    service: string,
    decisionId: string,
    signal?: AbortSignal,
  ): Promise<StoredDecision | null> =>
    items.get({ pk: `DECISION#${service}`, sk: decisionId }, StoredDecisionShape, signal),

  /** True for the first who says so, for as long as the mark is kept. */
  once: (service: string, key: string, days: number, nowMs: number): Promise<boolean> =>
    items.put(
      watchKey(service, `ONCE#${key}`),
      { atMs: nowMs },
      { keep: { nowMs, days }, condition: { if: 'absent' } },
    ),

  /** Takes such a mark back: what it stood for surely did not happen. */
  forget: (service: string, key: string, signal?: AbortSignal): Promise<void> =>
    items.remove(watchKey(service, `ONCE#${key}`), signal),

  /** The message that was last sent about a matter, so that it can be edited. */
  message: (service: string, matter: string, signal?: AbortSignal): Promise<SentMessage | null> =>
    items.get(watchKey(service, `MESSAGE#${matter}`), SentMessageShape, signal),

  putMessage: async (
    service: string,
    matter: string,
    message: SentMessage,
    signal?: AbortSignal,
  ): Promise<void> => {
    const keep = { nowMs: message.atMs, days: DAYS.record };
    await items.put(watchKey(service, `MESSAGE#${matter}`), message, { keep, signal });
  },
});

/** What observers keep. */
const openObservation = (items: JsonTable) => ({
  observer: (service: string, name: string, signal?: AbortSignal): Promise<ObserverMemory | null> =>
    items.get(watchKey(service, `OBSERVER#${name}`), ObserverMemoryShape, signal),

  /**
   * Writes the memory of an observer, and holds its place until `memory.untilMs`. Gives what was there
   * before; false: another invocation holds it beyond `heldMs`, which is `nowMs` unless it is given.
   * `force` takes it all the same.
   */
  holdObserver: (
    service: string,
    name: string,
    memory: ObserverMemory,
    options: { nowMs: number; heldMs?: number; force?: boolean; signal?: AbortSignal },
  ): Promise<{ readonly before: () => ObserverMemory | null } | false> => {
    const { nowMs, heldMs = nowMs, force = false, signal } = options;
    const { holder, untilMs } = memory;
    const condition = { if: 'free', own: ['holder', holder], until: ['untilMs', heldMs] } as const;
    return items.replace(watchKey(service, `OBSERVER#${name}`), memory, ObserverMemoryShape, {
      keep: { nowMs, days: DAYS.observer },
      marks: { holder, untilMs },
      ...(force ? {} : { condition }),
      signal,
    });
  },

  /** Writes what an observer has seen since the last time, of all its targets in one item. */
  putSamples: async (
    service: string,
    observer: string,
    targets: readonly TargetSamples[],
    signal?: AbortSignal,
  ): Promise<void> => {
    const starts = targets.flatMap(({ samples }) => samples.map(({ startMs }) => startMs));
    if (starts.length === 0) return;
    const firstMs = Math.min(...starts);
    const keep = { nowMs: firstMs, days: DAYS.samples };
    const key = { pk: `SAMPLES#${service}`, sk: `${moment(firstMs)}#${observer}` };
    const seen = targets.filter(({ samples }) => samples.length > 0);
    await items.put(key, SampleItemShape.parse({ observer, targets: seen }), { keep, signal });
  },

  /** Chunks of the items whose first sample started in this span, in the order of time. */
  samples: async (
    service: string,
    span: { fromMs: number; toMs: number },
    signal?: AbortSignal,
  ): Promise<SampleChunk[]> => {
    const [from, to] = [moment(span.fromMs), moment(span.toMs) + END_OF_TIME];
    const range = { pk: `SAMPLES#${service}`, from, to };
    const found = await items.between(range, SampleItemShape, { signal });
    return found.flatMap(({ observer, targets }) =>
      targets.map(({ target, samples }) => ({ observer, target, samples })),
    );
  },
});

/** What is kept of executions. */
const openRecords = (items: JsonTable) => ({
  putSummary: async (
    service: string,
    summary: { startedAtMs: number; execution: string },
    signal?: AbortSignal,
  ): Promise<void> => {
    const sk = `${moment(summary.startedAtMs)}#${summary.execution}`;
    const keep = { nowMs: summary.startedAtMs, days: DAYS.record };
    await items.put({ pk: `FAILOVERS#${service}`, sk }, summary, { keep, signal });
  },

  /** The latest first. */
  summaries: <T extends z.ZodType>(
    service: string,
    schema: T,
    limit: number,
    signal?: AbortSignal,
  ): Promise<z.output<T>[]> =>
    items.between({ pk: `FAILOVERS#${service}`, from: '0', to: END_OF_TIME }, schema, {
      newestFirst: true,
      limit,
      signal,
    }),

  putEvidence: async (
    execution: string,
    evidence: StepEvidence,
    signal?: AbortSignal,
  ): Promise<void> => {
    const sk = `${moment(evidence.atMs)}#${evidence.kind}#${crypto.randomUUID()}`;
    const keep = { nowMs: evidence.atMs, days: DAYS.record };
    await items.put({ pk: `EVIDENCE#${execution}`, sk }, evidence, { keep, signal });
  },

  /** In the order of time. */
  evidence: (execution: string, signal?: AbortSignal): Promise<StepEvidence[]> =>
    items.between({ pk: `EVIDENCE#${execution}`, from: '0', to: END_OF_TIME }, StepEvidence, {
      signal,
    }),
});

export const openWatchTable = (table: string, sdk: SdkSettings = {}) => {
  const items = openJsonTable(table, sdk);
  return {
    ...openLoading(items),
    ...openEvaluation(items),
    ...openLease(items),
    ...openObservation(items),
    ...openRecords(items),
    close: items.close,
  };
};

export type WatchTable = ReturnType<typeof openWatchTable>;
