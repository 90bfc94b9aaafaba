import type { Dimension, MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../wire/types.ts';
import type { MetricId, MetricPoint } from './metricStore.ts';
import type { Measured } from './statistics.ts';

const DATA_MAX = 1_000;
const VALUES_MAX = 150;
const DIMENSIONS_MAX = 30;
const PAST_MS_MAX = 14 * 86_400_000;
const FUTURE_MS_MAX = 2 * 3_600_000;

export const invalidValue = (message: string) =>
  new AwsError('InvalidParameterValueException', message);

export const dimensionsOf = (listed: readonly Dimension[] = []): Record<string, string> => {
  if (listed.length > DIMENSIONS_MAX) {
    throw invalidValue(
      `Dimensions has ${listed.length} members; at most ${DIMENSIONS_MAX} are allowed.`,
    );
  }
  const dimensions: Record<string, string> = {};
  for (const { Name, Value } of listed) {
    if (!Name || !Value) throw invalidValue('A dimension needs Name and Value.');
    if (Object.hasOwn(dimensions, Name)) throw invalidValue(`Dimension ${Name} is there twice.`);
    dimensions[Name] = Value;
  }
  return dimensions;
};

const finite = (value: number, where: string): number => {
  if (Number.isFinite(value)) return value;
  throw invalidValue(
    `The value ${value} for parameter ${where} is not a number that CloudWatch takes.`,
  );
};

const readMeasured = (datum: MetricDatum, where: string): Measured => {
  const { Value, Values, Counts, StatisticValues } = datum;
  if ([Value, Values, StatisticValues].filter((given) => given !== undefined).length !== 1) {
    throw new AwsError(
      'InvalidParameterCombinationException',
      `${where} must have exactly one of Value, Values and StatisticValues.`,
    );
  }
  if (StatisticValues) {
    const { SampleCount = 0, Sum = 0, Minimum = 0, Maximum = 0 } = StatisticValues;
    if (SampleCount <= 0)
      throw invalidValue(`${where}.StatisticValues.SampleCount must be above 0.`);
    const [count, sum, min, max] = [SampleCount, Sum, Minimum, Maximum].map((n) =>
      finite(n, where),
    );
    return { kind: 'summary', count: count ?? 0, sum: sum ?? 0, min: min ?? 0, max: max ?? 0 };
  }
  const values = (Values ?? [Value ?? Number.NaN]).map((value) => finite(value, where));
  const counts = Counts ?? values.map(() => 1);
  if (values.length === 0 || values.length > VALUES_MAX || counts.length !== values.length) {
    throw invalidValue(`${where}.Values must have 1 to ${VALUES_MAX} members, and Counts as many.`);
  }
  return { kind: 'values', values, counts };
};

/** Reads PutMetricData whole before anything of it is kept. */
export const readMetricData = (
  request: PutMetricDataInput,
  region: string,
  nowMs: number,
): { id: MetricId; point: MetricPoint }[] => {
  const { Namespace: namespace, MetricData: data = [] } = request;
  if (!namespace) {
    throw new AwsError('MissingRequiredParameterException', 'The parameter Namespace is required.');
  }
  if (request.EntityMetricData?.length) {
    throw invalidValue('EntityMetricData is not supported by this CloudWatch.');
  }
  if (data.length === 0 || data.length > DATA_MAX) {
    throw invalidValue(`MetricData must have 1 to ${DATA_MAX} members, not ${data.length}.`);
  }
  return data.map((datum, at) => {
    const where = `MetricData.member.${at + 1}`;
    const name = datum.MetricName;
    if (!name) {
      throw new AwsError(
        'MissingRequiredParameterException',
        `The parameter ${where}.MetricName is required.`,
      );
    }
    const timeMs = datum.Timestamp?.getTime() ?? nowMs;
    if (timeMs < nowMs - PAST_MS_MAX || timeMs > nowMs + FUTURE_MS_MAX) {
      throw invalidValue(
        `${where}.Timestamp must be no older than 14 days and no more than 2 hours ahead.`,
      );
    }
    const dimensions = dimensionsOf(datum.Dimensions);
    const point = { timeMs, unit: datum.Unit ?? 'None', measured: readMeasured(datum, where) };
    return { id: { region, namespace, name, dimensions }, point };
  });
};
