/** The system level, as the command and the workers see it. */
import { seededRandom } from '../../core/random.ts';
import { pick } from '../faults/draws.ts';
import type { Trace } from '../faults/fault.ts';
import { daysTrace, incidentTrace } from '../faults/generate.ts';
import { profileOf, TWO_CONTROLLERS } from '../faults/profiles.ts';
import type { Broken, Level, Outcome, Shortest, Subject } from '../level.ts';
import { shrink } from '../shrink.ts';
import { INVARIANTS, type Violation } from './invariants.ts';
import { extentOf, type SystemOptions, simulateSystem } from './run.ts';
import { inWords } from './words.ts';
import type { Driver, Over } from './world.ts';

type Setup = { readonly name: string; readonly driver: Driver; readonly over?: Over };

/** What a person might have set; the seed draws one. */
const SETUPS: readonly Setup[] = [
  { name: 'defaults, switch of three objects', driver: 'quorum' },
  { name: 'defaults, switch by the record', driver: 'record' },
  {
    ...{ name: 'failback by itself, switch of three objects', driver: 'quorum' },
    over: { failover: { failback: 'auto', cooldown: '2m' } },
  },
  {
    ...{ name: 'failback by itself, switch by the record', driver: 'record' },
    over: { failover: { failback: 'auto', cooldown: '2m' } },
  },
];

const OF_OBJECTS = SETUPS.filter(({ driver }) => driver === 'quorum');

/** A run takes seconds: what is shortest is not sought for hours. */
const SHRINK_RUNS_MAX = 40;

/** Two controllers take the switch of three objects. */
const setupOf = ({ seed, profile }: Pick<Subject, 'seed' | 'profile'>): Setup => {
  const fitting = profileOf(profile).places === TWO_CONTROLLERS ? OF_OBJECTS : SETUPS;
  return pick(seededRandom('system setup', seed), fitting);
};

const traceOf = ({ seed, profile, days }: Subject): Trace =>
  days === null ? incidentTrace({ seed, profile }) : daysTrace({ seed, profile }, days);

const brokenOf = ({ invariant, atMs, what }: Violation): Broken => ({
  ...{ invariant, rule: INVARIANTS[invariant], atMs, what },
});

type Variation = Pick<SystemOptions, 'parts'> & { readonly shrinkRunsMax?: number };

/** The level with something of the product replaced; nothing unless given. */
export const systemLevelWith = ({
  shrinkRunsMax = SHRINK_RUNS_MAX,
  ...over
}: Variation): Level => ({
  run: (subject) => run(subject, over),
  shorten: (outcome) => shorten(outcome, over, shrinkRunsMax),
});

const run = async (subject: Subject, over: Variation): Promise<Outcome> => {
  const trace = traceOf(subject);
  const setup = setupOf(subject);
  const { untilMs } = subject;
  const found = await simulateSystem({
    ...over,
    ...setup,
    trace,
    ...(untilMs === null ? {} : { untilMs }),
  });
  return {
    subject,
    setup: setup.name,
    ...{ virtualMs: found.virtualMs, probes: found.probes, moves: found.moves },
    broken: found.violation && brokenOf(found.violation),
    ...{ faults: trace.faults, log: found.lines.map(inWords) },
  };
};

const shorten = async (
  { subject, broken }: Outcome,
  over: Variation,
  runsMax: number,
): Promise<Shortest> => {
  if (broken === null) throw new RangeError('there is nothing to shorten');
  const setup = setupOf(subject);
  const trace = traceOf(subject);
  // What is installed must not depend on which faults are left.
  const extent = extentOf(trace);
  const simulate = (shorter: Trace) =>
    simulateSystem({ ...over, ...setup, extent, trace: shorter });
  const { violation } = await simulate(trace);
  if (violation === null) throw new RangeError('it does not break again');
  const trial = async (shorter: Trace) => (await simulate(shorter)).violation;
  const shrunk = await shrink(trace, violation, trial, runsMax);
  const { lines } = await simulate(shrunk.trace);
  const { faults } = shrunk.trace;
  return { broken: brokenOf(shrunk.violation), faults, log: lines.map(inWords), runs: shrunk.runs };
};

export const systemLevel: Level = systemLevelWith({});
