/** What is kept of the nights of every service in a data folder. */
import { type NightRecords, openNightRecords } from '../aws/nightRecords.ts';
import { CREDENTIALS } from '../local/stack/clients.ts';
import { keepsAnything, serveData, TABLE_PREFIX, tablesOf } from './dataServer.ts';

export type ServiceNights = { readonly service: string; readonly nights: NightRecords };

/** Opens the nights for one piece of work, and closes them whatever happens. None where nothing is kept. */
export const withNights = async <T>(
  dataDir: string,
  work: (all: readonly ServiceNights[]) => Promise<T>,
): Promise<T> => {
  if (!keepsAnything(dataDir)) return work([]);
  const { endpoint, close } = await serveData(dataDir);
  const opened: ServiceNights[] = [];
  try {
    for (const { name, region } of await tablesOf(dataDir, endpoint)) {
      const sdk = { endpoint, region, credentials: CREDENTIALS };
      opened.push({
        service: name.slice(TABLE_PREFIX.length),
        nights: openNightRecords(name, sdk),
      });
    }
    return await work(opened);
  } finally {
    for (const { nights } of opened) nights.close();
    await close();
  }
};
