import { clientError } from './requests.ts';

const GIB = 1_024;

const steps = (fromMb: number, toMb: number, stepMb: number): number[] =>
  Array.from({ length: (toMb - fromMb) / stepMb + 1 }, (_, i) => fromMb + i * stepMb);

/** The memory sizes (MiB) that Fargate has for each cpu size (1024 units are one CPU). */
const SIZES = new Map<number, readonly number[]>([
  [256, [512, 1024, 2048]],
  [512, steps(GIB, 4 * GIB, GIB)],
  [1024, steps(2 * GIB, 8 * GIB, GIB)],
  [2048, steps(4 * GIB, 16 * GIB, GIB)],
  [4096, steps(8 * GIB, 30 * GIB, GIB)],
  [8192, steps(16 * GIB, 60 * GIB, 4 * GIB)],
  [16384, steps(32 * GIB, 120 * GIB, 8 * GIB)],
]);

/** Reads `256`, `.25 vCPU` or `1 GB`; the unit counts 1024. */
const read = (text: string | undefined, unit: string): number => {
  const found = new RegExp(`^\\s*(\\d*\\.?\\d+)\\s*(${unit})?\\s*$`, 'i').exec(text ?? '');
  if (!found) return Number.NaN;
  return Number(found[1]) * (found[2] === undefined ? 1 : GIB);
};

/** @throws AwsError ClientException for a size that Fargate does not have. */
export const fargateSize = (
  cpu: string | undefined,
  memory: string | undefined,
): { cpu: number; memory: number } => {
  const size = { cpu: read(cpu, 'vCPU'), memory: read(memory, 'GB') };
  const sizes = SIZES.get(size.cpu);
  if (!sizes) {
    throw clientError(
      `Fargate requires task definition to have a cpu of ${[...SIZES.keys()].join(', ')}; found '${cpu ?? ''}'.`,
    );
  }
  if (!sizes.includes(size.memory)) {
    throw clientError(
      `No Fargate configuration exists for given values: ${size.cpu} CPU, ${memory ?? 'no'} memory. With this cpu, memory is one of ${sizes.join(', ')} MiB.`,
    );
  }
  return size;
};
