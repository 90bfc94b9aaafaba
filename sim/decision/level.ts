/** The decision level, as the command and the workers see it. */
import type { Trace } from '../faults/fault.ts';
import { daysTrace, incidentTrace } from '../faults/generate.ts';
import type { Broken, Level, Outcome, Shortest, Subject } from '../level.ts';
import { shrink } from '../shrink.ts';
import { INVARIANTS, type Violation } from './checks/check.ts';
import { setupOf } from './setup.ts';
import { type Run, simulate } from './simulate.ts';

const traceOf = ({ seed, profile, days }: Subject): Trace =>
  days === null ? incidentTrace({ seed, profile }) : daysTrace({ seed, profile }, days);

const brokenOf = ({ invariant, atMs, what }: Violation): Broken => ({
  invariant,
  rule: INVARIANTS[invariant],
  atMs,
  what,
});

const outcomeOf = (subject: Subject, trace: Trace, run: Run): Outcome => ({
  subject,
  setup: setupOf(subject.seed).name,
  virtualMs: run.endMs,
  probes: run.probes,
  moves: run.started.map(({ atMs, execution: { name, to, cause } }) => ({ atMs, name, to, cause })),
  broken: run.violation && brokenOf(run.violation),
  faults: trace.faults,
  log: run.log,
});

const run = (subject: Subject): Outcome => {
  const trace = traceOf(subject);
  const { untilMs } = subject;
  const setup = setupOf(subject.seed);
  return outcomeOf(
    subject,
    trace,
    simulate(trace, { setup, ...(untilMs === null ? {} : { untilMs }) }),
  );
};

const shorten = async ({ subject, broken }: Outcome): Promise<Shortest> => {
  const setup = setupOf(subject.seed);
  const trace = traceOf(subject);
  const { violation } = simulate(trace, { setup });
  if (violation === null || broken === null) throw new RangeError('there is nothing to shorten');
  const trial = (shorter: Trace) => simulate(shorter, { setup }).violation;
  const shrunk = await shrink(trace, violation, trial);
  const { log } = simulate(shrunk.trace, { setup });
  const { faults } = shrunk.trace;
  return { broken: brokenOf(shrunk.violation), faults, log, runs: shrunk.runs };
};

export const decisionLevel: Level = { run, shorten };
