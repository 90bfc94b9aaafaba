/** Something a person should hear of a promotion: each fact once. */
import * as z from 'zod';
import { type BusEvent, busEvent } from './busEvent.ts';
import { ServiceName } from './probeOutcome.ts';
import { Digest, PromotionEvidence, PromotionId } from './promotion.ts';
import { EpochMs } from './region.ts';

export const PromotionNoticeKind = z.enum([
  'started',
  /** A stage or a share: for who looks on, not for a chat. */
  'step',
  'promoted',
  'rolled-back',
  'interrupted',
  'failed',
]);
export type PromotionNoticeKind = z.output<typeof PromotionNoticeKind>;

export const PromotionNotice = z.strictObject({
  service: ServiceName,
  promotionId: PromotionId,
  notice: PromotionNoticeKind,
  /** The same for every delivery of the same fact: tell it once. */
  key: z.string().regex(/^[A-Za-z0-9_#-]{1,200}$/),
  atMs: EpochMs,
  why: z.string().max(5_000),
  mode: z.enum(['canary', 'bluegreen', 'rollback']),
  digest: Digest,
  variant: z.string().max(200).nullable(),
  by: z.enum(['drill', 'person']),
  evidence: PromotionEvidence.nullable(),
  /** Each place and how it stands, in words. */
  places: z.array(z.string().max(300)).max(3),
});
export type PromotionNotice = z.output<typeof PromotionNotice>;

export const promotionNotice = (notice: PromotionNotice): BusEvent<PromotionNotice> =>
  busEvent('PromotionNotice', PromotionNotice.parse(notice));
