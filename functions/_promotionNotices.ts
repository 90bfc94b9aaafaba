/** What is new after a step of a promotion: a stage, a share, its end. */
import type { PromotionMemory } from '../core/promotion/states.ts';
import { doingText, placeText } from '../core/promotion/words.ts';
import type { BusEvent } from '../events/busEvent.ts';
import type { PromotionRecord } from '../events/promotion.ts';
import {
  type PromotionNotice,
  type PromotionNoticeKind,
  promotionNotice,
} from '../events/promotionNotice.ts';

const ENDINGS = {
  PROMOTED: 'promoted',
  ROLLED_BACK: 'rolled-back',
  INTERRUPTED: 'interrupted',
  FAILED: 'failed',
} as const;

/** By what a stage is told from the one before it. */
const stageOf = ({ at, share, places, ending }: PromotionMemory): string =>
  `${ending === null ? 'on' : 'back'}-${at}-${places[at]?.stage}-${share}`;

export const noticeOf = (
  record: PromotionRecord,
  notice: PromotionNoticeKind,
  about: { readonly key: string; readonly why: string; readonly atMs: number },
): BusEvent<PromotionNotice> => {
  const { service, promotionId, digest, variant, by, evidence, memory } = record;
  return promotionNotice({
    ...{ service, promotionId, notice, digest, variant, by, evidence },
    key: `${promotionId}-${about.key}`,
    why: about.why,
    atMs: about.atMs,
    mode: memory.mode,
    places: memory.places.map(placeText),
  });
};

export const noticesOf = (
  before: PromotionRecord,
  record: PromotionRecord,
  shares: readonly number[],
  atMs: number,
): BusEvent<PromotionNotice>[] => {
  const { memory, outcome, why } = record;
  if (outcome !== 'RUNNING') {
    return [noticeOf(record, ENDINGS[outcome], { key: `${memory.mode}-end`, why, atMs })];
  }
  const stage = stageOf(memory);
  if (stage === stageOf(before.memory)) return [];
  const cause = memory.ending === null ? '' : `${memory.ending.why}; `;
  const text = `${cause}${doingText(memory, shares)}`;
  return [noticeOf(record, 'step', { key: `${memory.mode}-${stage}`, why: text, atMs })];
};
