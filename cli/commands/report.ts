/** `failover report`: what a drill found, how a failover or a promotion went, as text, JSON or one HTML file. */
import { DrillError } from '../../core/errors.ts';
import { renderFailoverPage } from '../../dashboard/failoverPage.ts';
import { renderReportPage } from '../../dashboard/reportPage.ts';
import { reportOfRecord } from '../../events/failoverRecord.ts';
import { FailoverReport } from '../../events/failoverReport.ts';
import type { PromotionRecord } from '../../events/promotion.ts';
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

const promotionReport = (
  promotion: PromotionRecord,
  { html, save }: ReportOptions,
  output: Output,
): number => {
  if (html !== undefined || save !== undefined) {
    const option = html === undefined ? '--save' : '--html';
    throw new DrillError(
      'InputInvalid',
      `${option}: ${promotion.promotionId} is a promotion, of which there is neither page nor record of evidence. Leave ${option} out`,
    );
  }
  output.result(promotion, (style) => promotionLines(promotion, style));
  return EXIT.ok;
};

/** Something that there is a report of. */
export type Reported = {
  readonly name: string;
  /** When it ended, or began where it goes on: a rehearsal is older than the drill that it was part of. */
  readonly atMs: number;
};

/** What ended last, and what else there is; undefined where there is nothing. */
export const latestOf = <T extends Reported>(
  kept: readonly T[],
): { readonly latest: T; readonly others: readonly T[] } | undefined => {
  const [latest, ...others] = kept.toSorted((a, b) => b.atMs - a.atMs);
  return latest && { latest, others };
};

/** The latest of each kind that has what is asked for. */
const latestOfEach = async (store: Store, options: ReportOptions, output: Output) => {
  const { html, save } = options;
  const drills = await store.drills(RECENT);
  const drill = drills.find(({ status }) => status === 'SUCCEEDED');
  const failovers = await store.failovers.all(RECENT);
  const failover = failovers.toSorted((a, b) => b.summary.finishedAtMs - a.summary.finishedAtMs)[0];
  const [promotion] = await store.promotions.all(1);
  const kept: (Reported & { show(): Promise<number> | number })[] = [];
  if (drill && save === undefined) {
    const atMs = Date.parse(drill.finishedAt ?? drill.startedAt);
    const show = () => drillReport(undefined, store, options, output);
    kept.push({ name: `drill ${drill.drillId}`, atMs, show });
  }
  if (failover) {
    const { execution, finishedAtMs: atMs } = failover.summary;
    const show = () => failoverReport(failover, store, options, output);
    kept.push({ name: `failover ${execution}`, atMs, show });
  }
  if (promotion && html === undefined && save === undefined) {
    const { promotionId, finishedAtMs, startedAtMs } = promotion;
    const show = () => promotionReport(promotion, options, output);
    kept.push({ name: `promotion ${promotionId}`, atMs: finishedAtMs ?? startedAtMs, show });
  }
  return { kept, drills };
};

/** What a report without an id is of, with a word where that is not the only kind that is kept. */
const latestReport = async (
  store: Store,
  options: ReportOptions,
  output: Output,
): Promise<number> => {
  const { kept, drills } = await latestOfEach(store, options, output);
  const found = latestOf(kept);
  if (found === undefined) {
    const [drill] = drills;
    if (drill && options.save === undefined) throw withoutReport(drill);
    throw store.none(options.save === undefined ? 'drill, failover or promotion' : 'failover');
  }
  const { latest, others } = found;
  if (others.length > 0) {
    const rest = others.map(({ name }) => name).join(' and ');
    output.note(
      `This is ${latest.name}, which is later than ${rest}. See all with: failover history${store.options}`,
    );
  }
  return latest.show();
};

const reportOf = async (
  id: string,
  store: Store,
  options: ReportOptions,
  output: Output,
): Promise<number> => {
  const promotion = await store.promotions.find(id);
  if (promotion !== undefined) return promotionReport(promotion, options, output);
  const failover = await store.failovers.find(id);
  return failover === undefined
    ? drillReport(id, store, options, output)
    : failoverReport(failover, store, options, output);
};

export const report = (
  id: string | undefined,
  options: ReportOptions,
  output: Output,
): Promise<number> =>
  withStore(options, output, 'kept', { kind: 'drill, failover or promotion', id }, (store) =>
    id === undefined ? latestReport(store, options, output) : reportOf(id, store, options, output),
  );
