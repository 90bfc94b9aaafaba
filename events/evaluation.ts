/** What `evaluate` is told and asked, and what it answers. */
import * as z from 'zod';
import type { Decision } from '../core/evidence/decision.ts';
import type { Order, State } from '../core/failover/states.ts';
import { EVENT_SOURCE } from './busEvent.ts';
import { DecisionShape } from './evidenceRecord.ts';
import { CloudWatchAlarmEvent, ExternalAlarm } from './externalAlarm.ts';
import { Epoch, ExecutionShape } from './failoverDecided.ts';
import { StateShape } from './failoverState.ts';
import { HealthVote } from './healthVote.ts';
import { ServiceName } from './probeOutcome.ts';

const delivered = <D extends string, T extends z.ZodType>(detailType: D, detail: T) =>
  z.object({
    source: z.literal(EVENT_SOURCE),
    'detail-type': z.literal(detailType),
    detail,
  });

/** Time has passed: judge again, also when no vote comes any more. */
export const EvaluateTick = z.strictObject({ kind: z.literal('tick'), service: ServiceName });

/** Answers how the watch stands, and what it would decide now. Changes nothing. */
export const EvaluateStatus = z.strictObject({ kind: z.literal('status'), service: ServiceName });

/** A person's order; `rehearse` is that of a rehearsal, to flip. */
export const EvaluateOrder = z.strictObject({
  kind: z.literal('order'),
  service: ServiceName,
  order: z.enum(['flip', 'rehearse', 'back']) satisfies z.ZodType<Order>,
});

/** A person's order to the controller in charge: the other one is to be. */
export const EvaluateHandOver = z.strictObject({
  kind: z.literal('hand-over'),
  service: ServiceName,
});

/** A person's word for a decision. Who may say it has been checked before. */
export const EvaluateApproval = z.strictObject({
  kind: z.literal('approval'),
  service: ServiceName,
  decisionId: ExecutionShape.shape.decisionId,
  epoch: Epoch,
  /** Unlike for every click or command: one that was used is refused. */
  nonce: z.string().min(8).max(200),
});
export type EvaluateApproval = z.output<typeof EvaluateApproval>;

export const EvaluateInput = z.union([
  delivered('HealthVote', HealthVote),
  EvaluateTick,
  delivered('ExternalAlarm', ExternalAlarm),
  CloudWatchAlarmEvent,
  EvaluateStatus,
  EvaluateOrder,
  EvaluateHandOver,
  EvaluateApproval,
]);
export type EvaluateInput = z.output<typeof EvaluateInput>;

export type EvaluateOutput = {
  readonly service: string;
  readonly version: number;
  readonly state: State;
  /** Whether what was asked for is under way; true for what asks for nothing. */
  readonly accepted: boolean;
  readonly why: string;
  /** With all gates; null where nothing was to be decided. */
  readonly decision: Decision | null;
};

export const EvaluateOutputShape: z.ZodType<EvaluateOutput, EvaluateOutput> = z.strictObject({
  service: ServiceName,
  version: z.int().min(0),
  state: StateShape,
  accepted: z.boolean(),
  why: z.string(),
  decision: DecisionShape.nullable(),
});
