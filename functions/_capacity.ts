/** How much a region can carry: tasks that run and that its load balancer finds healthy. */
import type { Place, ServiceState, Services } from '../aws/services.ts';
import type { TargetGroups } from '../aws/targetGroups.ts';

/** What reads the capacity of a region. */
export type CapacityNeeds = {
  readonly services: Pick<Services, 'state'>;
  readonly targetGroups: Pick<TargetGroups, 'healthy'>;
};

export type Capacity = ServiceState & {
  /** Running, and healthy in every target group. */
  readonly ready: number;
  readonly healthy: readonly number[];
};

export const readCapacity = async (
  { services, targetGroups }: CapacityNeeds,
  place: Place,
  signal: AbortSignal,
): Promise<Capacity> => {
  const state = await services.state(place, signal);
  const healthy = await Promise.all(
    state.targetGroups.map((arn) => targetGroups.healthy(arn, signal)),
  );
  return { ...state, healthy, ready: Math.min(state.running, ...healthy) };
};

/** Hours for which the peak of the other region counts. */
const PEAK_HOURS = 24;
const HOUR_MS = 3_600_000;

type Peak = { readonly hour: number; readonly tasks: number };

const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);

/** The peaks with what runs now; those that are too old are gone. */
export const withPeak = (peaks: readonly Peak[], running: number, nowMs: number): Peak[] => {
  const hour = hourOf(nowMs);
  const now = peaks.find((peak) => peak.hour === hour)?.tasks ?? 0;
  const kept = peaks.filter((peak) => peak.hour !== hour && hour - peak.hour < PEAK_HOURS);
  return [...kept, { hour, tasks: Math.max(now, running) }];
};

/**
 * The tasks that a region must have to take over: what is reserved for it, or the most that ran in
 * the other one within a day, where that is more.
 */
export const wantedTasks = (reserved: number, peaks: readonly Peak[], nowMs: number): number =>
  Math.max(
    reserved,
    ...peaks.filter(({ hour }) => hourOf(nowMs) - hour < PEAK_HOURS).map(({ tasks }) => tasks),
  );
