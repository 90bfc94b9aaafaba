// Goal: a run is determined by its trace alone, and what is passed over would have changed nothing.
// Method: whole event logs compared, with and without passing over quiet stretches.
import { describe, expect, it } from 'vitest';
import { textOf } from '../../sim/decision/log.ts';
import { DEFAULT_SETUP, setupOf } from '../../sim/decision/setup.ts';
import { type Options, simulate } from '../../sim/decision/simulate.ts';
import type { Trace } from '../../sim/faults/fault.ts';
import { daysTrace, incidentTrace } from '../../sim/faults/generate.ts';
import { PROFILE_NAMES } from '../../sim/faults/profiles.ts';
import { MINUTE_MS, traceOf } from '../support/simTraces.ts';

const told = (trace: Trace, options: Partial<Options> = {}) => {
  const run = simulate(trace, { setup: setupOf(trace.seed), ...options });
  const log = run.log.map(textOf).join('\n');
  return { log, answers: run.answers, violation: run.violation, probes: run.probes };
};

describe('a run', () => {
  it('is the same each time', () => {
    for (const profile of PROFILE_NAMES) {
      const trace = incidentTrace({ seed: '5', profile });
      expect(told(trace)).toEqual(told(trace));
    }
  });

  it('stops where it is told to, having been the same until then', () => {
    const trace = incidentTrace({ seed: '6', profile: 'outage' });
    const whole = told(trace).log;
    const cut = told(trace, { untilMs: 5 * MINUTE_MS }).log;
    expect(cut.length).toBeGreaterThan(0);
    expect(whole.startsWith(cut)).toBe(true);
  });

  it('probes as often as five observers at ten seconds do', () => {
    const { probes } = told(traceOf(60 * MINUTE_MS), { setup: DEFAULT_SETUP, skip: false });
    expect(probes).toBeGreaterThan(3_590);
    expect(probes).toBeLessThan(3_610);
  });
});

describe('passing over quiet stretches', () => {
  it.each(PROFILE_NAMES)('changes nothing of a day of profile %s', (profile) => {
    const often = { incidentMs: 6 * 3_600_000, hiccupMs: 3_600_000 };
    for (const seed of ['1']) {
      const trace = daysTrace({ seed, profile }, 1, often);
      const { probes, ...whole } = told(trace, { skip: false });
      const { probes: fewer, ...passed } = told(trace);
      expect(passed).toEqual(whole);
      expect(fewer).toBeLessThan(probes);
    }
  });
});
