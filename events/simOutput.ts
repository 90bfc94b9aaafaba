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

const delay = Ms.nullable();

export const SimCompare = z.strictObject({
  kind: z.literal('compare'),
  level: z.literal('decision'),
  first: z.int(),
  last: z.int(),
  wallMs: Ms,
  rows: z.array(
    z.strictObject({
      name: z.string(),
      ours: z.boolean(),
      inside: z.boolean(),
      falsePerYear: z.number(),
      missed: z.int(),
      outages: z.int(),
      p50Ms: delay,
      p95Ms: delay,
      p99Ms: delay,
      flapMoves: z.number(),
      wrongS: z.number(),
    }),
  ),
});
export type SimCompare = z.output<typeof SimCompare>;

const Relived = z.strictObject({
  suspicions: z.int(),
  moves: z.array(
    z.strictObject({
      atMs: Ms,
      from: z.string(),
      to: z.string(),
      cause: z.string(),
      why: z.string(),
    }),
  ),
});

export const SimReplay = z.strictObject({
  kind: z.literal('replay'),
  set: z.array(z.string()),
  /** What was taken for granted, as it is not kept. */
  assumed: z.array(z.string()),
  watches: z.array(
    z.strictObject({
      service: z.string(),
      fromMs: Ms,
      untilMs: Ms,
      probes: z.int(),
      asSet: Relived,
      asAsked: Relived,
    }),
  ),
});
export type SimReplay = z.output<typeof SimReplay>;

export const SimOutput = z.discriminatedUnion('kind', [SimRun, SimSeeds, SimCompare, SimReplay]);
