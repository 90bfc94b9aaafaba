/** Ranks the variants from what was kept, and writes the report of the drill. */
import type * as z from 'zod';
import type { Documents } from '../../aws/documents.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { StandbyRecords } from '../../aws/standbyRecords.ts';
import type { RankInput, RankOutput } from '../../events/drillEnd.ts';
import type { Base } from '../_entry.ts';
import { readDrill, reportKeyOf, reportOfDrill } from './report.ts';

type Needs = Base & {
  records: DrillRecords;
  standbys: Pick<StandbyRecords, 'find'>;
  documents: Documents;
};

export const rank =
  ({ records, standbys, documents, clock, log, count }: Needs) =>
  async (
    { drillId }: z.output<typeof RankInput>,
    signal: AbortSignal,
  ): Promise<z.output<typeof RankOutput>> => {
    const [kept, standby] = await Promise.all([
      readDrill(records, drillId, signal),
      standbys.find(drillId, signal),
    ]);
    const drill = { ...kept, standby };
    const { plan } = drill;
    const report = reportOfDrill(drill, new Date(clock.now()).toISOString());
    const reportKey = reportKeyOf(plan.service, drillId);
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
