/** What one PutMetricData entry says: single values with counts, or only their summary. */
export type Measured =
  | {
      readonly kind: 'values';
      readonly values: readonly number[];
      readonly counts: readonly number[];
    }
  | {
      readonly kind: 'summary';
      readonly count: number;
      readonly sum: number;
      readonly min: number;
      readonly max: number;
    };

type Summary = { count: number; sum: number; min: number; max: number };

const summaryOf = (measured: Measured): Summary => {
  if (measured.kind === 'summary') return measured;
  const { values, counts } = measured;
  const weight = (at: number) => counts[at] ?? 1;
  return {
    count: values.reduce((sum, _value, at) => sum + weight(at), 0),
    sum: values.reduce((sum, value, at) => sum + value * weight(at), 0),
    min: Math.min(...values),
    max: Math.max(...values),
  };
};

/** The value below which `share` of the weight lies, interpolated between neighbours. */
const percentile = (all: readonly Measured[], share: number): number | undefined => {
  // A summary has no percentiles unless all its values are the same.
  const weighted = all.flatMap((measured) => {
    if (measured.kind === 'values') {
      return measured.values.map((value, at) => ({ value, weight: measured.counts[at] ?? 1 }));
    }
    return measured.min === measured.max
      ? [{ value: measured.min, weight: measured.count }]
      : [{ value: Number.NaN, weight: measured.count }];
  });
  if (weighted.some(({ value }) => Number.isNaN(value))) return undefined;
  weighted.sort((a, b) => a.value - b.value);
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const rank = share * (total - 1);
  const valueAt = (index: number): number => {
    let seen = 0;
    for (const { value, weight } of weighted) {
      seen += weight;
      if (index < seen) return value;
    }
    return weighted.at(-1)?.value ?? Number.NaN;
  };
  const low = valueAt(Math.floor(rank));
  return low + (valueAt(Math.ceil(rank)) - low) * (rank - Math.floor(rank));
};

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;
const PLAIN = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];

export const isStatistic = (name: string): boolean => PLAIN.includes(name) || PERCENTILE.test(name);

/** A statistic over all that was measured in one period; undefined where it cannot be told. */
export const statistic = (name: string, all: readonly Measured[]): number | undefined => {
  const share = PERCENTILE.exec(name)?.[1];
  if (share !== undefined) return percentile(all, Number(share) / 100);
  const total = all.map(summaryOf).reduce((a, b) => ({
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  }));
  switch (name) {
    case 'SampleCount':
      return total.count;
    case 'Sum':
      return total.sum;
    case 'Average':
      return total.sum / total.count;
    case 'Minimum':
      return total.min;
    case 'Maximum':
      return total.max;
    default:
      return undefined;
  }
};
