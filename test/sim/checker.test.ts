// Goal: every invariant of the decision level can fire, and a failure is made short.
// Method: one rule of the product replaced by a broken one, on traces that need it.
import { describe, expect, it } from 'vitest';
import type { Action } from '../../core/failover/states.ts';
import type { Advance } from '../../functions/_advance.ts';
import type { Invariant } from '../../sim/decision/checks/check.ts';
import { PRODUCT_RULES, type Rules } from '../../sim/decision/rules.ts';
import { DEFAULT_SETUP, failoverFor, HEALTH, type Setup } from '../../sim/decision/setup.ts';
import { simulate } from '../../sim/decision/simulate.ts';
import type { Trace } from '../../sim/faults/fault.ts';
import { incidentTrace, PLACES } from '../../sim/faults/generate.ts';
import { shrink } from '../../sim/shrink.ts';
import { MINUTE_MS, refusing, traceOf } from '../support/simTraces.ts';

const { home, standby } = PLACES;
const LOSS = traceOf(15 * MINUTE_MS, refusing(home, 4 * MINUTE_MS, 12 * MINUTE_MS));

const AUTO_BACK: Setup = {
  ...DEFAULT_SETUP,
  failover: failoverFor(HEALTH, {
    failback: 'auto',
    cooldownMs: MINUTE_MS,
    soakMs: MINUTE_MS,
    homeUpMs: MINUTE_MS,
  }),
};

type Changed = Partial<Advance['next']['state']>;

/** The machine as it is, with something of its state put wrong once a phase is reached. */
const spoiled = (phase: string, change: Changed): Rules['advance'] => {
  return (situation, incoming) => {
    const step = PRODUCT_RULES.advance(situation, incoming);
    if (step.next.state.phase !== phase) return step;
    return { ...step, next: { ...step.next, state: { ...step.next.state, ...change } } };
  };
};

const withPlan =
  (change: (plan: Parameters<Rules['advance']>[0]['plan']) => typeof plan): Rules['advance'] =>
  (situation, incoming) =>
    PRODUCT_RULES.advance({ ...situation, plan: change(situation.plan) }, incoming);

const CASES: Record<Invariant, { rules: Partial<Rules>; trace: Trace; setup?: Setup }> = {
  I1: { rules: { advance: spoiled('VERIFY', { other: 'nowhere' }) }, trace: LOSS },
  I2: {
    rules: {
      claimLease: (found, claimant) => {
        const claim = PRODUCT_RULES.claimLease(null, claimant);
        return found === null ? claim : { ...claim };
      },
      advance: (situation, incoming) => {
        const step = PRODUCT_RULES.advance(situation, incoming);
        const twice = step.actions.flatMap((action): readonly Action[] =>
          action.do === 'start'
            ? [action, { ...action, execution: { ...action.execution, name: 'another' } }]
            : [action],
        );
        return { ...step, actions: twice };
      },
    },
    trace: LOSS,
  },
  I3: {
    rules: {
      advance: withPlan((plan) => ({
        ...plan,
        health: { ...plan.health, quorum: { kind: 'votes', votes: 1, of: 5 } },
      })),
    },
    trace: LOSS,
  },
  I4: {
    rules: {
      advance: withPlan((plan) => ({ ...plan, failover: { ...plan.failover, perDay: null } })),
    },
    trace: traceOf(
      120 * MINUTE_MS,
      refusing(home, 10 * MINUTE_MS, 20 * MINUTE_MS),
      refusing(home, 40 * MINUTE_MS, 50 * MINUTE_MS),
      refusing(home, 70 * MINUTE_MS, 80 * MINUTE_MS),
    ),
    setup: AUTO_BACK,
  },
  I5: {
    rules: { advance: withPlan((plan) => ({ ...plan, failover: AUTO_BACK.failover as never })) },
    trace: traceOf(40 * MINUTE_MS, refusing(home, 4 * MINUTE_MS, 8 * MINUTE_MS)),
  },
  I6: {
    rules: {
      planSwitchWrites: (found, body) =>
        PRODUCT_RULES.planSwitchWrites(
          found.map((each) => ({ ...each, epoch: 0 })),
          body,
        ),
    },
    trace: traceOf(
      15 * MINUTE_MS,
      refusing(home, 4 * MINUTE_MS, 12 * MINUTE_MS),
      ...(['after-effect'] as const).map((how) => ({
        kind: 'calls' as const,
        service: 's3',
        how,
        share: 1,
        fromMs: 4 * MINUTE_MS,
        untilMs: 12 * MINUTE_MS,
      })),
    ),
  },
  I7: {
    rules: {
      advance: (situation, incoming) => {
        const step = PRODUCT_RULES.advance(situation, incoming);
        const decisions = step.decisions.map(({ id, decision }) => {
          const { plan } = decision.decision;
          const other = { ...decision.decision, plan: { ...plan, reason: 'because' } };
          return { id, decision: { ...decision, decision: other } };
        });
        return { ...step, decisions };
      },
    },
    trace: LOSS,
  },
  I8: { rules: { advance: spoiled('VERIFY', { epoch: 0 }) }, trace: LOSS },
  request: {
    rules: {
      // A machine that does not hear that its flip took effect, nor reads it off the switch.
      advance: (situation, incoming) => {
        const told = incoming.kind === 'events' ? incoming.events : [];
        const events = told.filter((event) => event.kind !== 'flipped' || !event.done);
        const heard = incoming.kind === 'events' ? { ...incoming, events } : incoming;
        const facts = { ...situation.facts, serving: null };
        return PRODUCT_RULES.advance({ ...situation, facts }, heard);
      },
    },
    trace: LOSS,
  },
  justified: {
    rules: {
      castVote: (filter, settings, casting) => {
        const vote = PRODUCT_RULES.castVote(filter, settings, casting);
        const wrong = vote.observer === 'us-east-2' && vote.vote === 'UP';
        return wrong ? { ...vote, vote: 'DOWN' } : vote;
      },
    },
    trace: LOSS,
  },
  harm: {
    rules: {
      castVote: (filter, settings, casting) => {
        const vote = PRODUCT_RULES.castVote(filter, settings, casting);
        return vote.target === standby && vote.vote === 'DOWN' ? { ...vote, vote: 'UP' } : vote;
      },
    },
    trace: traceOf(
      15 * MINUTE_MS,
      refusing(standby, 4 * MINUTE_MS, 12 * MINUTE_MS),
      refusing(home, 7 * MINUTE_MS, 12 * MINUTE_MS),
    ),
  },
  missed: {
    rules: {
      castVote: (filter, settings, casting) => ({
        ...PRODUCT_RULES.castVote(filter, settings, casting),
        vote: 'UP',
        doubtSinceMs: null,
      }),
    },
    trace: LOSS,
  },
};

const NAMES = Object.keys(CASES) as Invariant[];

describe('the checker', () => {
  it.each(NAMES)('%s fires when its rule is broken, and not when it is not', (invariant) => {
    const { rules, trace, setup = DEFAULT_SETUP } = CASES[invariant];
    const broken = simulate(trace, { setup, rules: { ...PRODUCT_RULES, ...rules } });
    expect(broken.violation?.invariant).toBe(invariant);
    expect(simulate(trace, { setup }).violation).toBeNull();
  });
});

describe('shrinking', () => {
  const rules = { ...PRODUCT_RULES, ...CASES.justified.rules };
  const trial = (trace: Trace) => simulate(trace, { setup: DEFAULT_SETUP, rules }).violation;

  it('leaves what the failure needs, and nothing else; the same each time', async () => {
    const quiet = { ...PRODUCT_RULES, ...CASES.missed.rules };
    const missed = (trace: Trace) =>
      simulate(trace, { setup: DEFAULT_SETUP, rules: quiet }).violation;
    const noisy = traceOf(
      18 * MINUTE_MS,
      refusing(home, 4 * MINUTE_MS, 16 * MINUTE_MS),
      { kind: 'drill', depth: 'shadow', fromMs: 2 * MINUTE_MS, untilMs: 9 * MINUTE_MS },
      { kind: 'drill', depth: 'full', fromMs: 3 * MINUTE_MS, untilMs: 15 * MINUTE_MS },
    );
    const violation = missed(noisy)!;
    const shrunk = await shrink(noisy, violation, missed);
    expect(shrunk.violation.invariant).toBe('missed');
    expect(shrunk.trace.faults.map(({ id }) => id)).toEqual(['f1']);
    const [left] = shrunk.trace.faults;
    expect(left!.untilMs - left!.fromMs).toBeLessThan(2 * MINUTE_MS);
    expect(missed(shrunk.trace)?.invariant).toBe('missed');
    expect(await shrink(noisy, violation, missed)).toEqual(shrunk);
  });

  it('ends with no fault where none is needed', async () => {
    const trace = incidentTrace({ seed: '12', profile: 'default' });
    const { trace: shortest } = await shrink(trace, trial(trace)!, trial);
    expect(shortest.faults).toEqual([]);
    expect(shortest.untilMs).toBeLessThan(MINUTE_MS);
  });
});
