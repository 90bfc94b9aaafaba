// Goal: whoever dies on the way of a failover, of the way home or of a rehearsal, all end as if nobody had.
// Method: a sample of the calls of the functions that decide, move and rehearse, each of them a kill point.
import { describe, expect, it } from 'vitest';
import { type KillPoint, killAt, killPointsOf } from '../../../sim/system/sweep.ts';

/** Some of hundreds, spread over the whole way; `node bench/simSweep.ts record 1/1` does them all. */
const SAMPLE = 8;
const REHEARSED_SAMPLE = 2;

/** Long, because other tests of this machine may go first. */
const PATIENT = { timeout: 600_000 };

const spread = (points: readonly KillPoint[], count: number): KillPoint[] =>
  Array.from(
    { length: count },
    (_, n) => points[Math.floor(((n + 0.5) / count) * points.length)],
  ).flatMap((point) => point ?? []);

/** Once the home is stopped, the zone or a switch says so, and nobody has been told: the worst moment. */
const worstOf = (points: readonly KillPoint[]): KillPoint[] => {
  const done = points.filter(({ when }) => when === 'after');
  const stopped = done.filter(({ operation }) => operation === 'StopTask');
  const written = done.filter(({ operation }) => /^(POST|PUT)/.test(operation));
  return [...stopped, ...written].slice(0, 1);
};

describe.each(['record', 'quorum'] as const)('with the switch `%s`', (driver) => {
  it('a function that is killed leaves the same end', PATIENT, async () => {
    const { points, end, result } = await killPointsOf('move', driver);
    expect(result.violation).toBeNull();
    expect(end).toMatchObject({ phase: 'STEADY', epoch: 2, execution: null, held: null });
    expect(points.length).toBeGreaterThan(200);
    const moves = points.filter(({ part }) => ['acquire-lease', 'flip', 'finish'].includes(part));
    const sample = [
      ...worstOf(points.filter(({ part }) => part === 'flip')),
      ...spread(moves, SAMPLE),
    ];
    expect(sample.length).toBeGreaterThanOrEqual(SAMPLE);
    for (const point of sample) {
      expect(await killAt('move', driver, point)).toEqual({ point, end, fault: '' });
    }
  });
});

describe.each([
  ['canary', 'record'],
  ['full', 'quorum'],
  ['shadow', 'record'],
] as const)('in a rehearsal of depth `%s`', (depth, driver) => {
  it('a function that is killed leaves the same end', PATIENT, async () => {
    const { points, end, result } = await killPointsOf(depth, driver);
    expect(result.violation).toBeNull();
    expect(end).toMatchObject({
      phase: 'STEADY',
      active: 'eu-west-1',
      execution: null,
      held: null,
    });
    expect(end?.rehearsals).toEqual(['SUCCEEDED: flipped, verified, put back']);
    const rehearsing = points.filter(({ part }) => part.endsWith('-rehearsal'));
    const sample = [...worstOf(rehearsing), ...spread(rehearsing, REHEARSED_SAMPLE)];
    expect(sample.length).toBeGreaterThanOrEqual(REHEARSED_SAMPLE);
    for (const point of sample) {
      expect(await killAt(depth, driver, point)).toEqual({ point, end, fault: '' });
    }
  });
});
