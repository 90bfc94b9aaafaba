/** Adds tonight to the series of nights, says what is out of line, and tells each change once. */
import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { Documents } from '../../aws/documents.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { EventBus } from '../../aws/eventBus.ts';
import type { NightRecords } from '../../aws/nightRecords.ts';
import { alertsOf } from '../../core/anomalies/alerts.ts';
import { nightPoints } from '../../core/anomalies/points.ts';
import { nightsReport } from '../../core/anomalies/report.ts';
import { type SeriesNight, seriesUpTo } from '../../core/anomalies/series.ts';
import { findingsOf, levelsOf } from '../../core/anomalies/tonight.ts';
import { MEMORY_NIGHTS } from '../../core/anomalies/watch.ts';
import { alertText } from '../../core/report/nights.ts';
import { dateOf, dayOf } from '../../core/schedule/calendar.ts';
import { anomalyFound } from '../../events/anomalyFound.ts';
import type { DrillPlan } from '../../events/drillRecord.ts';
import { DrillReport } from '../../events/drillReport.ts';
import {
  type DetectAnomaliesInput,
  type DetectAnomaliesOutput,
  type NightAlert,
  NightsReport,
} from '../../events/nights.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & {
  records: Pick<DrillRecords, 'plan'>;
  nights: NightRecords;
  documents: Documents;
  bus: EventBus;
};
type Output = z.output<typeof DetectAnomaliesOutput>;

const HASH_DIGITS = 12;

/** Nights are compared only when what was asked of them was the same. */
const conditionsOf = (
  { profile, cells, probes, run }: DrillPlan,
  { runner }: DrillReport,
): string =>
  createHash('sha256')
    .update(JSON.stringify([profile, cells, probes, run.cpu, run.memoryMb, runner]))
    .digest('hex')
    .slice(0, HASH_DIGITS);

const tonightOf = (plan: DrillPlan, report: DrillReport): SeriesNight[] => {
  const { drillId, startedAt, reference } = plan;
  const conditions = conditionsOf(plan, report);
  return nightPoints(report).map((point) => ({
    ...{ drillId, startedAt, referenceId: reference, conditions },
    ...point,
  }));
};

/** The alerts of tonight, kept before anyone is told of them. */
const judge = async (
  { nights, clock }: Needs,
  plan: DrillPlan,
  tonight: readonly SeriesNight[],
  signal: AbortSignal,
): Promise<NightsReport | undefined> => {
  const kept = await nights.seriesUpTo(tonight, MEMORY_NIGHTS, signal);
  const all = tonight.map((night, at) => seriesUpTo(night, kept[at] ?? []));
  const [stored, acks] = await Promise.all([
    nights.alerts(signal),
    nights.acknowledgements(signal),
  ]);
  const { service, drillId, startedAt } = plan;
  const judged = alertsOf(findingsOf(all, plan.reference), stored, acks, {
    ...{ service, drillId, dateOf },
    day: dayOf(startedAt),
    levelsOf: (lead, since) => levelsOf(all, lead, since),
  });
  for (const { alert } of judged) await nights.putAlert(alert, clock.now(), signal);
  const found = nightsReport(all, judged, acks);
  return found && NightsReport.parse(found);
};

const eventsOf = ({ service, drillId }: DrillPlan, alerts: readonly NightAlert[]) =>
  alerts.flatMap((alert) => {
    const { state } = alert;
    if (state !== 'new' && state !== 'changed') return [];
    return [anomalyFound({ service, drillId, alert: { ...alert, state }, text: alertText(alert) })];
  });

export const detectAnomalies =
  (needs: Needs) =>
  async (
    { drillId, reportKey }: z.output<typeof DetectAnomaliesInput>,
    signal: AbortSignal,
  ): Promise<Output> => {
    const { records, nights, documents, bus, clock, log, count } = needs;
    const plan = await records.plan(drillId, signal);
    const report = await documents.read(reportKey, DrillReport, signal);
    const tonight = tonightOf(plan, report);
    await nights.putNights(tonight, clock.now(), signal);
    const found = await judge(needs, plan, tonight, signal);
    if (!found) return { status: 'nothing-measured', told: 0, open: 0 };
    const events = eventsOf(plan, found.alerts);
    if (events.length > 0) await bus.put(events, signal);
    await documents.write(reportKey, { ...report, nights: found }, signal);
    count('AnomaliesFound', events.length);
    log.info('nights judged', { drillId, measured: found.measured, told: events.length });
    return { status: found.status, told: events.length, open: found.alerts.length };
  };
