/**
 * The rules that a run goes by. Those of the product, always; a test of the checker puts a broken
 * one in the place of one of them, to see it caught.
 */
import { claimLease, mayWrite } from '../../core/failover/lease.ts';
import { planSwitchWrites } from '../../core/failover/switchObjects.ts';
import { stepFilter } from '../../core/health/filter.ts';
import { nextProbeDueMs } from '../../core/health/pace.ts';
import { castVote } from '../../core/health/vote.ts';
import { advance } from '../../functions/_advance.ts';

export const PRODUCT_RULES = {
  stepFilter,
  nextProbeDueMs,
  castVote,
  advance,
  claimLease,
  mayWrite,
  planSwitchWrites,
};

export type Rules = typeof PRODUCT_RULES;
