/** Ranks the variants from what was kept, and writes the report of the drill. */
import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { Documents } from '../../aws/documents.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import { buildReport } from '../../core/report/build.ts';
import type { RankInput, RankOutput } from '../../events/drillEnd.ts';
import { DrillReport } from '../../events/drillReport.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & { records: DrillRecords; documents: Documents };

const hashOf = (parts: readonly unknown[]): string => {
  const hash = createHash('sha256');
  const plain = (_key: string, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  for (const part of parts) hash.update(JSON.stringify(part, plain)).update('\n');
  return hash.digest('hex');
};

export const rank =
  ({ records, documents, clock, log, count }: Needs) =>
  async (
    { drillId }: z.output<typeof RankInput>,
    signal: AbortSignal,
  ): Promise<z.output<typeof RankOutput>> => {
    const [plan, images, placements, unreachable, bursts] = await Promise.all([
      records.plan(drillId, signal),
      records.images(drillId, signal),
      records.placements(drillId, signal),
      records.unreachables(drillId, signal),
      records.latencies(drillId, signal),
    ]);
    const report = DrillReport.parse({
      ...buildReport({ plan, images, placements, unreachable, bursts }),
      finishedAt: new Date(clock.now()).toISOString(),
      inputsHash: hashOf([plan, ...bursts]),
    });
    const reportKey = `reports/${plan.service}/${drillId}.json`;
    await documents.write(reportKey, report, signal);
    await records.putState(
      {
        drillId,
        service: plan.service,
        startedAt: plan.startedAt,
        finishedAt: report.finishedAt,
        status: 'SUCCEEDED',
        roundsDone: report.roundsDone,
        summary: report.headline,
      },
      clock.now(),
      signal,
    );
    count('VariantsRanked', report.rankings[0]?.rows.length ?? 0);
    log.info('drill ranked', { drillId, headline: report.headline });
    return { drillId, reportKey, headline: report.headline };
  };
