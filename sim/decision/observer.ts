/**
 * One observer on virtual time: probes two regions, asks its canaries, votes, and hands over to its
 * next invocation every minute. It follows functions/observe/, whose own code waits on real I/O; the
 * rules are the same functions of core/. Moments called `atMs` are of the trace, `nowMs` and all
 * that goes into a vote of the observer's own clock.
 */
import type { Vote } from '../../core/health/vote.ts';
import type { ObserverTrouble } from '../faults/fault.ts';
import type { Stretch } from '../faults/timeline.ts';
import type { Met, Traffic } from '../faults/traffic.ts';
import { openCanaries } from './canaries.ts';
import { openProbing, type Probing } from './probing.ts';
import type { Rules } from './rules.ts';
import { type Setup, START_MS } from './setup.ts';
import { aheadMs, troubleOf } from './surroundings.ts';
import { openVoting, type Votes } from './voting.ts';

type Both<Item> = readonly [Item, Item];

type Needs = {
  readonly index: number;
  readonly traffic: Traffic;
  readonly setup: Setup;
  readonly rules: Rules;
};

const SLOT_MS = 60_000;
/** Until the answer to a vote tells what time it is at home. */
const HEARD_MS = 120;
const SECOND_MS = 1_000;
const NEVER_MS = Number.POSITIVE_INFINITY;

/** What a liar says instead; of the others, what they believe. */
const spoken = (
  vote: Vote,
  trouble: ObserverTrouble | null,
  lieMs: number,
  home: boolean,
): Vote => {
  if (trouble !== 'lies-down' && trouble !== 'lies-up') return vote;
  if (trouble === 'lies-down' && !home) return vote;
  const lie = { ...vote, reason: null, sinceMs: lieMs, doubtSinceMs: null };
  return { ...lie, vote: trouble === 'lies-down' ? 'DOWN' : 'UP' };
};

/** How the world treats this observer, looked up once for each stretch of the trace. */
const openTroubles = (traffic: Traffic, name: string) => {
  let stretch: Stretch | null = null;
  let trouble: ObserverTrouble | null = null;
  let lieAtMs = 0;
  return {
    look: (atMs: number): ObserverTrouble | null => {
      if (stretch !== null && atMs >= stretch.fromMs && atMs < stretch.untilMs) return trouble;
      stretch = traffic.timeline().at(atMs);
      const now = troubleOf(stretch, name);
      if (now !== trouble && (now === 'lies-down' || now === 'lies-up')) lieAtMs = atMs;
      trouble = now;
      return now;
    },
    untilMs: (): number => stretch?.untilMs ?? NEVER_MS,
    lieAtMs: (): number => lieAtMs,
    now: (): ObserverTrouble | null => trouble,
  };
};

/** The time here and at home, as answers tell it: functions/observe/skew.ts. */
const openClock = (traffic: Traffic, name: string) => {
  let offsetMs = START_MS;
  let skewMs: number | null = null;
  let heardAtMs = NEVER_MS;
  return {
    begin: (atMs: number): void => {
      offsetMs = START_MS + aheadMs(traffic.timeline().at(atMs), name);
      skewMs = null;
      heardAtMs = NEVER_MS;
    },
    offsetMs: () => offsetMs,
    skewMs: () => skewMs,
    /** A vote was accepted: the answer says when. */
    answered: (atMs: number): void => {
      if (heardAtMs === NEVER_MS) heardAtMs = atMs + HEARD_MS;
    },
    /** Whether the time at home has been heard. */
    hear: (atMs: number): boolean => {
      if (heardAtMs > atMs) return false;
      const date = Math.floor((heardAtMs + START_MS) / SECOND_MS) * SECOND_MS;
      const ahead = heardAtMs + offsetMs - date;
      skewMs = ahead < 0 ? ahead : Math.max(0, ahead - SECOND_MS);
      heardAtMs = NEVER_MS;
      return true;
    },
    shift: (byMs: number): void => {
      if (heardAtMs !== NEVER_MS) heardAtMs += byMs;
    },
  };
};

const openTargets = (
  { index, traffic, setup, rules }: Needs,
  offsetMs: () => number,
  troubled: () => ObserverTrouble | null,
  firstDueMs: number,
): Both<Probing> => {
  const { health } = setup;
  const lost: Met = { takesMs: health.timeoutMs, failure: 'timeout', latencyMs: null };
  const open = (region: 0 | 1): Probing => {
    const meet = (nowMs: number): Met => {
      const trouble = troubled();
      return trouble === 'blind' || trouble === 'half-blind'
        ? lost
        : traffic.probe(index, region, nowMs - offsetMs(), health.timeoutMs);
    };
    return openProbing({ settings: health, rules, meet, firstDueMs });
  };
  return [open(0), open(1)];
};

type Parts = Needs & {
  readonly name: string;
  readonly canaries: ReturnType<typeof openCanaries>;
  readonly voting: ReturnType<typeof openVoting>;
  readonly troubles: ReturnType<typeof openTroubles>;
  readonly clock: ReturnType<typeof openClock>;
  readonly targets: Both<Probing>;
};

const partsOf = (needs: Needs, beginMs: number): Parts => {
  const { index, traffic, setup } = needs;
  const { health, failover } = setup;
  const name = traffic.places.observers[index] ?? '';
  const troubles = openTroubles(traffic, name);
  const clock = openClock(traffic, name);
  const targets = openTargets(needs, clock.offsetMs, troubles.now, START_MS + beginMs);
  const voting = openVoting(health.intervalMs, failover.suspectMs);
  return { ...needs, name, canaries: openCanaries(health), voting, troubles, clock, targets };
};

const doubts = ({ targets }: Parts): Both<boolean> => [targets[0].inDoubt(), targets[1].inDoubt()];

const probeDue = (parts: Parts, nowMs: number): void => {
  const { canaries, troubles, targets } = parts;
  const doubt = doubts(parts);
  if (canaries.dueMs(doubt[0] || doubt[1]) <= nowMs) {
    canaries.ask(nowMs, troubles.now() === 'blind');
  }
  for (const region of [0, 1] as const) {
    const dueMs = Math.max(0, targets[region].dueMs(doubt[region === 0 ? 1 : 0]));
    if (dueMs <= nowMs) targets[region].start(nowMs, dueMs);
  }
};

const cast = (parts: Parts, region: 0 | 1, nowMs: number): Vote => {
  const { name, traffic, setup, rules, canaries, troubles, clock, targets } = parts;
  const { home, standby } = traffic.places;
  const vote = rules.castVote(targets[region].filter(), setup.health, {
    observer: name,
    target: region === 0 ? home : standby,
    nowMs,
    canariesAnswer: canaries.answer(),
    clockSkewMs: clock.skewMs(),
  });
  return spoken(vote, troubles.now(), troubles.lieAtMs() + clock.offsetMs(), region === 0);
};

/** When something is due next, by the observer's clock, other than its votes. */
const dueNextMs = (parts: Parts): number => {
  const { canaries, targets } = parts;
  const doubt = doubts(parts);
  return Math.min(
    canaries.dueMs(doubt[0] || doubt[1]),
    canaries.nextEndMs(),
    targets[0].dueMs(doubt[1]),
    targets[1].dueMs(doubt[0]),
    targets[0].nextEndMs(),
    targets[1].nextEndMs(),
  );
};

/** Folds in what has come back by now; whether anything has. */
const hear = ({ clock, canaries, targets }: Parts, atMs: number, nowMs: number): boolean => {
  let news = clock.hear(atMs);
  news = canaries.hear(nowMs) || news;
  for (const target of targets) news = target.hear(nowMs) || news;
  return news;
};

const isQuiet = ({ troubles, clock, canaries, targets }: Parts): boolean =>
  troubles.now() === null &&
  clock.offsetMs() === START_MS &&
  canaries.isQuiet() &&
  targets.every((target) => target.isQuiet());

export const openObserver = (needs: Needs) => {
  const { index, traffic, setup } = needs;
  const beginMs = Math.floor(setup.health.intervalMs * traffic.noise(index, 0, 101));
  const parts = partsOf(needs, beginMs);
  const { name, canaries, voting, troubles, clock, targets } = parts;
  let slotMs = beginMs;
  let away = true;
  let nextMs = beginMs;
  /** When to look at the votes again, if nothing is heard. */
  let lookMs = START_MS;

  /** The next invocation: it knows what the last one handed over, and reads the clock anew. */
  const beginSlot = (atMs: number): void => {
    slotMs = atMs;
    away = false;
    clock.begin(atMs);
    voting.begin(atMs + clock.offsetMs());
    canaries.begin();
    for (const target of targets) target.begin(atMs + clock.offsetMs());
  };

  /** The votes, if they are to be sent; and when they may be others by the passing of time alone. */
  const say = (nowMs: number): Votes | null => {
    const votes: Votes = [cast(parts, 0, nowMs), cast(parts, 1, nowMs)];
    const due = voting.isDue(votes, nowMs);
    lookMs = voting.nextMs(votes, nowMs);
    return due ? votes : null;
  };

  /** Does all that is due; gives votes to send. */
  const step = (atMs: number): Votes | null => {
    const before = troubles.now();
    let news = troubles.look(atMs) !== before;
    if (troubles.now() === 'lost') {
      for (const target of targets) target.drop();
      away = true;
      nextMs = troubles.untilMs();
      return null;
    }
    if (away || atMs >= slotMs + SLOT_MS) {
      beginSlot(atMs);
      news = true;
    }
    const nowMs = atMs + clock.offsetMs();
    news = hear(parts, atMs, nowMs) || news;
    probeDue(parts, nowMs);
    const stale = targets.some((target) => target.isStale(nowMs));
    const votes = news || stale || nowMs >= lookMs ? say(nowMs) : null;
    const ownMs = Math.min(lookMs, dueNextMs(parts)) - clock.offsetMs();
    const dueMs = Math.min(ownMs, slotMs + SLOT_MS, troubles.untilMs());
    nextMs = Math.max(atMs + 1, Math.ceil(dueMs));
    return votes;
  };

  const shift = (byMs: number): void => {
    nextMs += byMs;
    slotMs += byMs;
    lookMs += byMs;
    for (const part of [clock, voting, canaries, ...targets]) part.shift(byMs);
  };

  return {
    name,
    step,
    nextMs: () => nextMs,
    answered: clock.answered,
    trouble: troubles.now,
    probes: () => targets[0].probes() + targets[1].probes(),
    isQuiet: () => !away && isQuiet(parts),
    shift,
  };
};

export type Observer = ReturnType<typeof openObserver>;
