/** Promotions that were kept, from the tables of watches. */
import { openPromotionRecords, type PromotionRecords } from '../../aws/promotionRecords.ts';
import type { PromotionRecord } from '../../events/promotion.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { serviceOfWatchTable } from '../../local/stack/watchNames.ts';
import type { Table } from '../dataServer.ts';

export type Promotions = {
  /** Newest first, over all services of the data folder. */
  all(limit: number): Promise<PromotionRecord[]>;
  /** Undefined when there is none of that id. */
  find(promotionId: string): Promise<PromotionRecord | undefined>;
  close(): void;
};

/** Far above any history. */
const SEARCH_MAX = 2_000;

export const openPromotions = (endpoint: string, tables: readonly Table[]): Promotions => {
  const opened: PromotionRecords[] = [];
  const watches = tables.flatMap(({ name, region }) => {
    const service = serviceOfWatchTable(name);
    if (service === undefined) return [];
    const records = openPromotionRecords(name, { endpoint, region, credentials: CREDENTIALS });
    opened.push(records);
    return [{ service, records }];
  });
  const all = async (limit: number): Promise<PromotionRecord[]> => {
    const kept = await Promise.all(
      watches.map(({ service, records }) => records.list(service, limit)),
    );
    return kept
      .flat()
      .sort((a, b) => b.startedAtMs - a.startedAtMs)
      .slice(0, limit);
  };
  return {
    all,
    find: async (id) => (await all(SEARCH_MAX)).find(({ promotionId }) => promotionId === id),
    close: () => {
      for (const records of opened) records.close();
    },
  };
};
