/**
 * A run on the decision level: observers, evaluator and moves by the rules of core/ on virtual time,
 * through one fault trace, checked at every step. No real time, no I/O, no chance but that of the
 * trace: the same trace gives the same event log, byte for byte.
 */
import type { Execution } from '../../core/failover/states.ts';
import type { Trace } from '../faults/fault.ts';
import { type Traffic, trafficOf } from '../faults/traffic.ts';
import { type Agenda, openAgenda } from './agenda.ts';
import type { Check, Invariant, Violation } from './checks/check.ts';
import { clientChecks } from './checks/clients.ts';
import { decisionChecks } from './checks/decisions.ts';
import { moveChecks } from './checks/moves.ts';
import { type Applied, type Controller, openController } from './controller.ts';
import { openExecutor } from './executor.ts';
import { type LogLine, lineOfMove, linesOf } from './log.ts';
import type { Heard } from './moves.ts';
import { type Observer, openObserver } from './observer.ts';
import { openPosts } from './posts.ts';
import { PRODUCT_RULES, type Rules } from './rules.ts';
import type { Setup } from './setup.ts';
import { stillnessOf } from './stillness.ts';
import { openSwitches } from './switches.ts';

export type Started = { readonly atMs: number; readonly execution: Execution };
export type Answer = { readonly atMs: number; readonly answer: 'home' | 'standby' };

export type Run = {
  readonly log: readonly LogLine[];
  readonly violation: Violation | null;
  readonly started: readonly Started[];
  /** What the name answered, and from when. */
  readonly answers: readonly Answer[];
  readonly probes: number;
  readonly endMs: number;
};

export type Options = {
  readonly setup: Setup;
  /** Stops there. */
  readonly untilMs?: number;
  /** Passes over stretches in which nothing can happen. The log is the same either way. */
  readonly skip?: boolean;
  readonly rules?: Rules;
};

type Parts = {
  readonly agenda: Agenda;
  readonly traffic: Traffic;
  readonly observers: readonly Observer[];
  readonly controller: Controller;
};

/** Alarms of other systems ring and fall silent as the trace says. */
const planAlarms = (trace: Trace, { agenda, controller }: Parts): void => {
  for (const fault of trace.faults) {
    if (fault.kind !== 'alarm') continue;
    agenda.put(fault.fromMs, 'alarm', (atMs) => controller.alarm(fault.region, true, atMs));
    agenda.put(fault.untilMs, 'alarm', (atMs) => controller.alarm(fault.region, false, atMs));
  }
};

/** Whoever has something to do first: an observer, or a task of the agenda. */
const firstOf = ({ agenda, observers }: Parts): { atMs: number; observer: number } => {
  let atMs = agenda.nextMs();
  let observer = -1;
  for (let index = 0; index < observers.length; index++) {
    const nextMs = observers[index]?.nextMs() ?? Number.POSITIVE_INFINITY;
    if (nextMs < atMs) {
      atMs = nextMs;
      observer = index;
    }
  }
  return { atMs, observer };
};

/** Everything that is noted of a run, and the checks that hear of it. */
const openNotes = (checks: () => readonly Check[]) => {
  const log: LogLine[] = [];
  const started: Started[] = [];
  const answers: Answer[] = [];
  let violation: Violation | null = null;
  return {
    log,
    started,
    answers,
    violation: () => violation,
    violated: (invariant: Invariant, atMs: number, what: string): void => {
      violation ??= { invariant, atMs, what };
    },
    applied: (applied: Applied): void => {
      log.push(...linesOf(applied));
      for (const action of applied.step.actions) {
        if (action.do !== 'start') continue;
        started.push({ atMs: applied.atMs, execution: action.execution });
      }
      for (const check of checks()) check.applied?.(applied);
    },
    heard: (heard: Heard, atMs: number): void => {
      const line = lineOfMove(heard, atMs);
      if (line !== null) log.push(line);
      for (const check of checks()) check.heard?.(heard, atMs);
    },
    answered: (answer: Answer['answer'], controller: Controller, atMs: number): void => {
      if (answers.at(-1)?.answer !== answer) {
        answers.push({ atMs, answer });
        if (answers.length > 1)
          log.push({ atMs, what: 'answer', text: `clients are sent ${answer}` });
      }
      for (const check of checks()) check.answered?.(answer, controller.stored(), atMs);
    },
  };
};

const LOOK_MS = 60_000;

export const simulate = (trace: Trace, options: Options): Run => {
  const { setup, rules = PRODUCT_RULES, skip = true } = options;
  const untilMs = Math.min(trace.untilMs, options.untilMs ?? Number.POSITIVE_INFINITY);
  const traffic = trafficOf(trace);
  const agenda = openAgenda();
  const { witness, standby, observers: places } = trace.places;
  const switches = openSwitches([witness, standby, places[0] ?? ''], traffic.noise);
  let checks: readonly Check[] = [];
  const notes = openNotes(() => checks);

  const look = (atMs: number): void => notes.answered(switches.answerAt(atMs), controller, atMs);
  const heard = (what: Heard, atMs: number): void => {
    notes.heard(what, atMs);
    if (what.what !== 'written') return;
    for (const ms of switches.changesAfter(atMs)) agenda.put(ms, 'answer', look);
  };
  const common = { traffic, agenda, rules, setup };
  const executor = openExecutor({ ...common, switches, controller: () => controller, heard });
  const controller: Controller = openController({
    ...common,
    applied: notes.applied,
    serving: () => switches.serving({ home: trace.places.home, standby }),
    start: executor.start,
    statusOf: executor.statusOf,
  });
  const observers = places.map((_, index) => openObserver({ index, traffic, setup, rules }));
  const parts: Parts = { agenda, traffic, observers, controller };
  const around = { trace, traffic, setup, plan: controller.plan, violated: notes.violated };
  checks = [...moveChecks(around), ...decisionChecks(around), ...clientChecks(around)];
  const posts = openPosts({ ...parts, checks });

  planAlarms(trace, parts);
  controller.tick(0);
  const lookOften = (atMs: number): void => {
    look(atMs);
    agenda.put(atMs + LOOK_MS, 'look', lookOften);
  };
  lookOften(0);
  const still = stillnessOf(parts, setup);
  let nowMs = 0;
  while (notes.violation() === null) {
    const { atMs, observer } = firstOf(parts);
    if (atMs >= untilMs) break;
    nowMs = atMs;
    if (observer >= 0) posts.step(observer, atMs);
    else agenda.take()?.run(atMs);
    if (skip) still.pass(atMs, untilMs);
  }
  return {
    log: notes.log,
    violation: notes.violation(),
    started: notes.started,
    answers: notes.answers,
    probes: observers.reduce((sum, each) => sum + each.probes(), 0),
    endMs: notes.violation()?.atMs ?? Math.max(nowMs, untilMs),
  };
};
