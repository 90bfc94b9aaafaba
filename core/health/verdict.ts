/** What a quorum of votes says of a region. An absent vote is never DOWN. */
import { continentOf } from './continents.ts';
import {
  eligibleMinOf,
  type HealthSettings,
  SINGLE_VANTAGE_QUORUM,
  votesNeeded,
} from './settings.ts';
import { admitVotes, type Vote } from './vote.ts';

export type Verdict = {
  readonly region: string;
  readonly state: 'UP' | 'DEGRADED' | 'DOWN' | 'UNKNOWN';
  readonly atMs: number;
  /** Since when a quorum has seen the region in this state; null for UNKNOWN. */
  readonly sinceMs: number | null;
  /** Since when a quorum has been in doubt or worse; null when none is. */
  readonly doubtSinceMs: number | null;
  readonly vantage: 'quorum' | 'single';
  readonly needed: number;
  readonly eligible: number;
  readonly votes: readonly Vote[];
  readonly why: string;
};

/** The observer of a configuration that names none. */
export const LOCAL_OBSERVER = 'local';

/** What every page and report of a single observer must say. */
export const SINGLE_VANTAGE_WORDS =
  'single vantage: cannot tell a dead region from a cut cable here';

/** The time since which `needed` of these have held: the needed-th earliest. */
const sinceOf = (times: readonly (number | null)[], needed: number): number | null =>
  times.filter((ms) => ms !== null).sort((a, b) => a - b)[needed - 1] ?? null;

/**
 * Where the eligible observers stand on two continents or more, those who are of one mind about a
 * region must too: one broken continent is not a broken region, nor is one that is well a region
 * that is.
 */
const spansContinents = (some: readonly Vote[], eligible: readonly Vote[]): boolean => {
  const continents = (votes: readonly Vote[]) =>
    new Set(votes.map(({ observer }) => continentOf(observer))).size;
  return continents(eligible) < 2 || continents(some) >= 2;
};

const badSinceMs = ({ vote, sinceMs, doubtSinceMs }: Vote): number | null =>
  vote === 'DOWN' || vote === 'DEGRADED' ? sinceMs : doubtSinceMs;

const inWords = (votes: readonly Vote[]): string => {
  const count = (kind: Vote['vote']) => votes.filter(({ vote }) => vote === kind).length;
  const silent = votes.filter(({ vote }) => vote === 'ABSTAIN');
  const abstains = silent.map(({ observer, reason }) => `${observer} abstains: ${reason}`);
  const doubting = votes.filter((each) => each.vote === 'UP' && each.doubtSinceMs !== null).length;
  const doubt = doubting === 0 ? '' : ` (${doubting} in doubt)`;
  const counts = `${count('UP')} UP${doubt}, ${count('DEGRADED')} DEGRADED, ${count('DOWN')} DOWN`;
  return [`${counts} of ${votes.length}`, ...abstains].join('; ');
};

type Judged = Pick<Verdict, 'state' | 'sinceMs' | 'doubtSinceMs' | 'why'>;

const judge = (votes: readonly Vote[], needed: number, eligibleMin: number): Judged => {
  const eligible = votes.filter(({ vote }) => vote !== 'ABSTAIN');
  const unknown = (why: string, doubtSinceMs: number | null = null): Judged => ({
    state: 'UNKNOWN',
    sinceMs: null,
    doubtSinceMs,
    why: `${why} (${inWords(votes)})`,
  });
  if (eligible.length < eligibleMin) {
    return unknown(
      `the detector is degraded: ${eligible.length} eligible ${eligible.length === 1 ? 'observer' : 'observers'}, ${eligibleMin} are needed`,
    );
  }
  const down = eligible.filter(({ vote }) => vote === 'DOWN');
  const bad = eligible.filter(({ vote }) => vote !== 'UP');
  const good = eligible.filter(({ vote }) => vote === 'UP');
  const doubting = eligible.filter((vote) => badSinceMs(vote) !== null);
  const doubtSinceMs = spansContinents(doubting, eligible)
    ? sinceOf(doubting.map(badSinceMs), needed)
    : null;
  const verdict = (state: Verdict['state'], some: readonly Vote[]): Judged => ({
    state,
    sinceMs: sinceOf(
      some.map(({ sinceMs }) => sinceMs),
      needed,
    ),
    doubtSinceMs,
    why: `${inWords(votes)}; ${needed} needed`,
  });
  if (down.length >= needed && spansContinents(down, eligible)) return verdict('DOWN', down);
  if (bad.length >= needed && spansContinents(bad, eligible)) return verdict('DEGRADED', bad);
  if (good.length >= needed && spansContinents(good, eligible)) return verdict('UP', good);
  return unknown(
    `the observers disagree: ${needed} of the same mind are needed, of two continents if they have them`,
    doubtSinceMs,
  );
};

/**
 * The verdict over `region` at `nowMs` from the votes of `observers`; with no observers configured,
 * from the one vote of the local observer, marked as a single vantage.
 */
export const judgeRegion = (
  region: string,
  votes: readonly Vote[],
  observers: readonly string[],
  nowMs: number,
  settings: HealthSettings,
): Verdict => {
  const single = observers.length === 0;
  const quorum = single ? SINGLE_VANTAGE_QUORUM : settings.quorum;
  const admitted = admitVotes(
    votes,
    single ? [LOCAL_OBSERVER] : observers,
    region,
    nowMs,
    settings,
  );
  const eligible = admitted.filter(({ vote }) => vote !== 'ABSTAIN').length;
  const needed = votesNeeded(quorum, eligible);
  const judged = judge(admitted, needed, eligibleMinOf(quorum));
  return {
    region,
    atMs: nowMs,
    vantage: single ? 'single' : 'quorum',
    needed,
    eligible,
    votes: admitted,
    ...judged,
    why: single ? `${judged.why}; ${SINGLE_VANTAGE_WORDS}` : judged.why,
  };
};
