import { AwsError, type Operations } from '../../wire/types.ts';
import type { EngineParts } from '../engine.ts';
import type { MapRunRecord } from '../mapRuns.ts';
import { page } from './paging.ts';

type Input = Readonly<Record<string, unknown>>;

const find = (parts: EngineParts, arn: unknown): MapRunRecord => {
  const record = parts.mapRuns.records.get(String(arn));
  if (record) return record;
  throw new AwsError('ResourceNotFound', `Resource not found: '${String(arn)}'`);
};

/** Child executions by state; AWS counts the same for items when there is no batching. */
const counts = (parts: EngineParts, record: MapRunRecord) => {
  const own = [...parts.registry.entries.values()].filter((e) => e.head.mapRun?.arn === record.arn);
  const of = (status: string) => own.filter((entry) => entry.status === status).length;
  return {
    pending: Math.max(0, record.total - own.length),
    running: of('RUNNING'),
    succeeded: of('SUCCEEDED'),
    failed: of('FAILED'),
    timedOut: of('TIMED_OUT'),
    aborted: of('ABORTED'),
    total: record.total,
    resultsWritten: 0,
    failuresNotRedrivable: 0,
    pendingRedrive: 0,
  };
};

/** Operations on the runs of distributed Maps. */
export const mapRunOperations = (parts: EngineParts): Operations => ({
  DescribeMapRun: (input: Input) => {
    const record = find(parts, input['mapRunArn']);
    const { settings } = record;
    return {
      mapRunArn: record.arn,
      executionArn: record.executionArn,
      status: record.status,
      startDate: new Date(record.startMs),
      ...(record.stopMs === undefined ? {} : { stopDate: new Date(record.stopMs) }),
      maxConcurrency: settings.maxConcurrency,
      toleratedFailureCount: settings.toleratedFailureCount ?? 0,
      toleratedFailurePercentage: settings.toleratedFailurePercentage ?? 0,
      itemCounts: counts(parts, record),
      executionCounts: counts(parts, record),
      redriveCount: 0,
    };
  },
  ListMapRuns: (input: Input) => {
    const records = [...parts.mapRuns.records.values()]
      .filter((record) => record.executionArn === input['executionArn'])
      .sort((a, b) => b.startMs - a.startMs);
    const { items, nextToken } = page(records, input['maxResults'], input['nextToken']);
    return {
      mapRuns: items.map((record) => ({
        executionArn: record.executionArn,
        mapRunArn: record.arn,
        stateMachineArn: parts.registry.entries.get(record.executionArn)?.head.machineArn,
        startDate: new Date(record.startMs),
        ...(record.stopMs === undefined ? {} : { stopDate: new Date(record.stopMs) }),
      })),
      ...(nextToken ? { nextToken } : {}),
    };
  },
  UpdateMapRun: (input: Input) => {
    const record = find(parts, input['mapRunArn']);
    const number = (key: string) => (typeof input[key] === 'number' ? input[key] : undefined);
    const { settings } = record;
    settings.maxConcurrency = number('maxConcurrency') ?? settings.maxConcurrency;
    settings.toleratedFailureCount =
      number('toleratedFailureCount') ?? settings.toleratedFailureCount;
    settings.toleratedFailurePercentage =
      number('toleratedFailurePercentage') ?? settings.toleratedFailurePercentage;
    parts.mapRuns.save(record);
    return {};
  },
});
