/** How many tasks there is room for. */
import type { EcsState } from './state.ts';

/** More containers than this on one machine measure the machine, not the service. */
export const LIVE_TASKS_MAX = 200;

export const roomFor = (state: EcsState) => {
  const capacity = new Map<string, number>();
  const liveIn = (region: string | undefined): number =>
    [...state.tasks.values()].filter(
      (task) => task.lastStatus !== 'STOPPED' && (region === undefined || task.region === region),
    ).length;
  return {
    /** How many more tasks a region takes. */
    in: (region: string): number =>
      Math.max(
        0,
        Math.min(
          LIVE_TASKS_MAX - liveIn(undefined),
          (capacity.get(region) ?? LIVE_TASKS_MAX) - liveIn(region),
        ),
      ),
    /** Bounds the tasks of a region; undefined takes the bound back. */
    set: (region: string, tasks: number | undefined): void => {
      if (tasks === undefined) capacity.delete(region);
      else capacity.set(region, tasks);
    },
  };
};
