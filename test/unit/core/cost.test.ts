// Goal: the rough cost of a drill adds up from the public prices.
import { describe, expect, it } from 'vitest';
import { drillCostUsd, PRICES } from '../../../core/cost.ts';

const SIZE = {
  ...{ arms: 5, variants: 4, regions: 2, vantages: 3, rounds: 12, roundMs: 120_000 },
  ...{ cpu: 256, memoryMb: 512, probeMemoryMb: 1_024, buildMinutes: 2 },
};

describe('the cost of a drill', () => {
  it('is the sum of its parts, each by hand', () => {
    const cost = drillCostUsd(SIZE);
    const taskHours = (12 * 5 * 2 * 120) / 3_600;
    expect(cost.fargate).toBeCloseTo(taskHours * (0.25 * 0.04048 + 0.5 * 0.004445), 10);
    expect(cost.lambda).toBeCloseTo(12 * 6 * 120 * PRICES.lambdaGbSecond, 10);
    expect(cost.codeBuild).toBeCloseTo(4 * 2 * 0.005, 10);
    expect(cost.stepFunctions).toBeCloseTo((12 + 12 * (5 + 10 * 2 + 6)) * 0.000025, 10);
    expect(cost.dynamodb).toBeCloseTo(12 * 6 * 6 * 2 * PRICES.dynamodbWriteUnit, 12);
    const { total, ...parts } = cost;
    expect(total).toBeCloseTo(
      Object.values(parts).reduce((sum, part) => sum + part, 0),
      12,
    );
  });

  it('bills a task a minute at least', () => {
    const short = drillCostUsd({ ...SIZE, roundMs: 5_000 });
    expect(short.fargate).toBe(drillCostUsd({ ...SIZE, roundMs: 60_000 }).fargate);
  });

  it('of a nightly drill of 4 variants in 3 regions stays below half a dollar', () => {
    expect(drillCostUsd({ ...SIZE, regions: 3 }).total).toBeLessThan(0.5);
  });
});
