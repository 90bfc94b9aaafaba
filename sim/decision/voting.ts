/** What one observer says and when, by its own clock: functions/observe/voting.ts without waiting. */
import type { AbstainReason, Vote } from '../../core/health/vote.ts';

/** About both regions, in the order of `places`: home, standby. */
export type Votes = readonly [Vote, Vote];

type Told = {
  readonly vote: Vote['vote'];
  readonly reason: AbstainReason | null;
  readonly doubt: number;
};

const STARTING: Told = { vote: 'ABSTAIN', reason: 'starting', doubt: 0 };
const REPEAT_INTERVALS = 2;
const NEVER_MS = Number.POSITIVE_INFINITY;

const isNew = (tell: Told, known: Told): boolean =>
  tell.vote !== known.vote || tell.reason !== known.reason || tell.doubt !== known.doubt;

export const openVoting = (intervalMs: number, suspectMs: number) => {
  const repeatMs = REPEAT_INTERVALS * intervalMs;
  let told: readonly [Told, Told] = [STARTING, STARTING];
  let sentMs = 0;

  const suspectAtMs = ({ doubtSinceMs }: Vote): number =>
    doubtSinceMs === null ? NEVER_MS : doubtSinceMs + suspectMs;

  const tellOf = (vote: Vote): Told => ({
    vote: vote.vote,
    reason: vote.reason,
    doubt: vote.doubtSinceMs === null ? 0 : suspectAtMs(vote) > vote.atMs ? 1 : 2,
  });

  return {
    /** The next invocation has said nothing yet. */
    begin: (nowMs: number): void => {
      told = [STARTING, STARTING];
      sentMs = nowMs;
    },
    /** Whether these are to be sent: there is something new, or it is time to repeat. */
    isDue: (votes: Votes, nowMs: number): boolean => {
      const tells = [tellOf(votes[0]), tellOf(votes[1])] as const;
      const due =
        isNew(tells[0], told[0]) || isNew(tells[1], told[1]) || nowMs - sentMs >= repeatMs;
      if (due) {
        told = tells;
        sentMs = nowMs;
      }
      return due;
    },
    /** When to look again, if nothing happens. */
    nextMs: (votes: Votes, nowMs: number): number => {
      let nextMs = sentMs + repeatMs;
      for (const vote of votes) {
        const ms = suspectAtMs(vote);
        if (ms > nowMs && ms < nextMs) nextMs = ms;
      }
      return nextMs;
    },
    shift: (byMs: number): void => {
      sentMs += byMs;
    },
  };
};
