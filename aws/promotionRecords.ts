/**
 * Promotions in the table of the watch.
 *
 * | PK                   | SK                       | kept   |
 * |----------------------|--------------------------|--------|
 * | WATCH#<service>      | PROMOTION-PLAN           | always |
 * | WATCH#<service>      | UNDO#<promotion>         | 1 d    |
 * | PROMOTIONS#<service> | <started ms>#<promotion> | 400 d  |
 */
import * as z from 'zod';
import { type PromotionInput, PromotionPlan, PromotionRecord } from '../events/promotion.ts';
import { moment, openJsonTable } from './jsonTable.ts';
import type { SdkSettings } from './sdk.ts';

const DAYS = { undo: 1, record: 400 } as const;
const planKey = (service: string) => ({ pk: `WATCH#${service}`, sk: 'PROMOTION-PLAN' });
const undoKey = (service: string, promotionId: string) => ({
  pk: `WATCH#${service}`,
  sk: `UNDO#${promotionId}`,
});

const recordKey = (service: string, startedAtMs: number, promotionId: string) => ({
  pk: `PROMOTIONS#${service}`,
  sk: `${moment(startedAtMs)}#${promotionId}`,
});

const Planned = PromotionPlan.pick({ referenceDigest: true }).loose();

export const openPromotionRecords = (table: string, sdk: SdkSettings = {}) => {
  const items = openJsonTable(table, sdk);

  const plan = (service: string, signal?: AbortSignal): Promise<PromotionPlan | null> =>
    items.get(planKey(service), PromotionPlan, signal);

  /**
   * The image that the configuration asked for when promotions were last set up: read alone, so that a plan of an
   * earlier version of this program tells it, too.
   */
  const plannedReference = async (service: string): Promise<string | null> =>
    (await items.get(planKey(service), Planned))?.referenceDigest ?? null;

  const putPlan = async (wanted: PromotionPlan): Promise<void> => {
    await items.put(planKey(wanted.service), PromotionPlan.parse(wanted));
  };

  /**
   * Writes how a promotion stands. False: a later step has written already, and this one is late.
   */
  const put = (record: PromotionRecord, signal?: AbortSignal): Promise<boolean> => {
    const { service, promotionId, startedAtMs, memory } = record;
    const { seq } = memory;
    const key = recordKey(service, startedAtMs, promotionId);
    return items.put(key, PromotionRecord.parse(record), {
      keep: { nowMs: startedAtMs, days: DAYS.record },
      marks: { seq },
      condition: { if: 'free', own: ['seq', seq], until: ['seq', seq] },
      signal,
    });
  };

  const find = (
    { service, promotionId, startedAtMs }: PromotionInput,
    signal?: AbortSignal,
  ): Promise<PromotionRecord | null> =>
    items.get(recordKey(service, startedAtMs, promotionId), PromotionRecord, signal);

  /** The latest first. */
  const list = (service: string, limit: number, signal?: AbortSignal): Promise<PromotionRecord[]> =>
    items.between({ pk: `PROMOTIONS#${service}`, from: '0', to: ':' }, PromotionRecord, {
      newestFirst: true,
      limit,
      signal,
    });

  /** A person's word that a promotion under way is to be undone. */
  const orderUndo = async (
    service: string,
    promotionId: string,
    nowMs: number,
    signal?: AbortSignal,
  ): Promise<void> => {
    const keep = { nowMs, days: DAYS.undo };
    await items.put(undoKey(service, promotionId), { atMs: nowMs }, { keep, signal });
  };

  const isUndoOrdered = async (
    service: string,
    promotionId: string,
    signal?: AbortSignal,
  ): Promise<boolean> =>
    (await items.get(undoKey(service, promotionId), z.unknown(), signal)) !== null;

  return {
    plan,
    plannedReference,
    putPlan,
    put,
    find,
    list,
    orderUndo,
    isUndoOrdered,
    close: items.close,
  };
};

export type PromotionRecords = ReturnType<typeof openPromotionRecords>;
