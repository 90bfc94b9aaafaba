/**
 * Rough prices of a drill on AWS, in US dollars, eu-west-1, on-demand, read from AWS's public price pages
 * in 2026. They are for orders of magnitude; the bill is AWS's.
 */
export const PRICES = {
  fargateVcpuHour: 0.04048,
  fargateGbHour: 0.004445,
  lambdaGbSecond: 0.0000133334,
  codeBuildMinute: 0.005,
  stateTransition: 0.000025,
  dynamodbWriteUnit: 0.000000625,
} as const;

export type DrillSize = {
  readonly arms: number;
  readonly variants: number;
  readonly regions: number;
  readonly vantages: number;
  readonly rounds: number;
  /** Length of one round, placing included. */
  readonly roundMs: number;
  /** CPU units of ECS: 1024 is one core. */
  readonly cpu: number;
  readonly memoryMb: number;
  readonly probeMemoryMb: number;
  readonly buildMinutes: number;
};

const HOUR_MS = 3_600_000;
/** Fargate bills at least a minute for each task. */
const FARGATE_MIN_MS = 60_000;
/** Transitions of one placement, one cell, and one round besides; from drill.asl.yaml. */
const TRANSITIONS = { placement: 2, cell: 1, round: 5, drill: 12 } as const;

/** What one drill costs by service, and in all. */
export const drillCostUsd = (size: DrillSize) => {
  const placements = size.arms * size.regions;
  const cells = size.regions * size.vantages;
  const taskHours = (size.rounds * placements * Math.max(FARGATE_MIN_MS, size.roundMs)) / HOUR_MS;
  const perTaskHour =
    (size.cpu / 1_024) * PRICES.fargateVcpuHour + (size.memoryMb / 1_024) * PRICES.fargateGbHour;
  const probeGbS = (size.rounds * cells * size.roundMs * size.probeMemoryMb) / 1_024 / 1_000;
  const transitions =
    TRANSITIONS.drill +
    size.rounds *
      (TRANSITIONS.round + placements * TRANSITIONS.placement + cells * TRANSITIONS.cell);
  const parts = {
    fargate: taskHours * perTaskHour,
    lambda: probeGbS * PRICES.lambdaGbSecond,
    codeBuild: size.variants * size.buildMinutes * PRICES.codeBuildMinute,
    stepFunctions: transitions * PRICES.stateTransition,
    dynamodb: size.rounds * cells * (size.arms + 1) * 2 * PRICES.dynamodbWriteUnit,
  };
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { ...parts, total };
};
