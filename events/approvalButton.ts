/** The buttons of the question whether to move traffic, as they come back from Slack. */
import * as z from 'zod';
import { ExecutionShape } from './failoverDecided.ts';
import { ServiceName } from './probeOutcome.ts';

/** Slack sends the id of the button that was pressed as `action_id`. */
export const APPROVE_ACTION = 'failover-approve';
export const DECLINE_ACTION = 'failover-decline';

/** The `value` of a button, as JSON: which decision, at which epoch, it answers. */
export const ApprovalValue = z.strictObject({
  service: ServiceName,
  decisionId: ExecutionShape.shape.decisionId,
  epoch: ExecutionShape.shape.epoch,
});
export type ApprovalValue = z.output<typeof ApprovalValue>;
