/** What the config section `health` means, in numbers. */

/** How many votes decide: a share of the eligible observers, or a plain number of votes. */
export type Quorum =
  | { readonly kind: 'share'; readonly share: number; readonly eligibleMin: number }
  | { readonly kind: 'votes'; readonly votes: number; readonly of: number };

export type HealthSettings = {
  /** Between probes while nothing is in doubt. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Unhealthy this long without a break makes a target DOWN. */
  readonly downMs: number;
  /** Healthy this long without a break brings it back. */
  readonly upMs: number;
  /** The soft channel: p95 over `p95Ms` for `forMs` without a break makes a target DEGRADED. */
  readonly slow: { readonly p95Ms: number; readonly forMs: number } | null;
  readonly quorum: Quorum;
};

/**
 * A quorum in the words of a config file: `60% of 3`, `2 of 5` or `2of5`; undefined for other text.
 */
export const parseQuorum = (text: string): Quorum | undefined => {
  const match = /^\s*(\d{1,3})(%?)\s*of\s*(\d{1,2})\s*$/.exec(text);
  if (!match) return undefined;
  const [amount, of] = [Number(match[1]), Number(match[3])];
  if (amount < 1 || of < 1) return undefined;
  if (match[2] === '%') {
    return amount > 100 ? undefined : { kind: 'share', share: amount / 100, eligibleMin: of };
  }
  return amount > of ? undefined : { kind: 'votes', votes: amount, of };
};

/** Without observers there is one local one, and its vote is the verdict. */
export const SINGLE_VANTAGE_QUORUM: Quorum = { kind: 'share', share: 1, eligibleMin: 1 };

/** Fewest eligible observers with which a verdict is given at all. */
export const eligibleMinOf = (quorum: Quorum): number =>
  quorum.kind === 'share' ? quorum.eligibleMin : quorum.votes;

/** How many of `observers` can speak of `region`: one that stands inside abstains. */
export const outsideOf = (region: string, observers: readonly string[]): number =>
  observers.filter((observer) => observer !== region).length;

/** Votes needed among `eligible` observers. */
export const votesNeeded = (quorum: Quorum, eligible: number): number =>
  // 60 % of 5 is 3.0000000000000004 in binary; a vote more must not be asked for that.
  quorum.kind === 'share' ? Math.max(1, Math.ceil(quorum.share * eligible - 1e-9)) : quorum.votes;

/** A probe without an answer after this long raises doubt before it has timed out. */
export const lateMs = ({ timeoutMs }: HealthSettings): number => timeoutMs / 4;

const STALE_INTERVALS = 3;

/**
 * How old evidence may be before it says nothing; a slow probe does not make its observer stale.
 */
export const staleAfterMs = ({ intervalMs, timeoutMs }: HealthSettings): number =>
  STALE_INTERVALS * Math.max(intervalMs, timeoutMs);
