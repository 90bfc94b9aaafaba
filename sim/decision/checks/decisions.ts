/**
 * Invariants of decisions, counted anew from what they rest on: nothing here calls the rules that
 * made them, but for the replay.
 */
import { canonicalJson } from '../../../core/evidence/canonical.ts';
import { decisionId } from '../../../core/evidence/decision.ts';
import { reproduces } from '../../../core/evidence/replay.ts';
import { continentOf } from '../../../core/health/continents.ts';
import type { HealthSettings } from '../../../core/health/settings.ts';
import type { Vote } from '../../../core/health/vote.ts';
import { sha256 } from '../../../functions/_sha256.ts';
import { regionOf } from '../surroundings.ts';
import { type Around, type Check, startsOf } from './check.ts';

const SKEW_MS = 2_000;

const staleMs = ({ intervalMs, timeoutMs }: HealthSettings): number =>
  3 * Math.max(intervalMs, timeoutMs);

type Counted = { readonly eligible: readonly Vote[]; readonly against: readonly Vote[] };

/** Fresh votes, one for each observer, and those that speak against the region. */
const count = (
  votes: readonly Vote[],
  observers: readonly string[],
  region: string,
  nowMs: number,
  health: HealthSettings,
): Counted => {
  const eligible = observers.flatMap((observer) => {
    const own = votes
      .filter((vote) => vote.observer === observer && vote.target === region)
      .sort((a, b) => b.atMs - a.atMs)[0];
    if (own === undefined || observer === region || own.vote === 'ABSTAIN') return [];
    const ageMs = nowMs - own.atMs;
    return ageMs > staleMs(health) || ageMs < -SKEW_MS ? [] : [own];
  });
  return { eligible, against: eligible.filter(({ vote }) => vote !== 'UP') };
};

const continents = (votes: readonly Vote[]): number =>
  new Set(votes.map(({ observer }) => continentOf(observer))).size;

/** Why so many votes are no quorum; null when they are one. */
const noQuorum = (some: readonly Vote[], { eligible }: Counted, health: HealthSettings) => {
  const { quorum } = health;
  const least = quorum.kind === 'share' ? quorum.eligibleMin : quorum.votes;
  const needed =
    quorum.kind === 'share' ? Math.ceil(quorum.share * eligible.length - 1e-9) : quorum.votes;
  if (eligible.length < least) return `${eligible.length} observers are eligible`;
  if (some.length < needed) return `${some.length} of ${eligible.length} say so`;
  const narrow = continents(eligible) >= 2 && continents(some) < 2;
  return narrow ? 'they stand on one continent' : null;
};

const quorumBehindFlips = ({ plan, violated }: Around): Check => ({
  applied: (applied) => {
    const { atMs, step } = applied;
    for (const { execution } of startsOf(applied)) {
      const made = step.decisions.find(({ id }) => id === execution.decisionId);
      if (made === undefined) {
        violated('I7', atMs, `${execution.name} rests on no decision that was kept`);
        continue;
      }
      const { votes, nowMs } = made.decision.input;
      const { health } = plan;
      const of = (region: string) => count(votes, plan.observers, region, nowMs, health);
      const other = of(execution.to);
      const up = other.eligible.filter(({ vote }) => vote === 'UP');
      const unfit = noQuorum(up, { ...other, against: up }, health);
      if (unfit !== null && execution.cause !== 'operator') {
        violated('I3', atMs, `${execution.to} is not known to be up: ${unfit}`);
      }
      if (['operator', 'failback', 'unstable'].includes(execution.cause)) continue;
      const active = of(execution.from);
      const why = noQuorum(active.against, active, health);
      if (why !== null) violated('I3', atMs, `nothing speaks against ${execution.from}: ${why}`);
    }
  },
});

const decisionsReplay = ({ violated }: Around): Check => ({
  applied: ({ atMs, step }) => {
    for (const { id, decision } of step.decisions) {
      const text = canonicalJson(decision.input);
      const input: typeof decision.input = JSON.parse(text);
      const { same, differences } = reproduces(input, decision.decision);
      if (!same) violated('I7', atMs, `decision ${id} replays to another: ${differences[0] ?? ''}`);
      if (decisionId(input, sha256) !== id) violated('I7', atMs, `${id} names another decision`);
    }
  },
});

/** A vote against a region for which its observer has met no fault for as long as it speaks of. */
const votesJustified = ({ traffic, setup, violated }: Around): Check => ({
  voted: (observer, votes, atMs) => {
    const { intervalMs, timeoutMs, downMs, slow } = setup.health;
    for (const region of [0, 1] as const) {
      const { vote } = votes[region];
      if (vote !== 'DOWN' && vote !== 'DEGRADED') continue;
      // Back to the oldest probe that can still count.
      const backMs = vote === 'DOWN' ? downMs : (slow?.forMs ?? 0) + 20 * intervalMs;
      const fromMs = atMs - backMs - setup.health.upMs - 3 * (intervalMs + timeoutMs);
      if (traffic.met(observer, region, fromMs, atMs)) continue;
      violated('justified', atMs, `${votes[region].observer} says ${vote} of a path without fault`);
    }
  },
});

const noHarm = ({ traffic, setup, violated }: Around): Check => ({
  applied: (applied) => {
    const { intervalMs, timeoutMs, downMs } = setup.health;
    const lookMs = downMs + 2 * intervalMs + timeoutMs + staleMs(setup.health);
    for (const { execution } of startsOf(applied)) {
      if (execution.cause === 'operator') continue;
      const region = regionOf(traffic.places, execution.to);
      const { atMs } = applied;
      if (atMs > lookMs && traffic.deadSince(region, atMs - lookMs, atMs)) {
        violated('harm', atMs, `${execution.to} has been dead for ${lookMs} ms`);
      }
    }
  },
});

export const decisionChecks = (around: Around): Check[] =>
  [quorumBehindFlips, decisionsReplay, votesJustified, noHarm].map((open) => open(around));
