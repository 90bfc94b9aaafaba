/** Failovers that were kept: their summaries from the tables of watches, their records from S3. */
import { openDocuments } from '../../aws/documents.ts';
import { openWatchTable, type WatchTable } from '../../aws/watchTable.ts';
import { serviceOfWatchTable, watchBucketOf } from '../../core/deploy/deployed.ts';
import type { Entry } from '../../core/evidence/chain.ts';
import { EvidenceRecord } from '../../events/evidenceRecord.ts';
import { FailoverSummary } from '../../events/failoverSummary.ts';
import { shadowOf, type WatchPlan } from '../../events/watchPlan.ts';
import type { SampleChunk } from '../../events/watchState.ts';
import type { Kept } from '../kept.ts';

/** A failover with where it is kept. */
export type StoredFailover = {
  readonly summary: FailoverSummary;
  readonly table: string;
  readonly bucket: string;
  readonly region: string;
};

export type Failovers = {
  /** Newest first, over all services that are kept there; rehearsals are among them. */
  all(limit: number): Promise<StoredFailover[]>;
  /** Undefined when there is none of that id. */
  find(execution: string): Promise<StoredFailover | undefined>;
  /** @throws DrillError `DrillNotFound` when the record is gone, `DataCorrupt` */
  record(failover: StoredFailover): Promise<Entry[]>;
  /** Probes from after its end: they are no part of the record, but of what a replay asks. */
  later(failover: StoredFailover): Promise<SampleChunk[]>;
  /** Every watch with its plan, and all its probes that are kept: of the last days. */
  histories(): Promise<History[]>;
  close(): void;
};

export type History = { readonly plan: WatchPlan; readonly chunks: readonly SampleChunk[] };

/** Far above any history. */
const SEARCH_MAX = 2_000;

/** The last moment that a key can name. */
const FOR_EVER_MS = 9_999_999_999_999;

/** Longer than any setting that a replay would sensibly try. */
const LATER_MS = 900_000;

export const openFailovers = ({ tables, accountId, sdkOf }: Kept): Failovers => {
  const opened: WatchTable[] = [];
  const watches = tables.flatMap(({ name, region }) => {
    const service = serviceOfWatchTable(name);
    if (service === undefined) return [];
    const records = openWatchTable(name, sdkOf(region));
    opened.push(records);
    const bucket = watchBucketOf({ service, accountId, region });
    return [service, shadowOf(service)].map((watch) => ({ name, bucket, region, records, watch }));
  });
  const all = async (limit: number): Promise<StoredFailover[]> => {
    const kept = watches.map(async ({ name, bucket, region, records, watch }) => {
      const summaries = await records.summaries(watch, FailoverSummary, limit);
      return summaries.map((summary): StoredFailover => ({ summary, table: name, bucket, region }));
    });
    return (await Promise.all(kept))
      .flat()
      .sort((a, b) => b.summary.startedAtMs - a.summary.startedAtMs)
      .slice(0, limit);
  };
  return {
    all,
    find: async (execution) =>
      (await all(SEARCH_MAX)).find(({ summary }) => summary.execution === execution),
    record: ({ summary, bucket, region }) => {
      const documents = openDocuments(bucket, sdkOf(region));
      return documents.read(summary.record, EvidenceRecord);
    },
    later: async ({ summary, table, region }) => {
      const records = openWatchTable(table, sdkOf(region));
      opened.push(records);
      const { service, startedAtMs, finishedAtMs } = summary;
      return records.samples(service, { fromMs: startedAtMs, toMs: finishedAtMs + LATER_MS });
    },
    histories: async () => {
      const found = watches.map(async ({ records, watch }): Promise<History[]> => {
        const plan = await records.plan(watch);
        if (plan === null) return [];
        const chunks = await records.samples(watch, { fromMs: 0, toMs: FOR_EVER_MS });
        return chunks.length === 0 ? [] : [{ plan, chunks }];
      });
      return (await Promise.all(found)).flat();
    },
    close: () => {
      for (const records of opened) records.close();
    },
  };
};
