/** Drills that were kept, read where they are: from the process that holds the data folder, or from its files. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import * as s3Sdk from '@aws-sdk/client-s3';
import { openDocuments } from '../aws/documents.ts';
import { type DrillRecords, openDrillRecords } from '../aws/drillRecords.ts';
import { DrillError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { DrillReport } from '../events/drillReport.ts';
import type { DrillLine } from '../events/historyOutput.ts';
import { reportKeyOf } from '../functions/rank/report.ts';
import { runningEndpoint } from '../local/assembly/dataFolder.ts';
import { realClock } from '../local/clock.ts';
import { createDynamodb } from '../local/dynamodb/service.ts';
import { createS3 } from '../local/s3/service.ts';
import { CREDENTIALS } from '../local/stack/clients.ts';
import { lockFolder } from '../local/stepfunctions/folderLock.ts';
import { startWireServer } from '../local/wire/server.ts';
import { serviceFromSdk } from '../local/wire/service.ts';
import { ACCOUNT_ID } from '../local/wire/types.ts';

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
  close(): Promise<void>;
};

const TABLE_PREFIX = 'failover-drill-';
/** Far above any history: drills are kept 400 days. */
const SEARCH_MAX = 2_000;

type Server = { readonly endpoint: string; readonly held: boolean; close(): Promise<void> };

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const corrupt = (dataDir: string, cause: unknown): DrillError =>
  new DrillError(
    'DataCorrupt',
    `the data folder ${dataDir} cannot be read: ${messageOf(cause)}. Move it away to start afresh, or name another with --data`,
    { dataDir },
    cause,
  );

const serveFiles = async (dataDir: string, release: () => void): Promise<Server> => {
  const closers: (() => Promise<void> | void)[] = [release];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const base = { dataDir, clock: realClock };
    const dynamodb = await createDynamodb(base);
    closers.push(() => dynamodb.close());
    const s3 = await createS3(base);
    const server = await startWireServer({
      services: [dynamodb.front, serviceFromSdk(s3Sdk, 's3', s3.operations)],
    });
    closers.push(() => server.close());
    return { endpoint: server.url, held: false, close };
  } catch (error) {
    await close();
    throw corrupt(dataDir, error);
  }
};

/** The endpoint of whoever holds the folder, or a server of our own over its files. */
const serve = async (dataDir: string): Promise<Server> => {
  let lock: ReturnType<typeof lockFolder>;
  try {
    lock = lockFolder(dataDir);
  } catch (cause) {
    const endpoint = runningEndpoint(dataDir);
    if (endpoint !== undefined) return { endpoint, held: true, close: async () => {} };
    throw new DrillError(
      'DataFolderInUse',
      `the data folder ${dataDir} is held by a process that does not answer yet. Try again in a moment`,
      { dataDir },
      cause,
    );
  }
  return serveFiles(dataDir, () => lock.release());
};

type Table = { readonly region: string; readonly name: string };

const tablesOf = async (dataDir: string, endpoint: string): Promise<Table[]> => {
  const folder = path.join(dataDir, 'dynamodb');
  const regions = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const found = regions.map(async (region) => {
    const client = new DynamoDBClient({ endpoint, region, credentials: CREDENTIALS });
    try {
      const { TableNames = [] } = await client.send(new ListTablesCommand({}));
      return TableNames.filter((name) => name.startsWith(TABLE_PREFIX)).map((name) => ({
        region,
        name,
      }));
    } finally {
      client.destroy();
    }
  });
  return (await Promise.all(found)).flat();
};

const nothingKept = (dataDir: string): DrillError =>
  new DrillError(
    'DrillNotFound',
    `no drill is kept in ${dataDir} yet. Run one with: failover drill (or name another folder with --data)`,
    { dataDir },
  );

const noSuchDrill = (drillId: string, all: readonly StoredDrill[]): DrillError => {
  const ids = all.map((drill) => drill.drillId);
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
  if (!existsSync(path.join(dataDir, 'dynamodb'))) throw nothingKept(dataDir);
  const server = await serve(dataDir);
  const { endpoint, held } = server;
  const opened: DrillRecords[] = [];
  const close = async (): Promise<void> => {
    for (const records of opened) records.close();
    await server.close();
  };
  const open = (name: string, region: string): DrillRecords => {
    const records = openDrillRecords(name, { endpoint, region, credentials: CREDENTIALS });
    opened.push(records);
    return records;
  };
  try {
    const tables = (await tablesOf(dataDir, endpoint)).map(({ name, region }) => ({
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
      throw drillId === undefined ? nothingKept(dataDir) : noSuchDrill(drillId, all);
    };
    const report = ({ table, region, service, drillId }: StoredDrill): Promise<DrillReport> => {
      const sdk = { endpoint, region, credentials: CREDENTIALS };
      const documents = openDocuments(`${table}-${ACCOUNT_ID}-${region}`, sdk);
      return documents.read(reportKeyOf(service, drillId), DrillReport);
    };
    const records = ({ table, region }: StoredDrill): DrillRecords => open(table, region);
    return { drills, find, records, report, close };
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
