import { isRecord } from '../state/json.ts';

/** Values of one metric under one set of dimensions. */
export type MetricValues = {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly timeMs: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly number[];
};

// Limits of the CloudWatch embedded metric format specification.
const DIMENSIONS_MAX = 30;
const VALUES_MAX = 100;

const numbersOf = (value: unknown): number[] | undefined => {
  const listed: unknown[] = Array.isArray(value) ? value : [value];
  const numbers = listed.filter((one) => typeof one === 'number');
  return numbers.length === listed.length && listed.length <= VALUES_MAX ? numbers : undefined;
};

/**
 * The values of a dimension set, or undefined where one is not in the line: then it counts for
 * nothing.
 */
const dimensionsOf = (set: unknown, root: Record<string, unknown>) => {
  if (!Array.isArray(set) || set.length > DIMENSIONS_MAX) return undefined;
  const dimensions: Record<string, string> = {};
  for (const name of set) {
    const value = typeof name === 'string' && Object.hasOwn(root, name) ? root[name] : undefined;
    if (typeof value !== 'string' || typeof name !== 'string') return undefined;
    dimensions[name] = value;
  }
  return dimensions;
};

const directiveMetrics = (
  directive: unknown,
  root: Record<string, unknown>,
  timeMs: number,
): MetricValues[] => {
  if (!isRecord(directive)) return [];
  const { Namespace: namespace, Metrics: metrics, Dimensions: sets = [[]] } = directive;
  if (typeof namespace !== 'string' || !Array.isArray(metrics) || !Array.isArray(sets)) return [];
  const dimensionSets = (sets.length > 0 ? sets : [[]])
    .map((set) => dimensionsOf(set, root))
    .filter((set) => set !== undefined);
  return metrics.filter(isRecord).flatMap(({ Name: name, Unit: unit }) => {
    const values =
      typeof name === 'string' && Object.hasOwn(root, name) ? numbersOf(root[name]) : undefined;
    if (typeof name !== 'string' || !values) return [];
    const of = { namespace, name, unit: typeof unit === 'string' ? unit : 'None', timeMs, values };
    return dimensionSets.map((dimensions) => ({ ...of, dimensions }));
  });
};

/**
 * The metrics in a log line of the CloudWatch embedded metric format. A line that is none, or parts
 * that break the format, give nothing, as in CloudWatch Logs.
 */
export const emfToMetrics = (line: string): MetricValues[] => {
  // Most log lines are no EMF: look before parsing.
  if (!line.includes('"CloudWatchMetrics"')) return [];
  let root: unknown;
  try {
    root = JSON.parse(line);
  } catch {
    return [];
  }
  const aws = isRecord(root) ? root['_aws'] : undefined;
  if (!isRecord(root) || !isRecord(aws)) return [];
  const { Timestamp: timeMs, CloudWatchMetrics: directives } = aws;
  if (typeof timeMs !== 'number' || !Array.isArray(directives)) return [];
  const known = root;
  return directives.flatMap((directive) => directiveMetrics(directive, known, timeMs));
};
