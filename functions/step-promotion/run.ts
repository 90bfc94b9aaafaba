/**
 * One step of a promotion: looks at the place that is worked on, measures where there is something to
 * compare, decides what is next, does it, and writes down how it stands.
 */
import type { EventBus } from '../../aws/eventBus.ts';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import type { PromotionRecords } from '../../aws/promotionRecords.ts';
import type { RehearsalRecords } from '../../aws/rehearsalRecords.ts';
import { DrillError } from '../../core/errors.ts';
import { type Comparison, judgeGate } from '../../core/promotion/gate.ts';
import { stopperOf } from '../../core/promotion/mayPromote.ts';
import {
  outcomeOf,
  type PromotionLimits,
  type PromotionMemory,
  type PromotionSeen,
  sharesOf,
} from '../../core/promotion/states.ts';
import { stepAfterFailure, stepPromotion } from '../../core/promotion/steps.ts';
import { doingText, endingText } from '../../core/promotion/words.ts';
import { EvaluateOutputShape } from '../../events/evaluation.ts';
import type {
  PromotionPlace,
  PromotionPlan,
  PromotionRecord,
  StepPromotionInput,
  StepPromotionOutput,
} from '../../events/promotion.ts';
import type { Base } from '../_entry.ts';
import { noticesOf } from '../_promotionNotices.ts';
import { carryOutAll } from './deeds.ts';
import { type LookNeeds, lookAtPlace, lookAtService, type PlaceLooked } from './look.ts';
import { compare, type Sides, sideOf } from './measure.ts';

export type Needs = Base &
  LookNeeds & {
    readonly records: PromotionRecords;
    readonly rehearsals: Pick<RehearsalRecords, 'hold' | 'release'>;
    readonly functions: Pick<FunctionCalls, 'call'>;
    readonly evaluateFunction: string;
    readonly bus: Pick<EventBus, 'put'>;
  };

type Stepped = StepPromotionOutput & { readonly moved: boolean };

type Known = { readonly plan: PromotionPlan; readonly record: PromotionRecord };

/** A promotion that has not been heard of for this long no longer keeps others out. */
const HOLD_MS = 900_000;
/** Steps in a row of one invocation: far below its time limit. */
const STEPS_MS = 10_000;
const MEASURED_MAX = 60;
const GATES_MAX = 100;
/** Of a gate that is still open only the latest is worth keeping. */
const HALF = 2;

const limitsOf = (plan: PromotionPlan, { mode }: PromotionMemory): PromotionLimits => ({
  ...plan.limits,
  shares: sharesOf(mode, plan.steps),
});

const readKnown = async (
  { records }: Needs,
  input: StepPromotionInput,
  signal: AbortSignal,
): Promise<Known> => {
  const [plan, record] = await Promise.all([
    records.plan(input.service, signal),
    records.find(input, signal),
  ]);
  if (plan !== null && record !== null) return { plan, record };
  const what = plan === null ? 'plan of promotions' : `record of ${input.promotionId}`;
  throw new DrillError('InputInvalid', `${input.service} has no stored ${what}`);
};

const placeOf = ({ plan, record }: Known): PromotionPlace => {
  const { places, at } = record.memory;
  const wanted = places[at];
  const found = plan.places.find(
    ({ role, region }) => role === wanted?.role && region === wanted.region,
  );
  if (found !== undefined) return found;
  throw new DrillError(
    'InputInvalid',
    `${wanted?.role} ${wanted?.region} is no place of ${plan.service} any more`,
  );
};

/** What the watch says: against the region, and against going on at all. */
const asked = async (
  { functions, evaluateFunction, rehearsals, clock }: Needs,
  { service, promotionId }: StepPromotionInput,
  place: PromotionPlace,
  signal: AbortSignal,
): Promise<Pick<PromotionSeen, 'stopper' | 'trouble'>> => {
  const status = { kind: 'status', service };
  const answer = await functions.call(evaluateFunction, status, EvaluateOutputShape, signal);
  const { decision, state } = answer;
  const nowMs = clock.now();
  const held = { drillId: promotionId, nowMs, untilMs: nowMs + HOLD_MS };
  const other = await rehearsals.hold(service, held, signal);
  const bad = [decision?.active, decision?.other].find(
    (verdict) =>
      verdict?.region === place.region &&
      place.role !== 'staging' &&
      (verdict.state === 'DOWN' || verdict.state === 'DEGRADED'),
  );
  return {
    stopper: stopperOf(state) ?? (other === null ? null : `${other} has begun`),
    trouble: bad === undefined ? null : `${bad.region} is ${bad.state}: ${bad.why}`,
  };
};

/**
 * What is compared with what: staging with what serves in the standby. Null where either has no task, which no gate
 * is passed with.
 */
const sidesOf = async (
  needs: Needs,
  plan: PromotionPlan,
  place: PromotionPlace,
  { main, next }: PlaceLooked,
  signal: AbortSignal,
): Promise<Sides | null> => {
  if (next !== null) {
    const both = main.seen.ready > 0 && next.seen.ready > 0;
    return both ? { old: sideOf(place, 'main'), fresh: sideOf(place, 'next') } : null;
  }
  const served = plan.places.find(({ role }) => role === 'standby');
  if (served === undefined || place.role !== 'staging') return null;
  const { region, cluster, service } = served;
  const old = await lookAtService(needs, region, { cluster, service }, signal);
  const both = old.seen.ready > 0 && main.seen.ready > 0;
  return both ? { old: sideOf(served, 'main'), fresh: sideOf(place, 'main') } : null;
};

/** Only while versions are compared. */
const measure = async (
  needs: Needs,
  { plan, record }: Known,
  place: PromotionPlace,
  looked: PlaceLooked,
  signal: AbortSignal,
): Promise<Comparison[]> => {
  const { memory } = record;
  if (memory.places[memory.at]?.stage !== 'shift') return [];
  const sides = await sidesOf(needs, plan, place, looked, signal);
  if (sides === null) return [];
  return compare(needs.sharesIn, plan, sides, memory.measured.length, signal);
};

type Sight = {
  readonly place: PromotionPlace;
  readonly looked: PlaceLooked;
  readonly seen: PromotionSeen;
  readonly measured: readonly Comparison[];
};

const see = async (
  needs: Needs,
  input: StepPromotionInput,
  known: Known,
  signal: AbortSignal,
): Promise<Sight> => {
  const place = placeOf(known);
  const [first, undo, looked] = await Promise.all([
    asked(needs, input, place, signal),
    needs.records.isUndoOrdered(input.service, input.promotionId, signal),
    lookAtPlace(needs, place, signal),
  ]);
  const mustStop = first.stopper !== null || first.trouble !== null || undo;
  const fresh = mustStop ? [] : await measure(needs, known, place, looked, signal);
  const measured = [...known.record.memory.measured, ...fresh].slice(-MEASURED_MAX);
  // Measuring takes a while: what must stop it may have come meanwhile.
  const watched = fresh.length === 0 ? first : await asked(needs, input, place, signal);
  const { main, next, percent } = looked;
  return {
    ...{ place, looked, measured },
    seen: {
      nowMs: needs.clock.now(),
      main: main.seen,
      next: next === null ? null : next.seen,
      percent,
      ...watched,
      undo,
      gate: judgeGate(measured, known.plan.gate),
    },
  };
};

/** Gates that were decided, for who asks later on what a share was given. */
const withGate = (
  { gates, memory }: PromotionRecord,
  after: PromotionMemory,
  { place, seen }: Sight,
  shares: readonly number[],
): PromotionRecord['gates'] => {
  const was = memory.places[memory.at];
  const passed = after.share !== memory.share || after.places[memory.at]?.stage !== 'shift';
  if (was?.stage !== 'shift' || !passed) return gates;
  const { verdict, why } = seen.gate;
  const gate = {
    ...{ role: place.role, region: place.region, verdict, why },
    percent: place.role === 'staging' ? 0 : (shares[memory.share] ?? 0),
    atMs: seen.nowMs,
  };
  const kept = gates.length < GATES_MAX ? gates : gates.slice(Math.ceil(GATES_MAX / HALF));
  return [...kept, gate];
};

/** Tells what is new, then writes it down: what is told twice has the same key. */
const keep = async (
  { records, bus, rehearsals, clock, log }: Needs,
  before: PromotionRecord,
  { memory, gates }: Pick<PromotionRecord, 'memory' | 'gates'>,
  shares: readonly number[],
  signal: AbortSignal,
): Promise<StepPromotionOutput> => {
  const { service, promotionId } = before;
  const nowMs = clock.now();
  const outcome = outcomeOf(memory);
  const record: PromotionRecord = {
    ...before,
    ...{ memory, gates, outcome },
    why: memory.over || memory.ending !== null ? endingText(memory) : doingText(memory, shares),
    finishedAtMs: memory.over ? nowMs : null,
  };
  await bus.put(noticesOf(before, record, shares, nowMs), signal);
  if (!(await records.put(record, signal))) {
    throw new DrillError('TransientFailure', `a later step of ${promotionId} was faster`);
  }
  if (memory.over) {
    await rehearsals.release(service, signal);
    log.info('promotion ended', { service, promotionId, outcome, why: record.why });
  }
  return { outcome, why: record.why, doing: doingText(memory, shares) };
};

/** What tells that something has moved: what is next need not be waited for. */
const isMoved = (before: PromotionMemory, after: PromotionMemory): boolean => {
  const still = { seq: 0, measured: [] };
  return JSON.stringify({ ...before, ...still }) !== JSON.stringify({ ...after, ...still });
};

const stepOnce =
  (needs: Needs) =>
  async (input: StepPromotionInput, signal: AbortSignal): Promise<Stepped> => {
    const known = await readKnown(needs, input, signal);
    const { record, plan } = known;
    const limits = limitsOf(plan, record.memory);
    const { shares } = limits;
    const { failure } = input;
    if (record.memory.over) {
      const { outcome, why } = record;
      return { outcome, why, doing: doingText(record.memory, shares), moved: false };
    }
    let sight: Sight | null = null;
    try {
      sight = await see(needs, input, known, signal);
    } catch (error) {
      // After a failure not even to be able to look is for a person; otherwise it is the first one.
      if (failure === null) throw error;
    }
    const nowMs = needs.clock.now();
    const measured = sight === null ? record.memory.measured : sight.measured;
    const memory = { ...record.memory, measured: [...measured] };
    const step =
      failure === null && sight !== null
        ? stepPromotion(memory, sight.seen, limits)
        : stepAfterFailure(memory, sight?.seen ?? null, nowMs, failure ?? 'it cannot be looked at');
    const gates = sight === null ? record.gates : withGate(record, step.memory, sight, shares);
    const after =
      sight === null
        ? step.memory
        : await carryOutAll({ needs, ...sight, signal }, step.memory, step.deeds);
    const plain = { ...after, places: [...after.places], measured: [...after.measured] };
    const kept = await keep(needs, record, { memory: plain, gates }, shares, signal);
    return { ...kept, moved: !plain.over && isMoved(record.memory, plain) };
  };

/** Steps at once for as long as something moves, each written down, and not for long. */
export const stepOfPromotion = (needs: Needs) => {
  const once = stepOnce(needs);
  return async (input: StepPromotionInput, signal: AbortSignal): Promise<StepPromotionOutput> => {
    const untilMs = needs.clock.monotonicMs() + STEPS_MS;
    let { moved, ...told } = await once(input, signal);
    while (moved && needs.clock.monotonicMs() < untilMs) {
      ({ moved, ...told } = await once({ ...input, failure: null }, signal));
    }
    return told;
  };
};
