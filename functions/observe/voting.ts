/** Says what this observer believes: at once when it changes, and now and then when it does not. */
import type { EventBus } from '../../aws/eventBus.ts';
import { castVote, type Vote } from '../../core/health/vote.ts';
import { healthVote } from '../../events/healthVote.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Canaries } from './canaries.ts';
import type { Keeping } from './keeping.ts';
import type { Probing, SteadyClock } from './probing.ts';

type Needs = {
  readonly plan: WatchPlan;
  readonly observer: string;
  readonly probings: readonly Probing[];
  readonly canaries: Canaries;
  readonly clockSkewMs: () => number | null;
  readonly bus: EventBus;
  readonly clock: SteadyClock;
  readonly keeping: Keeping;
};

/** A vote counts for three intervals; sent every two, one may be late. */
const REPEAT_INTERVALS = 2;
/** Older than this, it would not count any more. */
const SEND_MS = 5_000;

const SPEAKS_AGAINST: ReadonlySet<Vote['vote']> = new Set(['DOWN', 'DEGRADED']);

const opinionOf = ({ vote, reason }: Vote): string => `${vote} ${reason}`;

export const openVoting = (needs: Needs) => {
  const { plan, observer, probings, canaries, clockSkewMs, bus, clock, keeping } = needs;
  const { health, failover, service } = plan;
  const repeatMs = REPEAT_INTERVALS * health.intervalMs;
  const opinions = new Map<string, string>();
  const told = new Map<string, string>();
  let sentMs = clock.now();
  let sent = 0;

  const cast = (nowMs: number): Vote[] =>
    probings.map((probing) =>
      castVote(probing.filter(), health, {
        observer,
        target: probing.region,
        nowMs,
        canariesAnswer: canaries.answer(),
        clockSkewMs: clockSkewMs(),
      }),
    );

  /** The moment at which a doubt becomes a suspicion is worth a vote of its own. */
  const suspectAtMs = ({ doubtSinceMs }: Vote): number =>
    doubtSinceMs === null ? Number.POSITIVE_INFINITY : doubtSinceMs + failover.suspectMs;

  const keyOf = (vote: Vote): string => {
    const doubt =
      vote.doubtSinceMs === null ? 'sure' : suspectAtMs(vote) > vote.atMs ? 'doubt' : 'suspect';
    return `${opinionOf(vote)} ${doubt}`;
  };

  const send = (votes: readonly Vote[], nowMs: number): Promise<void> => {
    sentMs = nowMs;
    sent += votes.length;
    for (const vote of votes) told.set(vote.target, keyOf(vote));
    // One that is lost is said again by the next; who is not heard counts as one that abstains.
    const event = healthVote(service, votes);
    const sending = bus.put([event], AbortSignal.timeout(SEND_MS));
    keeping.keep('sending votes', sending);
    return sending;
  };

  /** Casts all votes, and sends them if one has changed or their time has come. */
  const vote = (nowMs: number): void => {
    const votes = cast(nowMs);
    const isNew = (one: Vote) => (told.get(one.target) ?? 'ABSTAIN starting sure') !== keyOf(one);
    const due = votes.some(isNew) || nowMs - sentMs >= repeatMs;
    const sending = due ? send(votes, nowMs) : Promise.resolve();
    const turned = votes.filter((one) => opinions.get(one.target) !== opinionOf(one));
    for (const one of turned) opinions.set(one.target, opinionOf(one));
    const unwell = votes.some(
      ({ vote, doubtSinceMs }) => SPEAKS_AGAINST.has(vote) || doubtSinceMs !== null,
    );
    // What led to it is kept at once, as a decision may soon rest on it; the vote goes first. While
    // a decision waits for a person, it is kept as often as votes are sent.
    if (turned.length > 0 || (due && unwell)) sending.then(keeping.flush, keeping.flush);
  };

  return {
    vote,
    /** When to look again, if nothing happens. */
    dueMs: (nowMs: number): number =>
      Math.min(
        sentMs + repeatMs,
        ...cast(nowMs)
          .map(suspectAtMs)
          .filter((ms) => ms > nowMs),
      ),
    sent: () => sent,
  };
};

export type Voting = ReturnType<typeof openVoting>;
