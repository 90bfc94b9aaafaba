/** What is kept of a drill, and the report that follows from it: the same records give the same report. */
import { createHash } from 'node:crypto';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import { undisturbed } from '../../core/drill/bursts.ts';
import { buildReport } from '../../core/report/build.ts';
import { DrillReport } from '../../events/drillReport.ts';

/** @throws DrillError `DrillNotFound`, `DataCorrupt` */
export const readDrill = async (records: DrillRecords, drillId: string, signal?: AbortSignal) => {
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

export type KeptDrill = Awaited<ReturnType<typeof readDrill>>;

const hashOf = (parts: readonly unknown[]): string => {
  const hash = createHash('sha256');
  const plain = (_key: string, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  for (const part of parts) hash.update(JSON.stringify(part, plain)).update('\n');
  return hash.digest('hex');
};

export const reportOfDrill = (drill: KeptDrill, finishedAt: string): DrillReport =>
  DrillReport.parse({
    ...buildReport(drill),
    finishedAt,
    inputsHash: hashOf([drill.plan, ...drill.bursts]),
  });

/** S3 key of the report of a drill. */
export const reportKeyOf = (service: string, drillId: string): string =>
  `reports/${service}/${drillId}.json`;
