/** Places for environments: which one is free, and whether another may start. */
import type { Environment } from './environment.ts';
import type { FunctionSpec } from './types.ts';

export type Concurrency = {
  /** Environments of one function in one region. */
  readonly perFunction: number;
  /** Environments of all functions together. */
  readonly total: number;
  /** Environments that start at once: more of them than cores start no sooner, and crowd out what runs. */
  readonly starting: number;
  /** Invocations that wait for an environment; more are refused. */
  readonly waitingMax: number;
  /** An environment without work for this long is stopped. */
  readonly idleMs: number;
  /** A quick function serves those that wait in this time, so that no further environment need start. */
  readonly patienceMs: number;
};

export type Slot = {
  readonly spec: FunctionSpec;
  busy: boolean;
  /** Its process is not yet ready for a first event. */
  starting: boolean;
  usedAt: number;
  environment: Environment | undefined;
  cancelIdle: () => void;
};

/** Looks after the places in `slots`. */
export const openSlots = (slots: Set<Slot>, concurrency: Concurrency, nowMs: () => number) => {
  /** The one that was used last: others may end by being idle. */
  const idle = (spec: FunctionSpec): Slot | undefined =>
    [...slots]
      .filter((slot) => slot.spec === spec && !slot.busy && slot.environment?.alive())
      .sort((a, b) => b.usedAt - a.usedAt)[0];

  /** Makes room below the global bound by stopping the environment idle for longest. */
  const makeRoom = (): boolean => {
    if (slots.size < concurrency.total) return true;
    const oldest = [...slots].filter((s) => !s.busy).sort((a, b) => a.usedAt - b.usedAt)[0];
    if (oldest === undefined) return false;
    oldest.cancelIdle();
    slots.delete(oldest);
    oldest.environment?.stop();
    return true;
  };

  /** A place whose environment has yet to start; undefined where a bound is reached. */
  const fresh = (spec: FunctionSpec): Slot | undefined => {
    const own = [...slots].filter((slot) => slot.spec === spec).length;
    if (own >= concurrency.perFunction) return undefined;
    const starting = [...slots].filter((slot) => slot.starting).length;
    if (starting >= concurrency.starting || !makeRoom()) return undefined;
    const slot: Slot = {
      spec,
      busy: false,
      starting: true,
      usedAt: nowMs(),
      environment: undefined,
      cancelIdle: () => {},
    };
    slots.add(slot);
    return slot;
  };

  return { idle, fresh };
};
