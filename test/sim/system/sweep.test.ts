// Goal: whoever dies on the way of a failover and of the way home, both end as if nobody had.
// Method: a sample of the calls of the functions that decide and move, each of them a kill point.
import { describe, expect, it } from 'vitest';
import { killAt, killPointsOf } from '../../../sim/system/sweep.ts';

/** Some of hundreds, spread over the whole way; `node bench/simSweep.ts` does them all. */
const SAMPLE = 8;

describe.each(['record', 'quorum'] as const)('with the switch `%s`', (driver) => {
  it('a function that is killed leaves the same end', async () => {
    const { points, end, result } = await killPointsOf('move', driver);
    expect(result.violation).toBeNull();
    expect(end).toMatchObject({ phase: 'STEADY', epoch: 2, execution: null, held: null });
    expect(points.length).toBeGreaterThan(200);
    const moves = points.filter(({ part }) => ['acquire-lease', 'flip', 'finish'].includes(part));
    // Once the zone or a switch says so, and nobody has been told: the worst moment.
    const worst = moves.find(
      ({ part, when, operation }) =>
        part === 'flip' && when === 'after' && /^(POST|PUT)/.test(operation),
    );
    const sample = Array.from({ length: SAMPLE }, (_, n) => {
      const place = Math.floor(((n + 0.5) / SAMPLE) * moves.length);
      return moves[place];
    });
    for (const point of [worst, ...sample]) {
      if (point === undefined) throw new Error('there are too few points');
      expect(await killAt('move', driver, point)).toEqual({ point, end, fault: '' });
    }
  });
});
