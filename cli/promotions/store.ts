/** Promotions that were kept, from the tables of watches. */
import { openPromotionRecords, type PromotionRecords } from '../../aws/promotionRecords.ts';
import { serviceOfWatchTable } from '../../core/deploy/deployed.ts';
import type { PromotionRecord } from '../../events/promotion.ts';
import type { Kept } from '../kept.ts';

export type Promotions = {
  /** Newest first, over all services that are kept there. */
  all(limit: number): Promise<PromotionRecord[]>;
  /** Undefined when there is none of that id. */
  find(promotionId: string): Promise<PromotionRecord | undefined>;
  close(): void;
};

/** Far above any history. */
const SEARCH_MAX = 2_000;

export const openPromotions = ({ tables, sdkOf, reach }: Kept): Promotions => {
  const opened: PromotionRecords[] = [];
  const watches = tables.flatMap(({ name, region }) => {
    const service = serviceOfWatchTable(name);
    if (service === undefined) return [];
    const records = openPromotionRecords(name, sdkOf(region));
    opened.push(records);
    return [{ service, region, records }];
  });
  const all = async (limit: number): Promise<PromotionRecord[]> => {
    const kept = await Promise.all(
      watches.map(({ service, region, records }) =>
        reach(region, () => records.list(service, limit), []),
      ),
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
