import { median } from '../statistics/quantile.ts';

type Times = {
  readonly scheduleMs: number | null;
  readonly pullMs: number | null;
  readonly startMs: number | null;
  readonly readyMs: number;
};

/** One placement as the report lists it: when its parts were done, or why it failed. */
export type PlacementLine = {
  round: number;
  region: string;
  armId: string;
  scheduleMs: number | null;
  pullMs: number | null;
  startMs: number | null;
  readyMs: number | null;
  error: string | null;
};

type PlacementOfRound = {
  readonly round: number;
  readonly placement: {
    readonly region: string;
    readonly armId: string;
    readonly times: Times;
  } | null;
  readonly failure: {
    readonly region: string;
    readonly armId: string;
    readonly error: string;
  } | null;
};

/** Every placement by round, region and arm. */
export const placementLines = (seen: readonly PlacementOfRound[]): PlacementLine[] =>
  seen.flatMap(({ round, placement, failure }): PlacementLine[] => {
    if (placement) {
      const { region, armId, times } = placement;
      const { scheduleMs, pullMs, startMs, readyMs } = times;
      return [{ round, region, armId, scheduleMs, pullMs, startMs, readyMs, error: null }];
    }
    if (!failure) return [];
    const { region, armId, error } = failure;
    const untold = { scheduleMs: null, pullMs: null, startMs: null, readyMs: null };
    return [{ round, region, armId, ...untold, error }];
  });

/** A placement of one round, or its failure. */
export type PlacementSeen = {
  readonly placement: { readonly armId: string; readonly times: Times } | null;
  readonly failure: { readonly armId: string } | null;
};

const medianOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : median(known);
};

/** Medians over all placements of one arm; null for a part that the platform never told. */
export const placementSummary = (seen: readonly PlacementSeen[], armId: string) => {
  const times = seen.flatMap(({ placement }) =>
    placement?.armId === armId ? [placement.times] : [],
  );
  return {
    placements: times.length,
    failures: seen.filter(({ failure }) => failure?.armId === armId).length,
    scheduleMs: medianOf(times.map(({ scheduleMs }) => scheduleMs)),
    pullMs: medianOf(times.map(({ pullMs }) => pullMs)),
    startMs: medianOf(times.map(({ startMs }) => startMs)),
    readyMs: medianOf(times.map(({ readyMs }) => readyMs)),
  };
};
