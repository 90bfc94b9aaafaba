// Goal: a pair of regions is judged by its facts, and candidates are ranked by them alone.
import { describe, expect, it } from 'vitest';
import { greatCircleKm } from '../../../core/regions/distance.ts';
import { judgePair, mayBeIn, rankStandbys, residencyWords } from '../../../core/regions/judge.ts';
import { regionNames } from '../../../core/regions/regions.ts';

describe('distance', () => {
  it('is the great circle on a sphere of 6,371.009 km', () => {
    const pole = { lat: 90, lon: 0 };
    const quarter = (Math.PI / 2) * 6_371.009;
    expect(greatCircleKm(pole, { lat: 0, lon: 77 })).toBeCloseTo(quarter, 6);
    expect(greatCircleKm({ lat: 0, lon: 0 }, { lat: 0, lon: 180 })).toBeCloseTo(2 * quarter, 6);
    expect(greatCircleKm({ lat: 12, lon: 34 }, { lat: 12, lon: 34 })).toBe(0);
  });

  it('crosses the date line the short way', () => {
    const degree = (Math.PI / 180) * 6_371.009;
    expect(greatCircleKm({ lat: 0, lon: 179 }, { lat: 0, lon: -179 })).toBeCloseTo(2 * degree, 6);
  });
});

describe('a pair', () => {
  it('is judged by distance, law and round trip, in words', () => {
    expect(judgePair('eu-central-2', 'eu-south-1')).toMatchObject({ band: 'near', rttMs: 8 });
    const tokyo = judgePair('ap-northeast-1', 'ap-northeast-3');
    expect(tokyo).toMatchObject({ band: 'apart', sameCountry: true, rttMs: 10 });
    expect(tokyo.why[1]).toBe(
      'both in JP: the same law, but also the same authorities and often the same grid',
    );
    const far = judgePair('eu-west-1', 'ap-southeast-2');
    expect(far.why).toEqual([
      '17215 km: hardly any natural disaster reaches both',
      'data moves from the law of EU to that of AU',
      '256 ms a round trip: users of the primary will feel a failover, and replication lags',
    ]);
  });

  it('says what is estimated, and what the account has to do first', () => {
    const pair = judgePair('ap-southeast-2', 'ap-southeast-6');
    expect(pair).toMatchObject({ rttEstimated: true, optIn: true });
    expect(pair.why[2]).toBe(
      'about 42 ms a round trip, estimated from the distance: replicate asynchronously',
    );
    expect(pair.why[3]).toBe('the account has to enable this region first');
    const known = judgePair('ap-southeast-6', 'ap-southeast-2');
    expect([known.optIn, known.why.length]).toEqual([false, 3]);
  });

  it('takes the slower direction, so that it reads the same both ways round', () => {
    for (const a of regionNames) {
      for (const b of regionNames) {
        const { rttMs, distanceKm, band } = judgePair(a, b);
        expect(judgePair(b, a)).toMatchObject({ rttMs, distanceKm, band });
      }
    }
  });
});

describe('residency', () => {
  it('is an area, a country or a region, in any case', () => {
    expect(mayBeIn('eu-central-1', ['EU'])).toBe(true);
    expect(mayBeIn('eu-central-1', ['de'])).toBe(true);
    expect(mayBeIn('eu-central-1', ['EU-Central-1'])).toBe(true);
    expect(mayBeIn('eu-central-1', [])).toBe(false);
    expect(mayBeIn('eu-central-1', 'any')).toBe(true);
  });

  it('does not take a region called eu- for the Union', () => {
    expect(mayBeIn('eu-central-2', ['EU'])).toBe(false);
    expect(mayBeIn('eu-west-2', ['EU'])).toBe(false);
    expect(mayBeIn('eu-west-2', ['UK'])).toBe(true);
    expect(mayBeIn('eu-west-2', ['GB'])).toBe(true);
  });

  it('knows its words', () => {
    expect(residencyWords).toEqual(expect.arrayContaining(['EU', 'DE', 'UK', 'GB', 'eu-west-1']));
    expect(new Set(residencyWords).size).toBe(residencyWords.length);
  });
});

describe('candidates', () => {
  it('stand far enough away first, then by round trip', () => {
    const { candidates } = rankStandbys('eu-central-2', 'any');
    expect(candidates).toHaveLength(regionNames.length - 1);
    expect(candidates[0]).toMatchObject({ rank: 1, standby: 'eu-central-1', rttMs: 10 });
    expect(candidates.at(-1)).toMatchObject({ standby: 'eu-south-1', band: 'near' });
    const far = candidates.slice(0, -1).map(({ rttMs }) => rttMs);
    expect(far).toEqual([...far].sort((a, b) => a - b));
  });

  it('are only those that the residency rule allows, and the others are told why', () => {
    const { candidates, refused } = rankStandbys('eu-west-1', ['EU']);
    expect(candidates.map(({ standby }) => standby)).toEqual([
      'eu-west-3',
      'eu-central-1',
      'eu-south-2',
      'eu-south-1',
      'eu-north-1',
    ]);
    expect(refused).toHaveLength(regionNames.length - 6);
    expect(refused).toContainEqual({ standby: 'eu-west-2', why: 'London (GB, UK) is outside EU' });
  });
});
