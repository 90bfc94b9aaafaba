import type { Clock } from '../clock.ts';
import { isObject, type JsonObject } from './json.ts';
import type { MapRunSettings, MapRuns } from './runtime.ts';
import type { Store } from './store.ts';

/** One run of a distributed Map. */
export type MapRunRecord = {
  readonly arn: string;
  readonly executionArn: string;
  readonly total: number;
  readonly settings: MapRunSettings;
  readonly startMs: number;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  stopMs: number | undefined;
};

const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED'] as const;

const recordOf = (stored: JsonObject): MapRunRecord => {
  const settings = isObject(stored['settings']) ? stored['settings'] : {};
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
  return {
    arn: String(stored['arn']),
    executionArn: String(stored['executionArn']),
    total: Number(stored['total']),
    startMs: Number(stored['startMs']),
    stopMs: number(stored['stopMs']),
    status: STATUSES.find((status) => status === stored['status']) ?? 'RUNNING',
    settings: {
      maxConcurrency: Number(settings['maxConcurrency']),
      toleratedFailureCount: number(settings['toleratedFailureCount']),
      toleratedFailurePercentage: number(settings['toleratedFailurePercentage']),
    },
  };
};

/** The runs of distributed Maps, kept in a file each. */
export const createMapRuns = (store: Store, clock: Clock) => {
  const records = new Map<string, MapRunRecord>();
  for (const stored of store.loadMapRuns()) {
    const record = recordOf(stored);
    records.set(record.arn, record);
  }
  const save = (record: MapRunRecord) => store.saveMapRun(record.arn, record);
  const begin: MapRuns['begin'] = ({ arn, executionArn, total, settings }) => {
    const record = records.get(arn) ?? {
      arn,
      executionArn,
      total,
      settings,
      startMs: clock.now(),
      status: 'RUNNING',
      stopMs: undefined,
    };
    record.status = 'RUNNING';
    record.stopMs = undefined;
    records.set(arn, record);
    save(record);
    return {
      settings: record.settings,
      end: (status) => {
        record.status = status;
        record.stopMs = clock.now();
        save(record);
      },
    };
  };
  return { records, begin, save };
};
