/** One rule of another system on one trace: when it would have changed the answer. */

import { troubleOf } from '../decision/surroundings.ts';
import type { Trace } from '../faults/fault.ts';
import type { Met, Traffic } from '../faults/traffic.ts';
import type { Check } from '../rules/checks.ts';
import type { Rule } from '../rules/rule.ts';

type Region = 0 | 1;

/** The answer from then on: 0 is home, 1 the standby. */
export type Turn = { readonly atMs: number; readonly to: Region };

type Checker = {
  readonly place: number | null;
  readonly region: Region;
  readonly check: Check;
  healthy: boolean;
  startMs: number;
};

/** From inside the region only what is wrong with the region itself is seen. */
const fromInside = (traffic: Traffic, region: Region, atMs: number): Met => {
  const dead = traffic.truth(region, atMs) === 'dead';
  return { takesMs: 5, failure: dead ? 'status' : null, latencyMs: dead ? null : 5 };
};

/** What a checker gets; null when there is nobody to ask. */
const ask = (rule: Rule, traffic: Traffic, checker: Checker, atMs: number): Met | null => {
  const { place, region } = checker;
  const { timeoutMs, responseMs } = rule;
  if (place === null) return fromInside(traffic, region, atMs);
  const name = traffic.places.observers[place] ?? '';
  const trouble = troubleOf(traffic.timeline().at(atMs), name);
  if (trouble === 'lost') return null;
  const nothing: Met = { takesMs: timeoutMs, failure: 'timeout', latencyMs: null };
  if (trouble === 'blind' || trouble === 'half-blind') return nothing;
  if (trouble === 'lies-down' && region === 0) return { ...nothing, takesMs: 1 };
  if (trouble === 'lies-up') return { takesMs: 1, failure: null, latencyMs: 1 };
  const met = traffic.probe(place, region, atMs, timeoutMs);
  const late = responseMs !== null && met.latencyMs !== null && met.latencyMs > responseMs;
  return late ? { takesMs: met.takesMs, failure: 'timeout', latencyMs: null } : met;
};

/** One check with its retries: how it ends, and when. */
const attempt = (
  rule: Rule,
  traffic: Traffic,
  checker: Checker,
): { readonly ok: boolean; readonly endMs: number } | null => {
  let atMs = checker.startMs;
  for (let left = rule.retries; ; left--) {
    const met = ask(rule, traffic, checker, atMs);
    if (met === null) return null;
    atMs += met.takesMs;
    if (met.failure === null || left <= 0) return { ok: met.failure === null, endMs: atMs };
  }
};

const checkersOf = (rule: Rule, traffic: Traffic): Checker[] =>
  rule.places.flatMap((place, index) =>
    ([0, 1] as const).map((region) => ({
      place,
      region,
      check: rule.check(),
      healthy: true,
      startMs: Math.floor(rule.intervalMs * traffic.noise(500 + index * 2 + region, 0, 7)),
    })),
  );

const answerOf = (rule: Rule, up: readonly boolean[], now: Region): Region => {
  if (up[0]) return 0;
  if (up[1]) return 1;
  return rule.bothDown === 'home' ? 0 : rule.bothDown === 'standby' ? 1 : now;
};

type Result = { readonly checker: Checker; readonly ok: boolean; readonly endMs: number };

/** All results of a rule's checkers in the order in which they come. */
const results = function* (rule: Rule, traffic: Traffic, checkers: Checker[], untilMs: number) {
  const coming: Result[] = [];
  for (;;) {
    const next = checkers.reduce((a, b) => (b.startMs < a.startMs ? b : a));
    coming.sort((a, b) => a.endMs - b.endMs);
    const first = coming[0];
    if (first !== undefined && first.endMs <= next.startMs) {
      coming.shift();
      if (first.endMs >= untilMs) return;
      yield first;
      continue;
    }
    if (next.startMs >= untilMs) return;
    const found = attempt(rule, traffic, next);
    if (found !== null) coming.push({ checker: next, ...found });
    const leaning = found !== null && found.ok !== next.healthy;
    const everyMs = leaning && rule.fastMs !== null ? rule.fastMs : rule.intervalMs;
    const fromMs = rule.pace === 'start-to-start' ? next.startMs : (found?.endMs ?? next.startMs);
    next.startMs = fromMs + everyMs;
  }
};

export const turnsOf = (rule: Rule, traffic: Traffic, { untilMs }: Trace): Turn[] => {
  const checkers = checkersOf(rule, traffic);
  const turns: Turn[] = [];
  let answer: Region = 0;
  for (const { checker, ok, endMs } of results(rule, traffic, checkers, untilMs)) {
    checker.healthy = checker.check(ok, endMs);
    const up = ([0, 1] as const).map((region) =>
      rule.isUp(checkers.filter((each) => each.region === region).map(({ healthy }) => healthy)),
    );
    const next = answerOf(rule, up, answer);
    if (next === answer) continue;
    answer = next;
    turns.push({ atMs: endMs + rule.publishMs, to: next });
  }
  return turns;
};
