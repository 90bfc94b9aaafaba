import type {
  GetMetricDataInput,
  GetMetricStatisticsInput,
  ListMetricsInput,
  MetricDataQuery,
  PutMetricDataInput,
} from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../clock.ts';
import { pageOf } from '../pages.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { emfToMetrics } from './emf.ts';
import {
  createMetricStore,
  type MetricId,
  type MetricPoint,
  type StoreLimits,
} from './metricStore.ts';
import { dimensionsOf, invalidValue, readMetricData } from './putMetricData.ts';
import { isStatistic, type Measured, statistic } from './statistics.ts';

export type CloudWatchOptions = { readonly clock: Clock; readonly limits?: StoreLimits };

export type CloudWatch = {
  readonly operations: Operations;
  /** Takes the metrics of a log line in the embedded metric format; answers how many there were. */
  readLogLine(region: string, line: string): number;
};

const QUERIES_MAX = 500;
const DATAPOINTS_MAX = 100_800;
const STATISTICS_DATAPOINTS_MAX = 1_440;
const LIST_PAGE_MAX = 500;

const periodMs = (seconds: number | undefined, where: string): number => {
  const whole = seconds ?? 0;
  const known = [1, 5, 10, 20, 30].includes(whole) || (whole > 0 && whole % 60 === 0);
  if (known) return whole * 1_000;
  throw invalidValue(
    `${where} must be 1, 5, 10, 20, 30 or a multiple of 60 seconds, not ${seconds}.`,
  );
};

const rangeMs = (from: Date | undefined, to: Date | undefined): [number, number] => {
  const fromMs = from?.getTime() ?? Number.NaN;
  const toMs = to?.getTime() ?? Number.NaN;
  if (fromMs < toMs) return [fromMs, toMs];
  throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
};

const checkedStatistic = (name: string): string => {
  if (isStatistic(name)) return name;
  throw invalidValue(
    `The statistic '${name}' is not one of SampleCount, Average, Sum, Minimum, Maximum, pNN, which is all this CloudWatch knows.`,
  );
};

/** What was measured in each period, by the start of the period, the oldest first. */
const byPeriod = (points: readonly MetricPoint[], lengthMs: number): [number, Measured[]][] => {
  const periods = new Map<number, Measured[]>();
  for (const { timeMs, measured } of points) {
    const startMs = Math.floor(timeMs / lengthMs) * lengthMs;
    periods.set(startMs, [...(periods.get(startMs) ?? []), measured]);
  }
  return [...periods].sort(([a], [b]) => a - b);
};

const metricToWire = ({ namespace, name, dimensions }: MetricId) => ({
  Namespace: namespace,
  MetricName: name,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
});

/** The embedded CloudWatch metrics, in memory and bounded: they end with the process. */
export const createCloudWatch = ({ clock, limits }: CloudWatchOptions): CloudWatch => {
  const store = createMetricStore(limits);

  const runQuery = (query: MetricDataQuery, request: GetMetricDataInput, region: string) => {
    const { Id, MetricStat, Expression } = query;
    if (!Id || !/^[a-z]\w*$/.test(Id)) throw invalidValue(`The query Id '${Id}' is not valid.`);
    if (Expression !== undefined || !MetricStat) {
      throw invalidValue(`Query ${Id} has no MetricStat; expressions are not supported here.`);
    }
    const { Metric, Period, Stat, Unit } = MetricStat;
    const [fromMs, toMs] = rangeMs(request.StartTime, request.EndTime);
    const lengthMs = periodMs(Period, 'MetricStat.Period');
    const name = checkedStatistic(Stat ?? '');
    const id = {
      region,
      namespace: Metric?.Namespace ?? '',
      name: Metric?.MetricName ?? '',
      dimensions: dimensionsOf(Metric?.Dimensions),
    };
    const found = byPeriod(store.points(id, fromMs, toMs, Unit), lengthMs).flatMap(
      ([startMs, all]) => {
        const value = statistic(name, all);
        return value === undefined ? [] : [{ startMs, value }];
      },
    );
    if (request.ScanBy !== 'TimestampAscending') found.reverse();
    return {
      Id,
      Label: query.Label ?? id.name,
      Timestamps: found.map(({ startMs }) => new Date(startMs)),
      Values: found.map(({ value }) => value),
      StatusCode: 'Complete' as const,
    };
  };

  const operations = {
    PutMetricData: (request: PutMetricDataInput, call: CallContext) => {
      for (const { id, point } of readMetricData(request, call.region, clock.now())) {
        store.add(id, point);
      }
      return {};
    },
    GetMetricData: (request: GetMetricDataInput, call: CallContext) => {
      const queries = request.MetricDataQueries ?? [];
      if (queries.length === 0 || queries.length > QUERIES_MAX) {
        throw invalidValue(`MetricDataQueries must have 1 to ${QUERIES_MAX} members.`);
      }
      const results = queries
        .filter(({ ReturnData }) => ReturnData !== false)
        .map((query) => runQuery(query, request, call.region));
      const count = results.reduce((sum, { Values }) => sum + Values.length, 0);
      const limit = Math.min(request.MaxDatapoints ?? DATAPOINTS_MAX, DATAPOINTS_MAX);
      if (count > limit) {
        throw invalidValue(
          `The answer has ${count} data points, more than ${limit}; ask for less.`,
        );
      }
      return { MetricDataResults: results, Messages: [] };
    },
    GetMetricStatistics: (request: GetMetricStatisticsInput, call: CallContext) => {
      const { Namespace = '', MetricName = '', Unit } = request;
      const plain = (request.Statistics ?? []).map(checkedStatistic);
      const extended = (request.ExtendedStatistics ?? []).map(checkedStatistic);
      if (plain.length + extended.length === 0) {
        throw new AwsError(
          'InvalidParameterCombinationException',
          'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
        );
      }
      const [fromMs, toMs] = rangeMs(request.StartTime, request.EndTime);
      const lengthMs = periodMs(request.Period, 'Period');
      const dimensions = dimensionsOf(request.Dimensions);
      const id = { region: call.region, namespace: Namespace, name: MetricName, dimensions };
      const points = store.points(id, fromMs, toMs, Unit);
      const periods = byPeriod(points, lengthMs);
      if (periods.length > STATISTICS_DATAPOINTS_MAX) {
        throw invalidValue(
          `You have requested up to ${periods.length} datapoints, which exceeds the limit of ${STATISTICS_DATAPOINTS_MAX}.`,
        );
      }
      const Datapoints = periods.map(([startMs, all]) => {
        const values = (names: readonly string[]) =>
          Object.fromEntries(names.map((name) => [name, statistic(name, all)]));
        return {
          Timestamp: new Date(startMs),
          Unit: Unit ?? points[0]?.unit ?? 'None',
          ...values(plain),
          ...(extended.length > 0 && { ExtendedStatistics: values(extended) }),
        };
      });
      return { Label: MetricName, Datapoints };
    },
    ListMetrics: (request: ListMetricsInput, call: CallContext) => {
      const wanted = request.Dimensions ?? [];
      const found = store
        .metrics(call.region)
        .filter(
          ({ namespace, name, dimensions }) =>
            (request.Namespace ?? namespace) === namespace &&
            (request.MetricName ?? name) === name &&
            wanted.every(({ Name = '', Value }) =>
              Value === undefined ? Object.hasOwn(dimensions, Name) : dimensions[Name] === Value,
            ),
        )
        .map(metricToWire);
      const page = pageOf(
        found,
        (metric) => JSON.stringify(metric),
        request.NextToken,
        LIST_PAGE_MAX,
      );
      return { Metrics: page.found, ...page.next };
    },
  } satisfies Operations;

  return {
    operations,
    readLogLine: (region, line) => {
      const found = emfToMetrics(line);
      for (const { namespace, name, dimensions, unit, timeMs, values } of found) {
        const measured: Measured = { kind: 'values', values, counts: [] };
        store.add({ region, namespace, name, dimensions }, { timeMs, unit, measured });
      }
      return found.length;
    },
  };
};
