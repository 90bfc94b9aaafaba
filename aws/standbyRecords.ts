/** How the service stood in its regions, kept with the drill that looked: `DRILL#<id>` `STANDBY`, 400 days. */
import { StandbyRecord } from '../events/standby.ts';
import { KEPT_DAYS } from './drillTable.ts';
import { openJsonTable } from './jsonTable.ts';
import type { SdkSettings } from './sdk.ts';

const KEY = 'STANDBY';

export const openStandbyRecords = (table: string, sdk: SdkSettings = {}) => {
  const items = openJsonTable(table, sdk);
  const pk = (drillId: string): string => `DRILL#${drillId}`;

  const put = (drillId: string, record: StandbyRecord, nowMs: number, signal?: AbortSignal) =>
    items.put({ pk: pk(drillId), sk: KEY }, record, {
      keep: { nowMs, days: KEPT_DAYS.drill },
      signal,
    });

  /** Null when the drill did not look. */
  const find = async (drillId: string, signal?: AbortSignal): Promise<StandbyRecord | null> => {
    const range = { pk: pk(drillId), from: KEY, to: KEY };
    const [found] = await items.between(range, StandbyRecord, { signal });
    return found ?? null;
  };

  return { put, find, close: items.close };
};

export type StandbyRecords = ReturnType<typeof openStandbyRecords>;
