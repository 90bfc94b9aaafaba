/** A decision and everything it rests on. The same input gives the same bytes of output, always. */
import { confirmedCause } from '../failover/confirm.ts';
import { type Plan, planFailover } from '../failover/plan.ts';
import type { FailoverSettings } from '../failover/settings.ts';
import type { State } from '../failover/states.ts';
import { type Cause, type Facts, isOrdered, type View } from '../failover/view.ts';
import type { HealthSettings } from '../health/settings.ts';
import { judgeRegion, type Verdict } from '../health/verdict.ts';
import type { Vote } from '../health/vote.ts';
import { canonicalJson } from './canonical.ts';

export type DecisionInput = {
  readonly nowMs: number;
  readonly health: HealthSettings;
  readonly settings: FailoverSettings;
  /** Empty for a single vantage. */
  readonly observers: readonly string[];
  readonly areas: View['areas'];
  readonly state: State;
  /** Votes about both regions, as they arrived. */
  readonly votes: readonly Vote[];
  readonly facts: Facts;
};

export type Decision = {
  readonly active: Verdict;
  readonly other: Verdict;
  readonly cause: Cause | null;
  readonly plan: Plan;
};

/**
 * Decides. What a person ordered stays ordered; what the machine suspected must still be confirmed
 * by the votes of this very moment, also when the decision waited for an approval.
 */
export const decide = (input: DecisionInput): Decision => {
  const { nowMs, health, settings, observers, areas, state, votes, facts } = input;
  const active = judgeRegion(state.active, votes, observers, nowMs, health);
  const other = judgeRegion(state.other, votes, observers, nowMs, health);
  const cause = isOrdered(state.cause)
    ? state.cause
    : confirmedCause(state, active, nowMs, settings);
  const { epoch, flips, approved } = state;
  const view = { nowMs, settings, areas, active, other, epoch, flips, cause, approved, facts };
  return { active, other, cause, plan: planFailover(view) };
};

/** Names a decision by all it rests on. */
export const decisionId = (input: DecisionInput, hash: (text: string) => string): string =>
  hash(canonicalJson(input)).slice(0, DECISION_ID_CHARS);

/** 64 bits: enough for one service's decisions, short enough to read out on the phone. */
const DECISION_ID_CHARS = 16;
