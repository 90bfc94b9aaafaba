/** When the parts of a placement happened, in epoch milliseconds, as far as the platform tells. */
export type PlacementMoments = {
  readonly createdAtMs: number | undefined;
  readonly pullStartedAtMs: number | undefined;
  readonly pullStoppedAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly readyAtMs: number;
};

export type PlacementDurations = {
  scheduleMs: number | null;
  pullMs: number | null;
  startMs: number | null;
  readyMs: number;
};

const between = (from: number | undefined, to: number | undefined): number | null =>
  from === undefined || to === undefined ? null : Math.max(0, to - from);

/**
 * Splits a placement into schedule, pull, start and ready. Where no pull is told, schedule ends at the
 * start. `readyMs` is the whole: from creation to the first answer of the health path.
 */
export const placementDurations = (at: PlacementMoments): PlacementDurations => ({
  scheduleMs: between(at.createdAtMs, at.pullStartedAtMs ?? at.startedAtMs),
  pullMs: between(at.pullStartedAtMs, at.pullStoppedAtMs),
  startMs: between(at.startedAtMs, at.readyAtMs),
  readyMs: Math.max(0, at.readyAtMs - (at.createdAtMs ?? at.readyAtMs)),
});
