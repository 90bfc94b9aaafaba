/** Answers from a data folder: from the process that holds it, or from its files. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import * as s3Sdk from '@aws-sdk/client-s3';
import { DrillError } from '../core/errors.ts';
import { runningEndpoint } from '../local/assembly/dataFolder.ts';
import { realClock } from '../local/clock.ts';
import { createDynamodb } from '../local/dynamodb/service.ts';
import { createS3 } from '../local/s3/service.ts';
import { CREDENTIALS } from '../local/stack/clients.ts';
import { lockFolder } from '../local/stepfunctions/folderLock.ts';
import { startWireServer } from '../local/wire/server.ts';
import { serviceFromSdk } from '../local/wire/service.ts';

/** What the names of our tables begin with; the service follows. */
export const TABLE_PREFIX = 'failover-drill-';

/** Whether anything was ever kept here. */
export const keepsAnything = (dataDir: string): boolean =>
  existsSync(path.join(dataDir, 'dynamodb'));

export type DataServer = {
  readonly endpoint: string;
  /** A process works on it now. */
  readonly held: boolean;
  close(): Promise<void>;
};

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const corrupt = (dataDir: string, cause: unknown): DrillError =>
  new DrillError(
    'DataCorrupt',
    `the data folder ${dataDir} cannot be read: ${messageOf(cause)}. Move it away to start afresh, or name another with --data`,
    { dataDir },
    cause,
  );

const serveFiles = async (dataDir: string, release: () => void): Promise<DataServer> => {
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

/**
 * The endpoint of whoever holds the folder, or a server of our own over its files.
 * @throws DrillError `DataFolderInUse`, `DataCorrupt`
 */
export const serveData = async (dataDir: string): Promise<DataServer> => {
  let lock: ReturnType<typeof lockFolder>;
  try {
    lock = lockFolder(dataDir);
  } catch (cause) {
    const endpoint = runningEndpoint(dataDir);
    if (endpoint !== undefined) return { endpoint, held: true, close: async () => {} };
    if (cause instanceof DrillError) throw cause;
    throw new DrillError(
      'DataFolderInUse',
      `the data folder ${dataDir} is held by a process that does not answer yet. Try again in a moment`,
      { dataDir },
      cause,
    );
  }
  return serveFiles(dataDir, () => lock.release());
};

/** A table of ours, in the region it stands in. */
export type Table = { readonly region: string; readonly name: string };

/** A region of the running cloud may be down by a fault that somebody has set. */
const REGION_TIMEOUT_MS = 3_000;

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);

/** Our tables of every region that answers; one that is down keeps its own to itself, and is told. */
export const tablesOf = async (
  dataDir: string,
  endpoint: string,
  unread: (region: string) => void,
): Promise<Table[]> => {
  const folder = path.join(dataDir, 'dynamodb');
  const regions = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const found = regions.map(async (region) => {
    const client = new DynamoDBClient({ endpoint, region, credentials: CREDENTIALS });
    try {
      const abortSignal = AbortSignal.timeout(REGION_TIMEOUT_MS);
      const { TableNames = [] } = await client.send(new ListTablesCommand({}), { abortSignal });
      return TableNames.filter((name) => name.startsWith(TABLE_PREFIX)).map((name) => ({
        region,
        name,
      }));
    } catch (error) {
      if (!isTimeout(error)) throw error;
      unread(region);
      return [];
    } finally {
      client.destroy();
    }
  });
  return (await Promise.all(found)).flat();
};
