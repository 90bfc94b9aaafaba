import { nearest } from '../nearest.ts';
import { greatCircleKm } from './distance.ts';
import { RTT_MS, RTT_TO } from './round-trips.ts';
import { REGIONS } from './table.ts';

export type RegionName = keyof typeof REGIONS;

export const isRegion = (name: string): name is RegionName => Object.hasOwn(REGIONS, name);

/** Names of all commercial regions, sorted. */
export const regionNames: readonly RegionName[] = Object.keys(REGIONS).filter(isRegion).sort();

const rows: Readonly<Record<string, readonly number[]>> = RTT_MS;
const columnOf = new Map<string, number>(RTT_TO.map((name, column) => [name, column]));

/** Fitted to the measured pairs: the median of what was measured by this is 1, 90 % lie in 0.75 to 1.7. */
const ESTIMATE_MS = 5;
const ESTIMATE_MS_PER_KM = 0.0172;

/** Whether the round trip between two regions was measured, or is estimated from their distance. */
export const isRttKnown = (from: string, to: string): boolean =>
  columnOf.has(from) && columnOf.has(to);

/**
 * Median round-trip time of a ping from one region to another, in whole milliseconds; estimated from the
 * distance for the youngest regions, which were not measured yet.
 * @throws RangeError when either name is not a commercial region.
 */
export const rttMs = (from: string, to: string): number => {
  if (!isRegion(from)) throw new RangeError(unknownRegion(from));
  if (!isRegion(to)) throw new RangeError(unknownRegion(to));
  const measured = rows[from]?.[columnOf.get(to) ?? -1];
  if (measured !== undefined) return measured;
  const km = greatCircleKm(REGIONS[from], REGIONS[to]);
  return Math.round(ESTIMATE_MS + ESTIMATE_MS_PER_KM * km);
};

/** The region whose name is closest to a mistyped one, or undefined when none is close. */
export const nearestRegionName = (typo: string): RegionName | undefined =>
  nearest(typo, regionNames);

const unknownRegion = (name: string): string => {
  const guess = nearestRegionName(name);
  const hint = guess === undefined ? 'use a commercial AWS region' : `did you mean '${guess}'?`;
  return `unknown region '${name}': ${hint}`;
};
