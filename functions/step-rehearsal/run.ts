/** One step of a rehearsal: looks, decides what is next, and does it. */
import type { DnsRecord } from '../../aws/dnsRecord.ts';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import type { Vantages } from '../../aws/vantages.ts';
import { sharedSets } from '../../core/failover/answerSets.ts';
import { isIdle, isPassedOn } from '../../core/failover/charge.ts';
import { openWindow } from '../../core/failover/maintenance.ts';
import {
  type Move,
  type RehearsalDeed,
  type RehearsalLimits,
  type RehearsalMemory,
  type RehearsalSeen,
  stepRehearsal,
} from '../../core/failover/rehearsalSteps.ts';
import type { Order, State } from '../../core/failover/states.ts';
import { epochOf, planRecordChange } from '../../core/failover/switchRecord.ts';
import { LOCAL_OBSERVER } from '../../core/health/verdict.ts';
import { EvaluateOutputShape } from '../../events/evaluation.ts';
import { FailoverSummary } from '../../events/failoverSummary.ts';
import type { StepRehearsalInput } from '../../events/rehearsal.ts';
import { shadowOf, type WatchPlan } from '../../events/watchPlan.ts';
import { openShadow, type ShadowNeeds } from './shadow.ts';

type Needs = ShadowNeeds & {
  readonly dnsRecord: DnsRecord;
  readonly functions: FunctionCalls;
  readonly evaluateFunction: string;
  /** The `observe` function of any region. */
  readonly observers: Vantages;
};

/** What was seen, and who has to look. */
type Look = { readonly live: WatchPlan; readonly watch: string; readonly seen: RehearsalSeen };

/** Share of traffic that a canary moves, in percent. */
const CANARY_PERCENT = 5;
const SET_UP_MS = 300_000;
/** Functions keep a plan for ten seconds (functions/_transition.ts). */
const PLAN_KNOWN_MS = 12_000;
const MOVES_MAX = 10;
const LIVE_AT_REST: ReadonlySet<string> = new Set(['STEADY', 'STABILIZE', 'FAILBACK_READY']);

/** Generous by design: a rehearsal that is late is to be told from one that hangs. */
const limitsOf = ({ health, failover }: WatchPlan, holdMs: number): RehearsalLimits => {
  const roundsMs = 10 * Math.max(health.intervalMs, health.timeoutMs);
  const { ttlMs } = failover;
  return {
    setUpMs: SET_UP_MS,
    calmMs: health.upMs + roundsMs + 60_000,
    flipMs: health.downMs + roundsMs + ttlMs + 60_000,
    holdMs,
    returnMs: health.upMs + roundsMs + ttlMs + 2 * PLAN_KNOWN_MS,
  };
};

const stopperOf = (
  { wanted, memory }: StepRehearsalInput,
  state: State | undefined,
  nowMs: number,
): string | null => {
  const { window, timeZone } = wanted;
  if (window !== null && openWindow([window], nowMs, timeZone) === undefined) {
    return `the end of the window ${window}`;
  }
  // Of the live service that it moves itself, its own stages judge.
  if (memory.depth === 'full' || state === undefined) return null;
  if (isIdle(state)) return 'the other controller, which has taken charge';
  return LIVE_AT_REST.has(state.phase)
    ? null
    : `trouble of the live service, which is ${state.phase}`;
};

const movesOf = async (
  { table }: Needs,
  watch: string,
  sinceMs: number,
  signal: AbortSignal,
): Promise<Move[]> => {
  const found = await table.summaries(watch, FailoverSummary, MOVES_MAX, signal);
  return found
    .filter(({ startedAtMs }) => startedAtMs >= sinceMs)
    .map(({ to, outcome, finishedAtMs, reason }) => ({ to, outcome, finishedAtMs, reason }))
    .reverse();
};

/**
 * Where it moves all traffic, whoever is in charge is asked first: after a loss of this region what was known
 * here is of before it.
 */
const liveState = async (
  { table, functions, evaluateFunction }: Needs,
  { service, memory }: StepRehearsalInput,
  { controllers }: WatchPlan,
  signal: AbortSignal,
): Promise<State | undefined> => {
  if (memory.depth === 'full' && controllers !== undefined) {
    const tick = { kind: 'tick', service };
    await functions.call(evaluateFunction, tick, EvaluateOutputShape, signal);
  }
  return (await table.state(service, signal))?.state;
};

type Told = Pick<RehearsalSeen, 'nowMs' | 'stopper' | 'passedOn'>;

const unseen = (live: WatchPlan, told: Told): RehearsalSeen => ({
  ...told,
  home: live.primary,
  active: live.primary,
  phase: null,
  homeUp: false,
  otherUp: false,
  moves: [],
});

const look = async (
  needs: Needs,
  input: StepRehearsalInput,
  signal: AbortSignal,
): Promise<Look> => {
  const { table, clock, functions, evaluateFunction } = needs;
  const { service, memory } = input;
  const live = await table.plan(service, signal);
  if (live === null) throw new RangeError(`the plan of ${service} is gone`);
  const watch = memory.depth === 'shadow' ? shadowOf(service) : service;
  const found = await liveState(needs, input, live, signal);
  const passedOn = memory.depth === 'full' && found !== undefined && isPassedOn(found);
  const nowMs = clock.now();
  const told = { nowMs, stopper: stopperOf(input, found, nowMs), passedOn };
  if (memory.stage === 'set-up' || passedOn) return { live, watch, seen: unseen(live, told) };
  const asked = { kind: 'status', service: watch };
  const answer = await functions.call(evaluateFunction, asked, EvaluateOutputShape, signal);
  const { state, decision } = answer;
  const isUp = (region: string): boolean =>
    [decision?.active, decision?.other].some(
      (verdict) => verdict?.region === region && verdict.state === 'UP',
    );
  return {
    live,
    watch,
    seen: {
      ...{ ...told, nowMs: clock.now() },
      home: live.primary,
      active: state.active,
      phase: state.phase,
      homeUp: isUp(live.primary),
      otherUp: isUp(live.standby),
      moves: await movesOf(needs, watch, memory.startedAtMs, signal),
    },
  };
};

/** Splits answers by weight, or gives all of them back to home. The epoch stays. */
const setShare = async (
  { dnsRecord }: Needs,
  plan: WatchPlan,
  percent: number,
  signal: AbortSignal,
): Promise<void> => {
  const { zoneId, record, targets, failover } = plan;
  const [from, to] = targets;
  const name = { record, ttlS: Math.round(failover.ttlMs / 1_000) };
  const sets = sharedSets(name, { from, to }, percent);
  const found = await dnsRecord.read({ zoneId, record }, signal);
  const epoch = epochOf(found.epoch) ?? 0;
  if (sets === null) throw new RangeError('the regions have different types of addresses');
  // A real flip has come in between, and it was the last word.
  if (percent === 0 && found.sets.every(({ share }) => share === undefined)) return;
  const planned = planRecordChange(found, { record, epoch, sets, previous: found.sets });
  if (planned.kind === 'already') return;
  if (planned.kind !== 'change') throw new RangeError(planned.why);
  const comment = `rehearsal: ${percent} % to ${to.region}`;
  const done = await dnsRecord.submit(
    { zoneId, record },
    { batch: planned.batch, comment },
    signal,
  );
  if (done.answer !== 'accepted') throw new RangeError(`${record}: ${done.answer} ${done.message}`);
};

/**
 * Only a shadow needs them: the real service is observed all day. An observer that looks at a plan
 * of before is relieved.
 */
const keepObserving = async (
  { table, clock, observers }: Needs,
  { live, watch }: Look,
  takeOver: boolean,
  signal: AbortSignal,
): Promise<void> => {
  const names = live.observers.length === 0 ? [LOCAL_OBSERVER] : live.observers;
  await Promise.all(
    names.map(async (name) => {
      const held = takeOver ? null : await table.observer(watch, name, signal);
      if (held !== null && held.untilMs > clock.now()) return;
      const region = name === LOCAL_OBSERVER ? live.homeRegion : name;
      await observers.dispatch(region, { service: watch, takeOver }, signal);
    }),
  );
};

export const stepOfRehearsal = (needs: Needs) => {
  const { functions, evaluateFunction, clock, log } = needs;
  const shadow = openShadow(needs);

  const order = async (watch: string, wanted: Order, signal: AbortSignal) => {
    const asked = { kind: 'order', service: watch, order: wanted };
    const answer = await functions.call(evaluateFunction, asked, EvaluateOutputShape, signal);
    log.info('ordered', { watch, wanted, accepted: answer.accepted, why: answer.why });
  };

  /** Carries a deed out; the answer is what to remember of it. */
  const carryOut = async (
    deed: RehearsalDeed,
    { live, watch }: Look,
    input: StepRehearsalInput,
    signal: AbortSignal,
  ): Promise<Partial<RehearsalMemory>> => {
    switch (deed) {
      case 'set-up':
        if (input.memory.depth === 'shadow') await shadow.setUp(live, input, signal);
        return { stageSinceMs: clock.now() };
      case 'break': {
        const { targets, atMs } = await shadow.stopAll(input, live.primary, signal);
        return { faultAtMs: atMs, faultTargets: targets, stageSinceMs: clock.now() };
      }
      case 'mend':
        await shadow.mend(live, input, signal);
        return { settledAtMs: clock.now() + PLAN_KNOWN_MS };
      case 'order-flip':
        await order(watch, 'rehearse', signal);
        return {};
      case 'order-back':
        await order(watch, 'back', signal);
        return {};
      case 'weight-on':
        await setShare(needs, live, CANARY_PERCENT, signal);
        return {};
      case 'weight-off':
        await setShare(needs, live, 0, signal);
        return {};
    }
  };

  return async (
    input: StepRehearsalInput,
    signal: AbortSignal,
  ): Promise<{ memory: RehearsalMemory; over: boolean }> => {
    const seen = await look(needs, input, signal);
    const step = stepRehearsal(input.memory, seen.seen, limitsOf(seen.live, input.wanted.holdMs));
    let { memory } = step;
    for (const deed of step.deeds) {
      log.info('rehearsal', { stage: memory.stage, deed });
      memory = { ...memory, ...(await carryOut(deed, seen, input, signal)) };
    }
    const over = memory.stage === 'over';
    if (memory.depth === 'shadow' && !over) {
      await keepObserving(needs, seen, step.deeds.includes('mend'), signal);
    }
    return { memory, over };
  };
};
