import { performance } from 'node:perf_hooks';

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

const medianOf = (values: readonly number[]): number => {
  const order = sorted(values);
  return order[Math.floor(order.length / 2)] ?? Number.NaN;
};

/** One thing to time. `run` does the work `units` times; time is given per unit. */
export type Contestant = {
  readonly name: string;
  readonly units: number;
  readonly run: () => unknown;
};

export type Timing = { readonly name: string; readonly medianNs: number };

/**
 * Median time per unit of each contestant in nanoseconds. They take turns, so that a slow moment of the
 * machine hits all of them; the first `warmups` turns are not counted.
 */
export const measure = (
  contestants: readonly Contestant[],
  repeats: number,
  warmups = 2,
): Timing[] => {
  const times = contestants.map((): number[] => []);
  for (let turn = -warmups; turn < repeats; turn++) {
    contestants.forEach(({ run, units }, at) => {
      const start = performance.now();
      run();
      const ns = ((performance.now() - start) * 1e6) / units;
      if (turn >= 0) times[at]?.push(ns);
    });
  }
  return contestants.map(({ name }, at) => ({ name, medianNs: medianOf(times[at] ?? []) }));
};

/** Prints one line per timing, each with its ratio to the first. */
export const printTimings = (title: string, timings: readonly Timing[]): void => {
  console.log(title);
  const first = timings[0]?.medianNs ?? Number.NaN;
  for (const { name, medianNs } of timings) {
    console.log(
      `  ${name.padEnd(34)} ${formatNs(medianNs).padStart(10)}  ${ratio(medianNs, first)}`,
    );
  }
};

const ratio = (value: number, first: number): string =>
  value === first ? '' : `${(value / first).toPrecision(3)} x`;

const formatNs = (ns: number): string => {
  if (ns < 1e3) return `${ns.toFixed(1)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(2)} us`;
  return `${(ns / 1e6).toFixed(2)} ms`;
};
