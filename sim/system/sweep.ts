/**
 * The kill-point sweep: the functions that decide and carry out a move, or a rehearsal, are killed at
 * each of their calls, before it is made and when it has been carried out, and every run must end as
 * the one in which nobody was killed.
 */
import type { State } from '../../core/failover/states.ts';
import { dark } from '../faults/controllerRecipes.ts';
import type { Fault, Trace } from '../faults/fault.ts';
import { PLACES } from '../faults/generate.ts';
import { TWO_CONTROLLERS } from '../faults/profiles.ts';
import type { Step } from './befalls.ts';
import { type SystemOptions, type SystemResult, simulateSystem } from './run.ts';
import type { Driver, Over } from './world.ts';

export type KillPoint = {
  readonly number: number;
  readonly when: Step['when'];
  /** Folder of the function under functions/. */
  readonly part: string;
  readonly service: string;
  readonly operation: string;
};

/** What must not depend on who was killed. */
export type End = Pick<State, 'phase' | 'active' | 'epoch' | 'execution' | 'held'> & {
  readonly flips: readonly string[];
  /** How rehearsals ended. */
  readonly rehearsals: readonly string[];
};

export type Killed = {
  readonly point: KillPoint;
  readonly end: End | null;
  readonly fault: string;
};

/** What is killed on its way: a failover and the way home, or a rehearsal of some depth. */
export type Way = 'move' | Extract<Fault, { kind: 'drill' }>['depth'];

export const WAYS: readonly Way[] = ['move', 'shadow', 'canary', 'full'];

const MOVING_PARTS = [
  ...['evaluate', 'prepare', 'acquire-lease', 'fence', 'scale-standby', 'flip', 'verify', 'finish'],
];
const PARTS: ReadonlySet<string> = new Set([
  ...MOVING_PARTS,
  ...['begin-rehearsal', 'step-rehearsal', 'end-rehearsal'],
]);

/** Quick settings, so that a failover and the way home take two minutes. */
const OVER: Over = {
  health: { interval: '2s', timeout: '1s', down: '6s', up: '10s' },
  failover: { failback: 'auto', cooldown: '0s', perDay: 'unlimited', soak: '15s' },
  ttl: '5s',
};
/** As by default, a person brings traffic home: here, the rehearsal. */
const REHEARSED: Over = { ...OVER, failover: { failback: 'manual' } };
const BEGIN_MS = 10_000;
const LOST = { fromMs: BEGIN_MS, untilMs: 40_000 };
/** Long enough for a move that was abandoned to be found and done again. */
const SETTLED_MS = 200_000;
/** Time for a step that is done again, and for what is put back. */
const REHEARSED_MS = { canary: 90_000, full: 150_000, shadow: 200_000 } as const;

/** The home is lost for half a minute; traffic leaves it, and comes back by itself. */
export const THERE_AND_BACK: Trace = {
  ...{ seed: 'sweep', profile: 'outage', places: PLACES, untilMs: SETTLED_MS },
  faults: [
    {
      ...{ id: 'f1', kind: 'network', what: { kind: 'refuse' }, scope: { region: PLACES.home } },
      ...{ plane: 'service', rhythm: { kind: 'steady' }, returnsAfterFlipMs: null, ...LOST },
    },
  ],
};

/** Nothing is wrong, and a rehearsal is under way. */
const rehearsed = (depth: Exclude<Way, 'move'>): Trace => ({
  ...{ seed: 'sweep', profile: 'drills', places: PLACES, untilMs: REHEARSED_MS[depth] },
  faults: [{ id: 'f1', kind: 'drill', depth, fromMs: BEGIN_MS, untilMs: REHEARSED_MS[depth] }],
});

export const endOf = ({ state, rehearsals }: SystemResult): End | null =>
  state && {
    ...{ phase: state.phase, active: state.active, epoch: state.epoch },
    ...{ execution: state.execution, held: state.held },
    flips: state.flips.map(({ to, epoch }) => `${to} at epoch ${epoch}`),
    rehearsals: rehearsals.map(({ outcome, why }) => `${outcome}: ${why}`),
  };

const optionsOf = (way: Way, driver: Driver): SystemOptions =>
  way === 'move'
    ? { trace: THERE_AND_BACK, driver, over: OVER }
    : { trace: rehearsed(way), driver, over: REHEARSED };

/** The last line of the log that belongs to the way. */
const overMsOf = (way: Way, { lines }: SystemResult): number => {
  const last = lines.findLast(({ what, text }) =>
    way === 'move' ? text.includes('"FailoverCompleted"') : what === 'rehearsal over',
  );
  return last?.atMs ?? 0;
};

/** Where a function can be killed between the first doubt, or the beginning, and the end of the way. */
const pointsOf = async (way: Way, options: SystemOptions) => {
  const points: (KillPoint & { readonly atMs: number })[] = [];
  const result = await simulateSystem({
    ...options,
    dies: ({ number, atMs, when, asked: { service, operation }, caller: { part } }) => {
      if (PARTS.has(part) && atMs > BEGIN_MS) {
        points.push({ number, when, part, service, operation, atMs });
      }
      return false;
    },
  });
  const overMs = overMsOf(way, result);
  return { points: points.filter(({ atMs }) => atMs <= overMs), end: endOf(result), result };
};

export const killPointsOf = (way: Way, driver: Driver) => pointsOf(way, optionsOf(way, driver));

/** One run in which whoever comes to the point dies there. */
export const killAt = async (way: Way, driver: Driver, point: KillPoint): Promise<Killed> => {
  const result = await simulateSystem({
    ...optionsOf(way, driver),
    dies: ({ number }) => number === point.number,
  });
  const { violation } = result;
  const fault = violation === null ? '' : `${violation.invariant}: ${violation.what}`;
  return { point, end: endOf(result), fault };
};

/** The other controller has taken charge by then, and traffic has come home whoever brought it. */
const DARK_MS = 330_000;
const HOME_AGAIN_MS = 600_000;

/** As `THERE_AND_BACK` with two controllers, and a region that is lost from some moment on. */
const losing = (region: string | null, fromMs: number): SystemOptions => {
  const untilMs = fromMs + DARK_MS;
  const lost = region === null ? [] : dark(region, { fromMs, untilMs });
  const trace: Trace = {
    ...{ seed: 'lost', profile: 'controllers', places: TWO_CONTROLLERS },
    untilMs: untilMs + HOME_AGAIN_MS,
    faults: [...THERE_AND_BACK.faults, ...lost.map((each, n) => ({ ...each, id: `lost${n}` }))],
  };
  return { trace, driver: 'quorum', over: OVER };
};

export type Loss = { readonly region: string; readonly atMs: number };

/** Every region of the two controllers and the service, at every call of a failover and the way home. */
export const lossesOf = async (): Promise<Loss[]> => {
  const { points } = await pointsOf('move', losing(null, 0));
  const moments = [...new Set(points.map(({ atMs }) => Math.ceil(atMs)))];
  const { home, standby, witness } = TWO_CONTROLLERS;
  return moments.flatMap((atMs) => [home, standby, witness].map((region) => ({ region, atMs })));
};

/** One run with a loss: what it broke, or how it did not end at rest at home; empty when all is well. */
export const loseAt = async ({ region, atMs }: Loss): Promise<string> => {
  const { violation, state } = await simulateSystem(losing(region, atMs));
  if (violation !== null) return `${violation.invariant}: ${violation.what}`;
  const { phase, active, execution } = state ?? {};
  const isWell = phase === 'STEADY' && active === TWO_CONTROLLERS.home && execution === null;
  return isWell ? '' : `${phase} with ${active}`;
};
