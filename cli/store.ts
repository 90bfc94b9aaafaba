/** Drills that were kept, read where they are: from the process that holds the data folder, or from its files. */
import { openDocuments } from '../aws/documents.ts';
import { type DrillRecords, openDrillRecords } from '../aws/drillRecords.ts';
import { type NightRecords, openNightRecords } from '../aws/nightRecords.ts';
import { DrillError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { DrillReport } from '../events/drillReport.ts';
import type { DrillLine } from '../events/historyOutput.ts';
import { reportKeyOf } from '../functions/rank/report.ts';
import { CREDENTIALS } from '../local/stack/clients.ts';
import { ACCOUNT_ID } from '../local/wire/types.ts';
import { keepsAnything, serveData, tablesOf } from './dataServer.ts';
import { type Failovers, openFailovers } from './failovers/store.ts';
import { openPromotions, type Promotions } from './promotions/store.ts';

/** A drill with where it is kept. */
export type StoredDrill = DrillLine & { readonly table: string; readonly region: string };

export type Store = {
  /** Newest first, over all services of the data folder. */
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
  close(): Promise<void>;
};

/** Far above any history: drills are kept 400 days. */
const SEARCH_MAX = 2_000;

const nothingKept = (dataDir: string): DrillError =>
  new DrillError(
    'DrillNotFound',
    `no drill is kept in ${dataDir} yet. Run one with: failover drill (or name another folder with --data)`,
    { dataDir },
  );

const noSuchDrill = (drillId: string, ids: readonly string[]): DrillError => {
  const guess = nearest(drillId, ids) ?? ids[0];
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
  return new DrillError(
    'DrillNotFound',
    `there is no drill ${drillId}.${hint} See all with: failover history`,
    { drillId },
  );
};

/** Opens what is kept. @throws DrillError `DrillNotFound`, `DataFolderInUse`, `DataCorrupt` */
export const openStore = async (dataDir: string): Promise<Store> => {
  if (!keepsAnything(dataDir)) throw nothingKept(dataDir);
  const server = await serveData(dataDir);
  const { endpoint, held } = server;
  const opened: { close(): void }[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened) part.close();
    await server.close();
  };
  const open = (name: string, region: string): DrillRecords => {
    const records = openDrillRecords(name, { endpoint, region, credentials: CREDENTIALS });
    opened.push(records);
    return records;
  };
  try {
    const names = await tablesOf(dataDir, endpoint);
    const failovers = openFailovers(endpoint, names);
    opened.push(failovers);
    const promotions = openPromotions(endpoint, names);
    opened.push(promotions);
    const tables = names.map(({ name, region }) => ({
      ...{ name, region },
      records: open(name, region),
    }));
    const drills = async (limit: number): Promise<StoredDrill[]> => {
      const kept = tables.map(async ({ name, region, records }) => {
        const states = await records.states(limit);
        return states.map((state): StoredDrill => {
          const status = state.status === 'RUNNING' && !held ? 'INTERRUPTED' : state.status;
          return { ...state, status, table: name, region };
        });
      });
      const all = (await Promise.all(kept)).flat();
      return all.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)).slice(0, limit);
    };
    const find = async (drillId: string | undefined): Promise<StoredDrill> => {
      const all = await drills(drillId === undefined ? 1 : SEARCH_MAX);
      const found = drillId === undefined ? all[0] : all.find((one) => one.drillId === drillId);
      if (found) return found;
      if (drillId === undefined) throw nothingKept(dataDir);
      const others = (await failovers.all(SEARCH_MAX)).map(({ summary }) => summary.execution);
      const promoted = (await promotions.all(SEARCH_MAX)).map(({ promotionId }) => promotionId);
      throw noSuchDrill(drillId, [...all.map((drill) => drill.drillId), ...others, ...promoted]);
    };
    const report = ({ table, region, service, drillId }: StoredDrill): Promise<DrillReport> => {
      const sdk = { endpoint, region, credentials: CREDENTIALS };
      const documents = openDocuments(`${table}-${ACCOUNT_ID}-${region}`, sdk);
      return documents.read(reportKeyOf(service, drillId), DrillReport);
    };
    const records = ({ table, region }: StoredDrill): DrillRecords => open(table, region);
    const nights = ({ table, region }: StoredDrill): NightRecords => {
      const made = openNightRecords(table, { endpoint, region, credentials: CREDENTIALS });
      opened.push(made);
      return made;
    };
    return { drills, find, records, report, nights, failovers, promotions, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Opens the store for one piece of work, and closes it whatever happens. */
export const withStore = async <T>(
  dataDir: string,
  work: (store: Store) => Promise<T>,
): Promise<T> => {
  const store = await openStore(dataDir);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};
