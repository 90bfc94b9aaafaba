/** Something a person should hear of: a fact of a watch, told once. */
import * as z from 'zod';
import type { Notice } from '../core/failover/states.ts';
import { type BusEvent, busEvent } from './busEvent.ts';
import { Epoch, ExecutionShape } from './failoverDecided.ts';
import { StateShape } from './failoverState.ts';
import { ServiceName } from './probeOutcome.ts';
import { EpochMs, Region } from './region.ts';

export const NoticeShape = z.enum([
  'suspect',
  'cleared',
  'approval',
  'decided',
  'flipped',
  'verified',
  'failed',
  'held',
  'failback-ready',
]) satisfies z.ZodType<Notice>;

export const FailoverNotice = z.strictObject({
  service: ServiceName,
  /** `page` asks for a person at once. */
  notice: z.union([NoticeShape, z.literal('page')]),
  /** The same for every delivery of the same fact: tell it once. */
  key: z.string().regex(/^[A-Za-z0-9#-]{1,120}$/),
  atMs: EpochMs,
  why: z.string().max(5_000),
  phase: StateShape.shape.phase,
  active: Region,
  other: Region,
  epoch: Epoch,
  /** The question that is open, for the buttons. */
  approval: StateShape.shape.approval,
  /** The execution that the fact belongs to, for the link to its report. */
  execution: ExecutionShape.nullable(),
});
export type FailoverNotice = z.output<typeof FailoverNotice>;

export const failoverNotice = (notice: FailoverNotice): BusEvent<FailoverNotice> =>
  busEvent('FailoverNotice', FailoverNotice.parse(notice));
