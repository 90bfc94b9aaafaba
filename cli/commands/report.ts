/** `failover report`: what a drill found, how a failover or a promotion went, as text, JSON or one HTML file. */
import { DrillError } from '../../core/errors.ts';
import { renderFailoverPage } from '../../dashboard/failoverPage.ts';
import { renderReportPage } from '../../dashboard/reportPage.ts';
import { reportOfRecord } from '../../events/failoverRecord.ts';
import { FailoverReport } from '../../events/failoverReport.ts';
import { recordOf } from '../failovers/find.ts';
import type { StoredFailover } from '../failovers/store.ts';
import { EXIT } from '../failure.ts';
import { writeReport } from '../findings/writeReport.ts';
import { failoverLines } from '../output/failoverText.ts';
import type { Output } from '../output/output.ts';
import { promotionLines } from '../output/promotionText.ts';
import { reportLines } from '../output/reportText.ts';
import { type Store, type StoredDrill, withStore } from '../store.ts';
import type { WhereOptions } from '../where/options.ts';

export type ReportOptions = WhereOptions & {
  readonly html?: string;
  /** Where to put a failover's record, to check it elsewhere. */
  readonly save?: string;
};

const RECENT = 50;

const withoutReport = ({ drillId, status, summary }: StoredDrill): DrillError => {
  const why = {
    FAILED: `it failed: ${summary ?? 'for an unknown reason'}`,
    INTERRUPTED: 'it was interrupted; go on with: failover drill --resume',
    RUNNING: 'it is still running',
    SUCCEEDED: 'its report is gone; rank it again with: failover rank',
  }[status];
  return new DrillError('DrillNotFound', `drill ${drillId} has no report: ${why}`, { drillId });
};

/** The drill of that id; or the newest that has a report, with a word when a newer one has none. */
export const drillWithReport = async (
  store: Store,
  drillId: string | undefined,
  output: Output,
): Promise<StoredDrill> => {
  const drill = await store.find(drillId);
  if (drill.status === 'SUCCEEDED') return drill;
  const why = withoutReport(drill);
  if (drillId !== undefined) throw why;
  const older = (await store.drills(RECENT)).find(({ status }) => status === 'SUCCEEDED');
  if (!older) throw why;
  output.note(`${why.message}. This is ${older.drillId}`);
  return older;
};

const drillReport = async (
  drillId: string | undefined,
  store: Store,
  { html }: ReportOptions,
  output: Output,
): Promise<number> => {
  const found = await store.report(await drillWithReport(store, drillId, output));
  if (html !== undefined)
    output.note(`Page: ${writeReport('html', html, renderReportPage(found))}`);
  output.result(found, (style) => reportLines(found, style));
  return EXIT.ok;
};

const failoverReport = async (
  failover: StoredFailover,
  store: Store,
  { html, save }: ReportOptions,
  output: Output,
): Promise<number> => {
  const { entries, broken } = await recordOf(store, failover);
  if (broken !== null) output.note(`the record cannot be trusted: ${broken}`);
  const found = FailoverReport.parse(reportOfRecord(entries));
  if (save !== undefined) {
    output.note(`Record: ${writeReport('save', save, JSON.stringify(entries))}`);
  }
  if (html !== undefined) {
    output.note(`Page: ${writeReport('html', html, renderFailoverPage(found))}`);
  }
  output.result(found, (style) => failoverLines(found, style));
  return broken === null ? EXIT.ok : EXIT.marked;
};

/** The failover of that id; without an id, the newest one where no drill is kept. */
const failoverOf = async (
  id: string | undefined,
  { drills, failovers, none }: Store,
): Promise<StoredFailover | undefined> => {
  if (id !== undefined) return failovers.find(id);
  const [newest] = await failovers.all(1);
  if ((await drills(1)).length > 0) return undefined;
  if (newest === undefined) throw none('drill or failover');
  return newest;
};

export const report = (
  id: string | undefined,
  options: ReportOptions,
  output: Output,
): Promise<number> =>
  withStore(
    options,
    output,
    'kept',
    { kind: 'drill, failover or promotion', id },
    async (store) => {
      const promotion = id === undefined ? undefined : await store.promotions.find(id);
      if (promotion !== undefined) {
        output.result(promotion, (style) => promotionLines(promotion, style));
        return EXIT.ok;
      }
      const failover = await failoverOf(id, store);
      return failover === undefined
        ? drillReport(id, store, options, output)
        : failoverReport(failover, store, options, output);
    },
  );
