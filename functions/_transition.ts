/**
 * Moves the machine of a watch: load, reduce, save if nobody else was first, then carry out what was
 * decided. Every function of a failover feeds its result in here, so there is one account of it.
 */
import { createHash } from 'node:crypto';
import type { EventBus } from '../aws/eventBus.ts';
import type { WatchTable } from '../aws/watchTable.ts';
import { DrillError } from '../core/errors.ts';
import type { Action, Event, Execution } from '../core/failover/states.ts';
import type { Facts } from '../core/failover/view.ts';
import type { BusEvent } from '../events/busEvent.ts';
import { failoverDecided } from '../events/failoverDecided.ts';
import { failoverNotice } from '../events/failoverNotice.ts';
import { regionVerdict } from '../events/regionVerdict.ts';
import type { WatchPlan } from '../events/watchPlan.ts';
import type { OutboxEntry, WatchState } from '../events/watchState.ts';
import { type Advance, advance, type Incoming, type Situation } from './_advance.ts';
import type { Base } from './_entry.ts';

/** What only `evaluate` does; the functions of the machine leave it to that. */
export type Starter = {
  start(service: string, execution: Execution, signal: AbortSignal): Promise<void>;
  prepare(service: string, signal: AbortSignal): Promise<void>;
};

type Needs = Pick<Base, 'clock' | 'log'> & {
  readonly table: WatchTable;
  readonly bus: EventBus;
  /** Uniform from 0 up to 1: those who met once should not meet again. */
  readonly random: () => number;
  readonly starter?: Starter;
};

export type Applied = {
  readonly stored: WatchState;
  readonly facts: Facts;
  readonly plan: WatchPlan;
  readonly actions: readonly Action[];
  readonly decisions: Advance['decisions'];
};

/** A plan changes when somebody deploys, or a rehearsal mends what it broke. */
const PLAN_KEPT_MS = 10_000;
/** Ten observers that vote at the same moment are all served within this many tries. */
const TRIES = 20;
const PAUSE_MS = 4;
const REMEMBERED_MAX = 200;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const isList = (incoming: Incoming | Event | readonly Event[]): incoming is readonly Event[] =>
  Array.isArray(incoming);

const incomingOf = (incoming: Incoming | Event | readonly Event[]): Incoming => {
  if (isList(incoming)) return { kind: 'events', events: incoming };
  const whole = incoming.kind === 'votes' || incoming.kind === 'events';
  return whole ? incoming : { kind: 'events', events: [incoming] };
};

export const openTransitions = ({ table, bus, random, clock, log, starter }: Needs) => {
  const plans = new Map<string, { plan: WatchPlan; readAtMs: number }>();
  /** Versions, by service, whose actions this process has carried out. */
  const done = new Set<string>();

  const planOf = async (service: string, signal?: AbortSignal): Promise<WatchPlan> => {
    const nowMs = clock.monotonicMs();
    const known = plans.get(service);
    if (known !== undefined && nowMs - known.readAtMs < PLAN_KEPT_MS) return known.plan;
    const plan = await table.plan(service, signal);
    if (plan === null) {
      throw new DrillError('InputInvalid', `there is no watch ${service}: it has no stored plan`);
    }
    plans.set(service, { plan, readAtMs: nowMs });
    return plan;
  };

  const situationOf = async (service: string, signal?: AbortSignal): Promise<Situation> => {
    const [plan, { stored, facts }] = await Promise.all([
      planOf(service, signal),
      table.load(service, signal),
    ]);
    const isDone = (version: number) => done.has(`${service}#${version}`);
    return { plan, stored, facts, nowMs: clock.now(), hash: sha256, isDone };
  };

  const remember = (service: string, version: number): void => {
    done.add(`${service}#${version}`);
    if (done.size <= REMEMBERED_MAX) return;
    const [oldest] = done;
    if (oldest !== undefined) done.delete(oldest);
  };

  const decidedEvent = async (
    service: string,
    execution: Execution,
    atMs: number,
    fresh: Advance['decisions'],
  ): Promise<BusEvent<unknown>[]> => {
    const { decisionId } = execution;
    const made = fresh.find(({ id }) => id === decisionId)?.decision;
    const found = made ?? (await table.decision(service, decisionId));
    if (found === null) return [];
    const { reason, gates } = found.decision.plan;
    return [failoverDecided({ ...execution, service, atMs, reason, gates: [...gates] })];
  };

  /** Everything in an entry that this function does; true when nothing of it is left. */
  const carryOut = async (
    service: string,
    { version, atMs, actions, execution }: OutboxEntry,
    { next: { state }, decisions }: Advance,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const { phase, active, other, epoch, approval } = state;
    const facts = { service, atMs, phase, active, other, epoch, approval, execution };
    const events: (BusEvent<unknown> | Promise<BusEvent<unknown>[]>)[] = [];
    const calls: Promise<void>[] = [];
    let left = false;
    for (const [index, action] of actions.entries()) {
      const key = `${Math.floor(atMs)}-${version}-${index}`;
      if (action.do === 'notify') {
        events.push(failoverNotice({ ...facts, notice: action.notice, key, why: action.why }));
      } else if (action.do === 'page') {
        events.push(failoverNotice({ ...facts, notice: 'page', key, why: action.why }));
      } else if (starter === undefined) left = true;
      else if (action.do === 'prepare') calls.push(starter.prepare(service, signal));
      else if (action.do === 'start') {
        calls.push(starter.start(service, action.execution, signal));
        events.push(decidedEvent(service, action.execution, atMs, decisions));
      }
    }
    const put = async () => {
      const all = (await Promise.all(events)).flat();
      if (all.length > 0) await bus.put(all, signal);
    };
    const results = await Promise.allSettled([...calls, put()]);
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      left = true;
      // It stays in the outbox, and is carried out again with one of the next votes.
      log.warn('not carried out', { service, version, cause: String(result.reason) });
    }
    return !left;
  };

  const afterwards = async (service: string, step: Advance, signal: AbortSignal): Promise<void> => {
    const { next, overdue, turned } = step;
    const own = next.outbox.filter(({ version }) => version === next.version);
    const tell = async () => {
      if (turned.length === 0) return;
      const events = turned.map((verdict) => regionVerdict(service, verdict));
      await bus.put(events, signal).catch((error: unknown) => {
        log.warn('verdict not told', { service, cause: String(error) });
      });
    };
    const carry = async (entry: OutboxEntry) => {
      if (await carryOut(service, entry, step, signal)) remember(service, entry.version);
    };
    await Promise.all([...[...own, ...overdue].map(carry), tell()]);
    if (own.length > 0 && starter === undefined) await settle(service, next, signal);
  };

  /**
   * A step may not come by again, so it takes what it has told out of the outbox now. If another
   * writer is first, that is told once more, which does no harm.
   */
  const settle = async (service: string, stored: WatchState, signal: AbortSignal) => {
    const outbox = stored.outbox.filter(({ version }) => !done.has(`${service}#${version}`));
    if (outbox.length === stored.outbox.length) return;
    await table.saveState(service, { ...stored, version: stored.version + 1, outbox }, signal);
  };

  const save = async (service: string, step: Advance, signal: AbortSignal): Promise<boolean> => {
    // A decision is named by its content: one that is not acted upon in the end does no harm.
    const decisions = step.decisions.map(({ id, decision }) =>
      table.putDecision(service, id, decision, signal),
    );
    const [saved] = await Promise.all([table.saveState(service, step.next, signal), ...decisions]);
    return saved;
  };

  /** @throws DrillError `TransientFailure` when others were first again and again. */
  const apply = async (
    service: string,
    incoming: Incoming | Event | readonly Event[],
    signal: AbortSignal,
  ): Promise<Applied> => {
    const what = incomingOf(incoming);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const situation = await situationOf(service, signal);
      const { plan, facts, stored } = situation;
      const step = advance(situation, what);
      if (step.changed && !(await save(service, step, signal))) {
        await clock.sleep(PAUSE_MS * attempt * random(), signal);
        continue;
      }
      await afterwards(service, step, signal);
      const kept = step.changed || stored === null ? step.next : stored;
      const { actions, decisions } = step;
      return { stored: kept, facts, plan, actions, decisions };
    }
    throw new DrillError(
      'TransientFailure',
      `the state of ${service} changed under ${TRIES} attempts to move it`,
    );
  };

  return { apply, planOf, situationOf };
};

export type Transitions = ReturnType<typeof openTransitions>;
