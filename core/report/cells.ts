import {
  type Burst,
  mergedSketch,
  metricsOf,
  type QuantilesMs,
  quantilesMs,
  sum,
} from '../drill/bursts.ts';
import type { Arm, Cell } from '../drill/plan.ts';
import { PRIMARY_METRIC } from '../drill/rankDrill.ts';
import { rttMs } from '../regions/regions.ts';

/** The arm under which facts of a cell are kept that do not depend on an image. */
export const CELL_ARM_ID = '-';

const quantilesByMetric = (bursts: readonly Burst[]): Record<string, QuantilesMs> =>
  Object.fromEntries(
    metricsOf(bursts).flatMap((metric) => {
      const quantiles = quantilesMs(mergedSketch(bursts, metric));
      return quantiles ? [[metric, quantiles]] : [];
    }),
  );

const addCounts = (bursts: readonly Burst[]): Record<string, number> => {
  const total: Record<string, number> = {};
  for (const { errors } of bursts) {
    for (const [key, count] of Object.entries(errors)) total[key] = (total[key] ?? 0) + count;
  }
  return total;
};

const p50ByRound = (bursts: readonly Burst[], rounds: number): (number | null)[] =>
  Array.from({ length: rounds }, (_, index) => {
    const burst = bursts.filter(({ round }) => round === index + 1);
    return quantilesMs(mergedSketch(burst, PRIMARY_METRIC))?.p50 ?? null;
  });

const cellArm = (armId: string, bursts: readonly Burst[], rounds: number) => ({
  armId,
  metrics: quantilesByMetric(bursts),
  p50ByRoundMs: p50ByRound(bursts, rounds),
  sent: sum(bursts.map((burst) => sum(Object.values(burst.sent)))),
  failed: sum(bursts.map((burst) => sum(Object.values(burst.errors)))),
  errors: addCounts(bursts),
});

/** What was seen in each cell, by arm; and what of it has nothing to do with an image. */
export const cellReports = (
  cells: readonly Cell[],
  arms: readonly Arm[],
  bursts: readonly Burst[],
  rounds: number,
) =>
  cells.map((cell) => {
    const here = bursts.filter(
      (burst) => burst.cell.region === cell.region && burst.cell.vantage === cell.vantage,
    );
    const environment = here.filter(({ armId }) => armId === CELL_ARM_ID);
    return {
      cell,
      knownRttMs: rttMs(cell.vantage, cell.region),
      arms: arms
        .map(({ id }) =>
          cellArm(
            id,
            here.filter(({ armId }) => armId === id),
            rounds,
          ),
        )
        .filter(({ sent }) => sent > 0),
      environment: quantilesByMetric(environment),
      environmentErrors: addCounts(environment),
    };
  });
