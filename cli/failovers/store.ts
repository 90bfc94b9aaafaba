/** Failovers that were kept: their summaries from the tables of watches, their records from S3. */
import { openDocuments } from '../../aws/documents.ts';
import { openWatchTable, type WatchTable } from '../../aws/watchTable.ts';
import { serviceOfWatchTable, watchBucketOf } from '../../core/deploy/deployed.ts';
import { DrillError } from '../../core/errors.ts';
import type { Entry } from '../../core/evidence/chain.ts';
import { EvidenceRecord } from '../../events/evidenceRecord.ts';
import { FailoverSummary } from '../../events/failoverSummary.ts';
import { shadowOf, type WatchPlan } from '../../events/watchPlan.ts';
import type { SampleChunk } from '../../events/watchState.ts';
import type { Kept } from '../kept.ts';
import { mergedChunks } from './samples.ts';

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
  /**
   * By its id, with `@<region>` behind it where each of two controllers has a move of that name. Undefined when there
   * is none. @throws DrillError `InputInvalid` when there are two.
   */
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
const FOR_EVER = { fromMs: 0, toMs: 9_999_999_999_999 };

/** Longer than any setting that a replay would sensibly try. */
const LATER_MS = 900_000;

type Named = { readonly execution: string; readonly region: string };

/** Two controllers count epochs alike, and may call a move by the same name. */
export const namesOf = (failovers: readonly Named[]): string[] => {
  const ids = failovers.map(({ execution }) => execution);
  return failovers.map(({ execution, region }) =>
    ids.indexOf(execution) === ids.lastIndexOf(execution) ? execution : `${execution}@${region}`,
  );
};

const onlyOne = (name: string, found: readonly StoredFailover[]): StoredFailover | undefined => {
  if (found.length < 2) return found[0];
  const names = namesOf(found.map(({ summary, region }) => ({ ...summary, region })));
  throw new DrillError(
    'InputInvalid',
    `${name} is the name of a move by each controller: name ${names.join(' or ')}`,
  );
};

export const openFailovers = ({ tables, accountId, sdkOf, reach }: Kept): Failovers => {
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
      const ask = () => records.summaries(watch, FailoverSummary, limit);
      const summaries = await reach(region, ask, []);
      return summaries.map((summary): StoredFailover => ({ summary, table: name, bucket, region }));
    });
    return (await Promise.all(kept))
      .flat()
      .sort((a, b) => b.summary.startedAtMs - a.summary.startedAtMs)
      .slice(0, limit);
  };
  /** Probes of a watch, from wherever they are kept. */
  const samplesOf = async (
    of: (watch: (typeof watches)[number]) => boolean,
    span: { readonly fromMs: number; readonly toMs: number },
  ): Promise<SampleChunk[]> => {
    const kept = watches
      .filter(of)
      .map(({ region, records, watch }) => reach(region, () => records.samples(watch, span), []));
    return mergedChunks(await Promise.all(kept));
  };
  return {
    all,
    find: async (name) => {
      const [execution, where] = name.split('@');
      const found = (await all(SEARCH_MAX)).filter(
        ({ summary, region }) =>
          summary.execution === execution && (where === undefined || where === region),
      );
      return onlyOne(name, found);
    },
    record: ({ summary, bucket, region }) => {
      const documents = openDocuments(bucket, sdkOf(region));
      return documents.read(summary.record, EvidenceRecord);
    },
    later: ({ summary, table }) => {
      const { service, startedAtMs, finishedAtMs } = summary;
      const span = { fromMs: startedAtMs, toMs: finishedAtMs + LATER_MS };
      return samplesOf(({ name, watch }) => name === table && watch === service, span);
    },
    histories: async () => {
      const names = [...new Set(watches.map(({ watch }) => watch))];
      const found = names.map(async (name): Promise<History[]> => {
        const own = watches.filter(({ watch }) => watch === name);
        const plans = await Promise.all(
          own.map(({ region, records }) => reach(region, () => records.plan(name), null)),
        );
        const plan = plans.find((each) => each !== null);
        if (plan === undefined) return [];
        const chunks = await samplesOf(({ watch }) => watch === name, FOR_EVER);
        return chunks.length === 0 ? [] : [{ plan, chunks }];
      });
      return (await Promise.all(found)).flat();
    },
    close: () => {
      for (const records of opened) records.close();
    },
  };
};
