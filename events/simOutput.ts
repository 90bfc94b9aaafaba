/** What `failover sim --json` prints. */
import * as z from 'zod';

const Ms = z.number();

export const SimBroken = z.strictObject({
  invariant: z.string(),
  /** The invariant in words. */
  rule: z.string(),
  /** Virtual time since the start. */
  atMs: Ms,
  what: z.string(),
});

const SimLine = z.strictObject({ atMs: Ms, what: z.string(), text: z.string() });

/** A fault of the trace; what else it has depends on its kind. */
const SimFault = z.looseObject({ id: z.string(), kind: z.string(), fromMs: Ms, untilMs: Ms });

const SimShortest = z.strictObject({
  broken: SimBroken,
  faults: z.array(SimFault),
  log: z.array(SimLine),
  /** How many shorter traces were tried. */
  runs: z.int(),
});

const common = {
  level: z.enum(['system', 'decision']),
  profile: z.string(),
  days: z.number().nullable(),
  virtualMs: Ms,
  probes: z.int(),
  wallMs: Ms,
};

export const SimRun = z.strictObject({
  kind: z.literal('seed'),
  ...common,
  seed: z.string(),
  setup: z.string(),
  moves: z.array(z.strictObject({ atMs: Ms, name: z.string(), to: z.string(), cause: z.string() })),
  broken: SimBroken.nullable(),
  faults: z.array(SimFault),
  log: z.array(SimLine),
  shortest: SimShortest.nullable(),
});
export type SimRun = z.output<typeof SimRun>;

export const SimSeeds = z.strictObject({
  kind: z.literal('seeds'),
  ...common,
  first: z.int(),
  last: z.int(),
  seeds: z.int(),
  workers: z.int(),
  moves: z.int(),
  failures: z.array(z.strictObject({ seed: z.string(), broken: SimBroken })),
  /** Of the first failure; null when there is none. */
  shortest: SimShortest.nullable(),
});
export type SimSeeds = z.output<typeof SimSeeds>;

export const SimOutput = z.discriminatedUnion('kind', [SimRun, SimSeeds]);
