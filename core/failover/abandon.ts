/** How a move ends that stopped in the middle: its function failed, or its execution was stopped. */
import type { Event, State } from './states.ts';

/**
 * The result that leads from where the machine stands to its end, as the step under way would have
 * told it; null when the execution is not under way. A machine that waits for the fence is told of
 * it first, as a fence is best effort: apply what this gives until it gives null.
 */
export const abandonment = (
  state: State,
  execution: string,
  why: string,
  nowMs: number,
): Event | null => {
  if (state.execution?.name !== execution) return null;
  const told = { nowMs, execution };
  switch (state.phase) {
    case 'ACQUIRE':
      return { kind: 'lease', won: false, ...told };
    case 'FENCE':
      return { kind: 'fenced', ...told };
    case 'SCALE':
      return { kind: 'scaled', enough: false, why, ...told };
    case 'FLIP':
    case 'FAILBACK_SHIFT':
      return { kind: 'flipped', done: false, why, ...told };
    case 'VERIFY':
      return { kind: 'verified', ok: false, oldSideNoWorse: false, why, ...told };
    case 'ROLLBACK_FLIP':
      return { kind: 'rolledBack', done: false, why, ...told };
    default:
      return null;
  }
};
