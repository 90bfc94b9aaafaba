/** Drills that were kept, read where they are: in a data folder, or on AWS. */
import { openDocuments } from '../aws/documents.ts';
import { type DrillRecords, openDrillRecords } from '../aws/drillRecords.ts';
import { type NightRecords, openNightRecords } from '../aws/nightRecords.ts';
import { drillBucketOf, serviceOfWatchTable } from '../core/deploy/deployed.ts';
import { DrillError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { DrillReport } from '../events/drillReport.ts';
import type { DrillLine } from '../events/historyOutput.ts';
import { reportKeyOf } from '../functions/rank/report.ts';
import { type Failovers, openFailovers } from './failovers/store.ts';
import { type Kept, nothingKept, type Sought, unreadText, withKept } from './kept.ts';
import type { Output } from './output/output.ts';
import { openPromotions, type Promotions } from './promotions/store.ts';
import type { WhereOptions } from './where/options.ts';

/** A drill with where it is kept. */
export type StoredDrill = DrillLine & { readonly table: string; readonly region: string };

export type Store = {
  /** Newest first, over all services that are kept there. */
  drills(limit: number): Promise<StoredDrill[]>;
  /** The drill of that id, or the newest one. @throws DrillError `DrillNotFound` */
  find(drillId: string | undefined): Promise<StoredDrill>;
  records(drill: StoredDrill): DrillRecords;
  /** @throws DrillError `DrillNotFound` when it has no report, `DataCorrupt` */
  report(drill: StoredDrill): Promise<DrillReport>;
  /** What is kept of the nights of its service. */
  nights(drill: StoredDrill): NightRecords;
  readonly failovers: Failovers;
  readonly promotions: Promotions;
  /** For who has not found any. */
  none(kind: Sought['kind']): DrillError;
  /** Regions that did not answer, and were gone on without. */
  unread(): readonly string[];
  /** What a further command needs to read the same. */
  readonly options: string;
  close(): void;
};

/** Far above any history: drills are kept 400 days. */
const SEARCH_MAX = 2_000;

const noSuchDrill = (
  drillId: string,
  ids: readonly string[],
  { options, unread }: Kept,
): DrillError => {
  const guess = nearest(drillId, ids) ?? ids[0];
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
  return new DrillError(
    'DrillNotFound',
    `there is no drill ${drillId}${unreadText(unread())}.${hint} See all with: failover history${options}`,
    { drillId },
  );
};

const openStore = (kept: Kept): Store => {
  const { tables: names, accountId, sdkOf, reach, unread, isHeld, options } = kept;
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const open = (name: string, region: string): DrillRecords =>
    keep(openDrillRecords(name, sdkOf(region)));
  const failovers = keep(openFailovers(kept));
  const promotions = keep(openPromotions(kept));
  const tables = names
    .filter(({ name }) => serviceOfWatchTable(name) === undefined)
    .map(({ name, region }) => ({ name, region, records: open(name, region) }));
  const drills = async (limit: number): Promise<StoredDrill[]> => {
    const all = tables.map(async ({ name, region, records }) => {
      const states = await reach(region, () => records.states(limit), []);
      return states.map((state): StoredDrill => {
        const status = state.status === 'RUNNING' && !isHeld ? 'INTERRUPTED' : state.status;
        return { ...state, status, table: name, region };
      });
    });
    return (await Promise.all(all))
      .flat()
      .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
      .slice(0, limit);
  };
  const find = async (drillId: string | undefined): Promise<StoredDrill> => {
    const all = await drills(drillId === undefined ? 1 : SEARCH_MAX);
    const found = drillId === undefined ? all[0] : all.find((one) => one.drillId === drillId);
    if (found) return found;
    if (drillId === undefined) throw nothingKept(kept, { kind: 'drill' });
    const others = (await failovers.all(SEARCH_MAX)).map(({ summary }) => summary.execution);
    const promoted = (await promotions.all(SEARCH_MAX)).map(({ promotionId }) => promotionId);
    throw noSuchDrill(
      drillId,
      [...all.map((drill) => drill.drillId), ...others, ...promoted],
      kept,
    );
  };
  const report = ({ region, service, drillId }: StoredDrill): Promise<DrillReport> => {
    const bucket = drillBucketOf({ service, accountId, region });
    return openDocuments(bucket, sdkOf(region)).read(reportKeyOf(service, drillId), DrillReport);
  };
  return {
    ...{ drills, find, report, failovers, promotions, unread, options },
    none: (kind) => nothingKept(kept, { kind }),
    records: ({ table, region }) => open(table, region),
    nights: ({ table, region }) => keep(openNightRecords(table, sdkOf(region))),
    close: () => {
      for (const part of opened) part.close();
    },
  };
};

/** Opens the store over what is kept for one piece of work, and closes it whatever happens. */
export const withStoreOf = async <T>(
  kept: Kept,
  work: (store: Store) => Promise<T>,
): Promise<T> => {
  const store = openStore(kept);
  try {
    return await work(store);
  } finally {
    store.close();
  }
};

/**
 * `home` for drills; `kept` for what each of two controllers has made, too.
 * @throws DrillError `DrillNotFound` where nothing was ever kept, and all that opening it can say
 */
export const withStore = <T>(
  options: WhereOptions,
  output: Output,
  wanted: 'home' | 'kept',
  sought: Sought,
  work: (store: Store) => Promise<T>,
): Promise<T> =>
  withKept(options, output, wanted, (kept) => {
    if (kept.tables.length === 0) throw nothingKept(kept, sought);
    return withStoreOf(kept, work);
  });
