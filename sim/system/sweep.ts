/**
 * The kill-point sweep: the functions that decide and carry out a move are killed at each of their
 * calls, before it is made and when it has been carried out, and every run must end as the one in
 * which nobody was killed.
 */
import type { State } from '../../core/failover/states.ts';
import type { Trace } from '../faults/fault.ts';
import { PLACES } from '../faults/generate.ts';
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
};

export type Killed = {
  readonly point: KillPoint;
  readonly end: End | null;
  readonly fault: string;
};

const PARTS: ReadonlySet<string> = new Set([
  ...['evaluate', 'prepare', 'acquire-lease', 'fence', 'scale-standby', 'flip', 'verify', 'finish'],
]);

/** Quick settings, so that a failover and the way home take two minutes. */
const OVER: Over = {
  health: { interval: '2s', timeout: '1s', down: '6s', up: '10s' },
  failover: { failback: 'auto', cooldown: '0s', perDay: 'unlimited', soak: '15s' },
  ttl: '5s',
};
const LOST = { fromMs: 10_000, untilMs: 40_000 };
/** Long enough for a move that was abandoned to be found and done again. */
const SETTLED_MS = 200_000;

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

export const endOf = ({ state }: SystemResult): End | null =>
  state && {
    ...{ phase: state.phase, active: state.active, epoch: state.epoch },
    ...{ execution: state.execution, held: state.held },
    flips: state.flips.map(({ to, epoch }) => `${to} at epoch ${epoch}`),
  };

const optionsOf = (driver: Driver): SystemOptions => ({
  ...{ trace: THERE_AND_BACK, driver, over: OVER },
});

/** Where a function can be killed between the first doubt and the end of the way home. */
export const killPointsOf = async (driver: Driver) => {
  const points: (KillPoint & { readonly atMs: number })[] = [];
  const result = await simulateSystem({
    ...optionsOf(driver),
    dies: ({ number, atMs, when, asked: { service, operation }, caller: { part } }) => {
      if (PARTS.has(part) && atMs > LOST.fromMs) {
        points.push({ number, when, part, service, operation, atMs });
      }
      return false;
    },
  });
  const over = result.lines.findLast(({ text }) => text.includes('"FailoverCompleted"'));
  const overMs = over?.atMs ?? 0;
  return { points: points.filter(({ atMs }) => atMs <= overMs), end: endOf(result), result };
};

/** One run in which whoever comes to the point dies there. */
export const killAt = async (driver: Driver, point: KillPoint): Promise<Killed> => {
  const result = await simulateSystem({
    ...optionsOf(driver),
    dies: ({ number }) => number === point.number,
  });
  const { violation } = result;
  const fault = violation === null ? '' : `${violation.invariant}: ${violation.what}`;
  return { point, end: endOf(result), fault };
};
