/** What the drill keeps, in its own words, over the table of drills. */
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { DrillPlan, DrillState } from '../events/drillRecord.ts';
import { ImageFacts } from '../events/image.ts';
import { LatencyRecord } from '../events/latencyRecord.ts';
import { Placement } from '../events/placement.ts';
import { Cell } from '../events/region.ts';
import { PlacementFailure } from '../events/roundOutcome.ts';
import { KEPT_DAYS, openDrillTable } from './drillTable.ts';
import type { SdkSettings } from './sdk.ts';

/** One placement of a round, or what became of it instead. */
export const PlacementRecord = z.strictObject({
  round: z.int(),
  placement: Placement.nullable(),
  failure: PlacementFailure.nullable(),
});
export type PlacementRecord = z.output<typeof PlacementRecord>;

/** A cell that did not answer in a round. */
export const UnreachableCell = z.strictObject({
  round: z.int(),
  cell: Cell,
  reason: z.string(),
});
export type UnreachableCell = z.output<typeof UnreachableCell>;

const ROUND_DIGITS = 3;
const roundKey = (round: number): string => String(round).padStart(ROUND_DIGITS, '0');
const drillKey = (drillId: string): string => `DRILL#${drillId}`;
const ALL = 'DRILLS';

export const openDrillRecords = (table: string, sdk: SdkSettings = {}) => {
  const items = openDrillTable(table, sdk);
  const drill = (nowMs: number) => ({ nowMs, days: KEPT_DAYS.drill });
  const withSignal = (signal?: AbortSignal) => (signal ? { signal } : {});

  const putState = (state: DrillState, nowMs: number, signal?: AbortSignal) =>
    items.put({ pk: ALL, sk: `${state.startedAt}#${state.drillId}` }, state, drill(nowMs), {
      once: false,
      ...withSignal(signal),
    });

  /** Newest first. */
  const states = (limit: number, signal?: AbortSignal): Promise<DrillState[]> =>
    items.list(ALL, '', DrillState, { newestFirst: true, limit, ...withSignal(signal) });

  /** False when the drill has a plan already: a retry keeps the first. */
  const putPlan = (plan: DrillPlan, nowMs: number, signal?: AbortSignal) =>
    items.put({ pk: drillKey(plan.drillId), sk: 'PLAN' }, plan, drill(nowMs), {
      once: true,
      ...withSignal(signal),
    });

  /** @throws DrillError `DrillNotFound` */
  const plan = async (drillId: string, signal?: AbortSignal): Promise<DrillPlan> => {
    const [found] = await items.list(drillKey(drillId), 'PLAN', DrillPlan, withSignal(signal));
    if (found) return found;
    throw new DrillError('DrillNotFound', `there is no drill ${drillId}`);
  };

  const putImage = (drillId: string, image: ImageFacts, nowMs: number, signal?: AbortSignal) =>
    items.put({ pk: drillKey(drillId), sk: `VAR#${image.variantId}` }, image, drill(nowMs), {
      once: false,
      ...withSignal(signal),
    });

  const images = (drillId: string, signal?: AbortSignal): Promise<ImageFacts[]> =>
    items.list(drillKey(drillId), 'VAR#', ImageFacts, withSignal(signal));

  const putPlacement = (
    drillId: string,
    key: { round: number; region: string; armId: string },
    record: PlacementRecord,
    nowMs: number,
    signal?: AbortSignal,
  ) =>
    items.put(
      { pk: drillKey(drillId), sk: `PLC#${roundKey(key.round)}#${key.region}#${key.armId}` },
      record,
      drill(nowMs),
      { once: false, ...withSignal(signal) },
    );

  const placements = (drillId: string, signal?: AbortSignal): Promise<PlacementRecord[]> =>
    items.list(drillKey(drillId), 'PLC#', PlacementRecord, withSignal(signal));

  const putUnreachable = (
    drillId: string,
    { round, cell, reason }: UnreachableCell,
    nowMs: number,
    signal?: AbortSignal,
  ) =>
    items.put(
      { pk: drillKey(drillId), sk: `CEL#${roundKey(round)}#${cell.region}#${cell.vantage}` },
      { round, cell, reason },
      drill(nowMs),
      { once: false, ...withSignal(signal) },
    );

  const unreachables = (drillId: string, signal?: AbortSignal): Promise<UnreachableCell[]> =>
    items.list(drillKey(drillId), 'CEL#', UnreachableCell, withSignal(signal));

  /** False when this burst is recorded already: late and repeated probes count once. */
  const putLatency = (record: LatencyRecord, nowMs: number, signal?: AbortSignal) => {
    const { drillId, round, cell, armId } = record;
    const sk = `RND#${roundKey(round)}#${cell.region}#${cell.vantage}#${armId}`;
    return items.put(
      { pk: drillKey(drillId), sk },
      record,
      { nowMs, days: KEPT_DAYS.round },
      { once: true, ...withSignal(signal) },
    );
  };

  const latencies = (drillId: string, signal?: AbortSignal): Promise<LatencyRecord[]> =>
    items.list(drillKey(drillId), 'RND#', LatencyRecord, withSignal(signal));

  /** Claims a name once in the life of a drill: true for whoever comes first. */
  const claim = (drillId: string, name: string, nowMs: number, signal?: AbortSignal) =>
    items.put({ pk: drillKey(drillId), sk: `MARK#${name}` }, { at: nowMs }, drill(nowMs), {
      once: true,
      ...withSignal(signal),
    });

  const unclaim = (drillId: string, name: string, signal?: AbortSignal) =>
    items.remove({ pk: drillKey(drillId), sk: `MARK#${name}` }, signal);

  return {
    putState,
    states,
    putPlan,
    plan,
    putImage,
    images,
    putPlacement,
    placements,
    putUnreachable,
    unreachables,
    putLatency,
    latencies,
    claim,
    unclaim,
    close: items.close,
  };
};

export type DrillRecords = ReturnType<typeof openDrillRecords>;
