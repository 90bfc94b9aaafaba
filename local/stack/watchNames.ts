/** Names of what a watch keeps, as the templates spell them. */
import { ACCOUNT_ID } from '../wire/types.ts';

export const watchTableOf = (service: string): string => `failover-drill-${service}-watch`;

/** Where records of failovers lie; the region is the home region. */
export const watchBucketOf = (service: string, region: string): string =>
  `failover-${service}-watch-${ACCOUNT_ID}-${region}`;

/** The service whose watch has this table; undefined for any other table. */
export const serviceOfWatchTable = (table: string): string | undefined =>
  /^failover-drill-(.+)-watch$/.exec(table)?.[1];
