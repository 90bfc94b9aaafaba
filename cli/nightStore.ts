/** What is kept of the nights of every service that drills are kept of. */
import { type NightRecords, openNightRecords } from '../aws/nightRecords.ts';
import { serviceOfWatchTable } from '../core/deploy/deployed.ts';
import { TABLE_PREFIX } from './dataServer.ts';
import { type Kept, withKept } from './kept.ts';
import type { Output } from './output/output.ts';
import type { WhereOptions } from './where/options.ts';

export type ServiceNights = { readonly service: string; readonly nights: NightRecords };

const openNights = ({ tables, sdkOf }: Kept): ServiceNights[] =>
  tables
    .filter(({ name }) => serviceOfWatchTable(name) === undefined)
    .map(({ name, region }) => ({
      service: name.slice(TABLE_PREFIX.length),
      nights: openNightRecords(name, sdkOf(region)),
    }));

/** Opens the nights for one piece of work, and closes them whatever happens. None where nothing is kept. */
export const withNights = <T>(
  options: WhereOptions,
  output: Output,
  work: (all: readonly ServiceNights[]) => Promise<T>,
): Promise<T> =>
  withKept(options, output, 'home', async (kept) => {
    const opened = openNights(kept);
    try {
      return await work(opened);
    } finally {
      for (const { nights } of opened) nights.close();
    }
  });
