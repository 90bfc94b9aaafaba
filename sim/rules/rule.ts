/** A failover rule of another system, as far as it decides: when it asks, what it makes of answers. */
import type { Check } from './checks.ts';

export type Rule = {
  readonly name: string;
  /** Where the rule and its numbers come from. */
  readonly source: string;
  /**
   * Where its checkers stand, by place in the list of observers of a trace; null is inside the
   * region that is checked.
   */
  readonly places: readonly (number | null)[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** An answer that takes longer has failed, though it came; null asks for nothing more. */
  readonly responseMs: number | null;
  /** From start to start, or from the end of a check to the start of the next. */
  readonly pace: 'start-to-start' | 'end-to-start';
  /** While a check is on its way to another state; null keeps the pace. */
  readonly fastMs: number | null;
  /** A failed check is repeated at once, so often, before it counts. */
  readonly retries: number;
  readonly check: () => Check;
  /** Whether a region is up, from what each checker says. */
  readonly isUp: (healthy: readonly boolean[]) => boolean;
  /** From the deciding result to the changed answer. */
  readonly publishMs: number;
  /** What clients keep an answer for; 0 for a proxy, which asks at each request. */
  readonly ttlMs: number;
  readonly bothDown: 'home' | 'stay' | 'standby';
};

export const majority = (healthy: readonly boolean[]): boolean =>
  2 * healthy.filter(Boolean).length > healthy.length;

export const all = (healthy: readonly boolean[]): boolean => healthy.every(Boolean);
