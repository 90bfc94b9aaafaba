/** The votes and the state of a watch as they would be, had the active region been lost long enough. */
import type { State } from '../../core/failover/states.ts';
import type { Vote } from '../../core/health/vote.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { WatchState } from '../../events/watchState.ts';

export const lostPrimary = (
  { state, votes }: WatchState,
  { failover }: WatchPlan,
  nowMs: number,
): { readonly state: State; readonly votes: readonly Vote[] } => {
  const sinceMs = Math.max(0, nowMs - 2 * failover.confirm.downMs);
  const against = (vote: Vote): Vote =>
    vote.target === state.active && vote.vote !== 'ABSTAIN'
      ? {
          ...vote,
          vote: 'DOWN',
          atMs: nowMs,
          sinceMs,
          doubtSinceMs: null,
          lastFailure: 'rehearsed',
        }
      : vote;
  return {
    state: {
      ...state,
      phase: 'EVALUATE',
      cause: 'down',
      troubleSinceMs: sinceMs,
      clearSinceMs: null,
    },
    votes: votes.map(against),
  };
};
