/** What one drill costs on AWS. */
import type { Item } from './prices.ts';

export type DrillSize = {
  readonly arms: number;
  readonly variants: number;
  readonly regions: number;
  /** Those of them in which a task has a public address. */
  readonly publicRegions: number;
  readonly vantages: number;
  readonly rounds: number;
  /** Length of one round, placing included. */
  readonly roundMs: number;
  /** CPU units of ECS: 1024 is one core. */
  readonly cpu: number;
  readonly memoryMb: number;
  readonly probeMemoryMb: number;
  readonly buildMinutes: number;
  /** Compressed: what a build pushes. */
  readonly imageMb: number;
};

const HOUR_MS = 3_600_000;
const MB_PER_GB = 1_024;
/** Fargate bills at least a minute for each task, and so does VPC for its public address. */
const FARGATE_MIN_MS = 60_000;
/** Transitions of one placement, one cell, and one round besides; from drill.asl.yaml. */
const TRANSITIONS = { placement: 2, cell: 1, round: 5, drill: 12 } as const;
/** Write units of one latency record. */
const WRITES_PER_RECORD = 2;
const LOG_KB_PER_CALL = 1;

export const drillItems = (size: DrillSize): Item[] => {
  const placements = size.arms * size.regions;
  const cells = size.regions * size.vantages;
  const hoursEach = (size.rounds * Math.max(FARGATE_MIN_MS, size.roundMs)) / HOUR_MS;
  const taskHours = placements * hoursEach;
  const addressHours = size.arms * size.publicRegions * hoursEach;
  const probeGbS = (size.rounds * cells * size.roundMs * size.probeMemoryMb) / MB_PER_GB / 1_000;
  const transitions =
    TRANSITIONS.drill +
    size.rounds *
      (TRANSITIONS.round + placements * TRANSITIONS.placement + cells * TRANSITIONS.cell);
  const calls = size.rounds * (2 * placements + 2 * cells + 3) + TRANSITIONS.drill;
  // A build pushes to the registry of every region; what it has already is sent once more at most.
  const copies = size.variants * Math.max(0, size.regions - 1);
  const item = (part: string, what: string, price: Item['price'], units: number): Item => ({
    part,
    what,
    price,
    units,
  });
  return [
    item('Fargate', 'processors of placements', 'fargateVcpuHour', (taskHours * size.cpu) / 1_024),
    item(
      'Fargate',
      'memory of placements',
      'fargateGbHour',
      (taskHours * size.memoryMb) / MB_PER_GB,
    ),
    item('addresses', 'public ones of placements', 'addressHour', addressHours),
    item('Lambda', 'probes', 'lambdaGbSecond', probeGbS),
    item('Lambda', 'calls', 'lambdaRequest', calls),
    item('CodeBuild', 'builds', 'codeBuildMinute', size.variants * size.buildMinutes),
    item('Step Functions', 'transitions', 'stateTransition', transitions),
    item(
      'DynamoDB',
      'latency records',
      'dynamodbWrite',
      size.rounds * cells * (size.arms + 1) * WRITES_PER_RECORD,
    ),
    item(
      'transfer',
      'images to the other region',
      'betweenRegionsGb',
      (copies * size.imageMb) / MB_PER_GB,
    ),
    item('logs', 'of functions', 'logsGb', (calls * LOG_KB_PER_CALL) / MB_PER_GB ** 2),
  ];
};
