/**
 * A promotion, step by step: `(memory, seen, limits) -> { memory, deeds }`. One place after the other;
 * at every step the service itself or the one beside it has all its tasks and gets all traffic that it
 * should. Nothing is done here. A stage does what is not yet as it should be, for as long as it is not,
 * and is written down before its first deed: so a promotion that was killed goes on, or back, from
 * wherever it was.
 */
import { formatMs } from '../units.ts';
import type {
  Ending,
  PlaceMemory,
  PlaceStage,
  PromotionDeed,
  PromotionLimits,
  PromotionMemory,
  PromotionSeen,
  PromotionStep,
} from './states.ts';

type While = (
  memory: PromotionMemory,
  seen: PromotionSeen,
  limits: PromotionLimits,
) => PromotionStep;

const NO_SHARE: PromotionDeed = { do: 'share', percent: 0 };
const LOWER: PromotionDeed = { do: 'lower' };

const placeOf = ({ places, at }: PromotionMemory): PlaceMemory => {
  const place = places[at];
  if (place === undefined)
    throw new RangeError(`a promotion of ${places.length} places has no ${at}`);
  return place;
};

const stay = (memory: PromotionMemory, deeds: readonly PromotionDeed[] = []): PromotionStep => ({
  memory,
  deeds,
});

const withPlace = (memory: PromotionMemory, change: Partial<PlaceMemory>): PromotionMemory => ({
  ...memory,
  places: memory.places.map((place, at) => (at === memory.at ? { ...place, ...change } : place)),
});

/** Enters a stage of the place; what was measured belongs to the stage before. */
const enter = (
  memory: PromotionMemory,
  stage: PlaceStage,
  nowMs: number,
  deeds: readonly PromotionDeed[] = [],
): PromotionStep =>
  stay(
    { ...withPlace(memory, { stage }), share: 0, sinceMs: nowMs, ordered: false, measured: [] },
    deeds,
  );

/** The place is finished: on to the next one. */
const leave = (memory: PromotionMemory, stage: 'done' | 'kept', nowMs: number): PromotionStep => {
  const left = enter(memory, stage, nowMs).memory;
  const over = memory.ending !== null || memory.at + 1 >= memory.places.length;
  return stay(over ? { ...left, over } : { ...left, at: memory.at + 1 });
};

/** The place is as it was before. The latest that was promoted before it comes next, one at a time. */
const unwind = (
  memory: PromotionMemory,
  stage: 'waiting' | 'reverted' | 'kept',
  nowMs: number,
): PromotionStep => {
  const left = enter(memory, stage, nowMs).memory;
  const at = left.places.findLastIndex((place) => place.stage === 'done' && place.before !== null);
  if (memory.ending?.kind !== 'ROLLED_BACK' || at < 0) return stay({ ...left, over: true });
  return enter({ ...left, at }, 'restore', nowMs);
};

/** Stops going on: traffic goes to the service itself at once, which has all its tasks in every stage. */
const end = (memory: PromotionMemory, seen: PromotionSeen, ending: Ending): PromotionStep => {
  const ended = { ...memory, ending };
  const { nowMs, main } = seen;
  const { role, stage, after } = placeOf(memory);
  if (stage === 'waiting') return unwind(ended, 'waiting', nowMs);
  if (role === 'staging') return enter(ended, 'restore', nowMs);
  // The new version is proved by then, and the service is taking it on: that comes to its end by itself.
  const proved = (stage === 'settle' || stage === 'lower') && main.definition === after;
  const next = proved && ending.kind === 'INTERRUPTED' ? 'lower' : 'revert';
  return enter(ended, next, nowMs, [NO_SHARE]);
};

const rollBack = (memory: PromotionMemory, seen: PromotionSeen, why: string): PromotionStep => {
  const { role, region } = placeOf(memory);
  return end(memory, seen, { kind: 'ROLLED_BACK', why: `${role} ${region}: ${why}` });
};

/** It cannot be put back either: a person is needed. */
const giveUp = (memory: PromotionMemory, nowMs: number, why: string): PromotionStep => {
  const { role, region, stage } = placeOf(memory);
  const cause = memory.ending === null ? '' : `${memory.ending.why}; then `;
  const ending: Ending = {
    kind: 'FAILED',
    why: `${cause}${role} ${region} could not be put back: ${why}`,
  };
  return stay({ ...enter(memory, stage, nowMs).memory, ending, over: true });
};

const isLate = ({ sinceMs }: PromotionMemory, nowMs: number, withinMs: number): boolean =>
  nowMs - sinceMs >= withinMs;

const said = (words: string | null): string => (words === null ? '' : `; ECS: ${words}`);

/** The deed of a stage that deploys, with the note that it was ordered. */
const order = (memory: PromotionMemory, deed: PromotionDeed): PromotionStep =>
  stay({ ...memory, ordered: true }, [deed]);

const whileWaiting: While = (memory, seen, { deployMs }) => {
  const { nowMs, main, percent } = seen;
  const { role, after } = placeOf(memory);
  if (main.rollout === 'under-way') {
    return isLate(memory, nowMs, deployMs)
      ? rollBack(memory, seen, `another deployment is still under way${said(main.said)}`)
      : stay(memory);
  }
  if (main.digest === memory.digest) return leave(memory, 'kept', nowMs);
  if (after === null) {
    return stay(withPlace(memory, { before: main.definition }), [{ do: 'register' }]);
  }
  if (role !== 'staging' && percent === null) {
    return rollBack(memory, seen, "the listener forwards to somebody else's target group too");
  }
  // What an earlier promotion may have left is taken away first.
  if (role !== 'staging' && percent !== 0) return stay(memory, [NO_SHARE]);
  return enter(memory, role === 'staging' ? 'settle' : 'raise', nowMs);
};

const whileRaising: While = (memory, seen, { deployMs }) => {
  const { nowMs, main, next } = seen;
  const { after } = placeOf(memory);
  if (next === null) throw new RangeError('a region needs a second service to raise');
  const isThere = next.definition === after;
  const raise: PromotionDeed = { do: 'raise', tasks: main.desired };
  if (!isThere && !memory.ordered) return order(memory, raise);
  if (!isThere || next.rollout === 'failed') {
    return rollBack(memory, seen, `the new version did not start${said(next.said)}`);
  }
  if (next.desired !== main.desired) return order(memory, raise);
  if (next.rollout === 'done' && next.ready >= next.desired) return enter(memory, 'shift', nowMs);
  if (!isLate(memory, nowMs, deployMs)) return stay({ ...memory, ordered: true });
  const tasks = `${next.ready} of ${next.desired} tasks`;
  return rollBack(
    memory,
    seen,
    `${tasks} of the new version are ready after ${formatMs(deployMs)}${said(next.said)}`,
  );
};

/** What speaks against the new version at this share; null when nothing does. */
const objection = (
  { trouble, gate, main, next }: PromotionSeen,
  after: string | null,
): string | null => {
  if (trouble !== null) return trouble;
  const fresh = next ?? main;
  if (fresh.definition !== after) return `the new version is not there any more${said(fresh.said)}`;
  if (fresh.ready < fresh.desired) {
    return `${fresh.ready} of ${fresh.desired} tasks of the new version are healthy${said(fresh.said)}`;
  }
  return gate.verdict === 'fails' ? gate.why : null;
};

const whileShifting: While = (memory, seen, limits) => {
  const { nowMs, gate, percent } = seen;
  const { role, after } = placeOf(memory);
  const { shares, holdMs, soakMs, gateMs } = limits;
  const against = objection(seen, after);
  if (against !== null) return rollBack(memory, seen, against);
  const isLast = role === 'staging' || memory.share + 1 >= shares.length;
  const wanted = role === 'staging' ? null : (shares[memory.share] ?? 0);
  // Noted before it is given, and watched from when it is seen to be given.
  if (percent !== wanted) {
    return memory.ordered
      ? stay(memory, [{ do: 'share', percent: wanted ?? 0 }])
      : stay({ ...memory, ordered: true });
  }
  if (memory.ordered) return stay({ ...memory, ordered: false, sinceMs: nowMs, measured: [] });
  // Without traffic there is nothing to wait for but the comparison itself.
  const waitMs = (percent ?? 0) === 0 ? 0 : isLast ? soakMs : holdMs;
  if (gate.verdict === 'open' && isLate(memory, nowMs, waitMs + gateMs)) {
    return rollBack(memory, seen, `the versions could not be compared: ${gate.why}`);
  }
  if (gate.verdict !== 'holds' || !isLate(memory, nowMs, waitMs)) return stay(memory);
  if (role === 'staging') return leave(memory, 'done', nowMs);
  if (isLast) return enter(memory, 'settle', nowMs);
  return stay({ ...memory, share: memory.share + 1, ordered: true, measured: [] });
};

const whileSettling: While = (memory, seen, { deployMs }) => {
  const { nowMs, main, trouble, percent } = seen;
  const { role, after } = placeOf(memory);
  if (trouble !== null) return rollBack(memory, seen, trouble);
  const isThere = main.definition === after;
  // A step that was lost had begun to go back: what serves is the old version, so it starts again.
  if (!isThere && role !== 'staging' && percent !== 100) return enter(memory, 'shift', nowMs);
  if (!isThere && !memory.ordered) return order(memory, { do: 'deploy', definition: after ?? '' });
  if (!isThere || main.rollout === 'failed') {
    return rollBack(memory, seen, `the service did not take the new version on${said(main.said)}`);
  }
  if (main.rollout === 'done' && main.ready >= main.desired) {
    return role === 'staging'
      ? enter(memory, 'shift', nowMs)
      : enter(memory, 'lower', nowMs, [NO_SHARE]);
  }
  if (!isLate(memory, nowMs, deployMs)) return stay({ ...memory, ordered: true });
  return rollBack(memory, seen, `still not deployed after ${formatMs(deployMs)}${said(main.said)}`);
};

/** What runs beside the service has no tasks any more, or there is no such thing. */
const isLowered = ({ next }: PromotionSeen): boolean => next === null || next.desired === 0;

const whileLowering: While = (memory, seen) => {
  const { main, percent } = seen;
  if (memory.ending === null && main.definition !== placeOf(memory).after) {
    return rollBack(memory, seen, `the new version is not there any more${said(main.said)}`);
  }
  if (percent !== 0) return stay(memory, [NO_SHARE]);
  return isLowered(seen) ? leave(memory, 'done', seen.nowMs) : stay(memory, [LOWER]);
};

const whileReverting: While = (memory, seen, { deployMs }) => {
  const { nowMs, percent, main } = seen;
  const { before } = placeOf(memory);
  if (percent !== 0) {
    return isLate(memory, nowMs, deployMs)
      ? giveUp(memory, nowMs, `${percent} % of its traffic still go to the new version`)
      : stay(memory, [NO_SHARE]);
  }
  if (main.definition !== before) return enter(memory, 'restore', nowMs);
  return isLowered(seen) ? unwind(memory, 'reverted', nowMs) : stay(memory, [LOWER]);
};

const whileRestoring: While = (memory, seen, { deployMs }) => {
  const { nowMs, main, stopper, percent } = seen;
  const { role, before, after } = placeOf(memory);
  if (role !== 'staging' && percent !== 0) return stay(memory, [NO_SHARE]);
  const isForeign = main.definition !== before && main.definition !== after;
  const isBack =
    main.definition === before && main.rollout === 'done' && main.ready >= main.desired;
  if (isForeign || isBack) {
    if (!isLowered(seen)) return stay(memory, [LOWER]);
    return unwind(memory, isBack ? 'reverted' : 'kept', nowMs);
  }
  if (main.definition === before && main.rollout === 'failed') {
    return giveUp(memory, nowMs, `the old version did not start${said(main.said)}`);
  }
  if (isLate(memory, nowMs, deployMs)) {
    const why = stopper === null ? `not deployed after ${formatMs(deployMs)}` : stopper;
    return giveUp(memory, nowMs, `${why}${said(main.said)}`);
  }
  // A region that traffic may be moving to, or from, is left as it is until that is over.
  if (main.definition === before || (stopper !== null && role !== 'staging')) return stay(memory);
  return stay(memory, [{ do: 'deploy', definition: before ?? '' }]);
};

const STAGES: Readonly<Record<PlaceStage, While>> = {
  waiting: whileWaiting,
  raise: whileRaising,
  shift: whileShifting,
  settle: whileSettling,
  lower: whileLowering,
  revert: whileReverting,
  restore: whileRestoring,
  done: (memory) => stay(memory),
  reverted: (memory) => stay(memory),
  kept: (memory) => stay(memory),
};

/** A deed failed for good, or the place could not be looked at. Twice in a row is for a person. */
export const stepAfterFailure = (
  memory: PromotionMemory,
  seen: PromotionSeen | null,
  nowMs: number,
  failure: string,
): PromotionStep => {
  const next = { ...memory, seq: memory.seq + 1 };
  return memory.ending === null && seen !== null
    ? rollBack(next, seen, failure)
    : giveUp(next, nowMs, failure);
};

/** What to do next, given what is seen now. */
export const stepPromotion: While = (memory, seen, limits) => {
  if (memory.over) return stay(memory);
  const next = { ...memory, seq: memory.seq + 1 };
  if (memory.ending === null && seen.undo) {
    return end(next, seen, { kind: 'ROLLED_BACK', why: 'a person ordered it' });
  }
  if (memory.ending === null && seen.stopper !== null) {
    return end(next, seen, { kind: 'INTERRUPTED', why: seen.stopper });
  }
  return STAGES[placeOf(memory).stage](next, seen, limits);
};
