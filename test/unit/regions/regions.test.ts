// Goal: region facts answer for every commercial region and name a mistyped one.
import { describe, expect, it } from 'vitest';
import {
  isRegion,
  isRttKnown,
  nearestRegionName,
  regionNames,
  rttMs,
} from '../../../core/regions/regions.ts';
import { RTT_TO } from '../../../core/regions/round-trips.ts';
import { REGIONS } from '../../../core/regions/table.ts';

describe('regions', () => {
  it('gives a whole, positive round-trip time for every ordered pair', () => {
    expect(regionNames).toHaveLength(36);
    expect(regionNames).toEqual(expect.arrayContaining([...RTT_TO]));
    for (const from of regionNames) {
      for (const to of regionNames) {
        expect(Number.isInteger(rttMs(from, to)) && rttMs(from, to) > 0, `${from} ${to}`).toBe(
          true,
        );
      }
    }
  });

  it('estimates those that were not measured, about as well as it does those that were', () => {
    expect(isRttKnown('ap-southeast-2', 'ap-southeast-6')).toBe(false);
    expect(rttMs('ap-southeast-2', 'ap-southeast-6')).toBe(42);
    const shares = RTT_TO.flatMap((from) =>
      RTT_TO.filter((to) => to !== from).map(
        (to) => rttMs(from, to) / (5 + 0.0172 * greatCircleKm(REGIONS[from], REGIONS[to])),
      ),
    ).sort((a, b) => a - b);
    expect(shares[Math.floor(shares.length / 2)]).toBeCloseTo(1, 1);
    expect(shares[Math.floor(0.05 * shares.length)]).toBeGreaterThan(0.7);
    expect(shares[Math.floor(0.95 * shares.length)]).toBeLessThan(1.75);
  });

  it('keeps the two directions of a link apart', () => {
    expect(rttMs('us-west-2', 'me-south-1')).not.toBe(rttMs('me-south-1', 'us-west-2'));
    expect(rttMs('eu-central-1', 'eu-central-2')).toBe(9);
    expect(rttMs('eu-central-2', 'eu-central-1')).toBe(10);
  });

  it('is never faster than light in fibre between two cities', () => {
    for (const from of regionNames) {
      for (const to of regionNames) {
        const km = greatCircleKm(REGIONS[from], REGIONS[to]);
        const light = (2 * km) / 204;
        expect(rttMs(from, to), `${from} ${to}`).toBeGreaterThanOrEqual(Math.floor(light));
      }
    }
  });

  it('knows which names are regions', () => {
    expect(isRegion('eu-west-1')).toBe(true);
    expect(isRegion('eu-west-9')).toBe(false);
    expect(isRegion('toString')).toBe(false);
  });

  it('suggests the region that was meant', () => {
    expect(nearestRegionName('eu-wset-1')).toBe('eu-west-1');
    expect(nearestRegionName('eucentral-1')).toBe('eu-central-1');
    expect(nearestRegionName('frankfurt')).toBeUndefined();
  });

  it('names the unknown side of a link', () => {
    expect(() => rttMs('eu-west-1', 'us-eats-1')).toThrow(
      "unknown region 'us-eats-1': did you mean 'us-east-1'?",
    );
    expect(() => rttMs('moon', 'eu-west-1')).toThrow("unknown region 'moon'");
  });
});

const greatCircleKm = (
  a: { lat: number; lon: number },
  b: { lat: number; lon: number },
): number => {
  const rad = Math.PI / 180;
  const half =
    Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.sqrt(half));
};
