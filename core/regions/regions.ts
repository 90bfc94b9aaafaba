import { nearest } from '../nearest.ts';
import { RTT_MS, RTT_TO } from './round-trips.ts';
import { REGIONS } from './table.ts';

export type RegionName = keyof typeof REGIONS;

export const isRegion = (name: string): name is RegionName => Object.hasOwn(REGIONS, name);

/** Names of all commercial regions, sorted. */
export const regionNames: readonly RegionName[] = Object.keys(REGIONS).filter(isRegion).sort();

const columnOf = new Map<string, number>(RTT_TO.map((name, column) => [name, column]));

/**
 * Median round-trip time of a ping from one region to another, in whole milliseconds.
 * @throws RangeError when either name is not a commercial region.
 */
export const rttMs = (from: string, to: string): number => {
  const row = isRegion(from) ? RTT_MS[from] : undefined;
  const rtt = row?.[columnOf.get(to) ?? -1];
  if (rtt === undefined) throw new RangeError(unknownRegion(row === undefined ? from : to));
  return rtt;
};

/** The region whose name is closest to a mistyped one, or undefined when none is close. */
export const nearestRegionName = (typo: string): RegionName | undefined =>
  nearest(typo, regionNames);

const unknownRegion = (name: string): string => {
  const guess = nearestRegionName(name);
  const hint = guess === undefined ? 'use a commercial AWS region' : `did you mean '${guess}'?`;
  return `unknown region '${name}': ${hint}`;
};
