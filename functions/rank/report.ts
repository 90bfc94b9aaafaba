/** What is kept of a drill, and the report that follows from it: the same records give the same report. */
import { createHash } from 'node:crypto';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import { undisturbed } from '../../core/drill/bursts.ts';
import { buildReport } from '../../core/report/build.ts';
import { DrillReport } from '../../events/drillReport.ts';
import type { StandbyRecord } from '../../events/standby.ts';

type Kept = Pick<DrillRecords, 'plan' | 'images' | 'placements' | 'unreachables' | 'latencies'>;

type Standby = { readonly standby?: StandbyRecord | null };

/** @throws DrillError `DrillNotFound`, `DataCorrupt` */
export const readDrill = async (records: Kept, drillId: string, signal?: AbortSignal) => {
  const [plan, images, placements, unreachable, latencies] = await Promise.all([
    records.plan(drillId, signal),
    records.images(drillId, signal),
    records.placements(drillId, signal),
    records.unreachables(drillId, signal),
    records.latencies(drillId, signal),
  ]);
  const bursts = undisturbed(latencies, placements);
  return { plan, images, placements, unreachable, bursts };
};

export type KeptDrill = Awaited<ReturnType<typeof readDrill>> & Standby;

/** Bytes as base64, keys in order: where a record was kept does not change its hash. */
const plain = (_key: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const hashOf = ({ plan, bursts }: KeptDrill): string => {
  const hash = createHash('sha256').update(JSON.stringify(plan, plain));
  const lines = bursts.map((burst) => JSON.stringify(burst, plain)).sort();
  for (const line of lines) hash.update('\n').update(line);
  return hash.digest('hex');
};

export const reportOfDrill = (drill: KeptDrill, finishedAt: string): DrillReport =>
  DrillReport.parse({ ...buildReport(drill), finishedAt, inputsHash: hashOf(drill) });

/** S3 key of the report of a drill. */
export const reportKeyOf = (service: string, drillId: string): string =>
  `reports/${service}/${drillId}.json`;
