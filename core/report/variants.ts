import { median } from '../statistics/quantile.ts';

type Times = {
  readonly scheduleMs: number | null;
  readonly pullMs: number | null;
  readonly startMs: number | null;
  readonly readyMs: number;
};

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
