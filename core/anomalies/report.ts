/** The nights as a report shows them: alerts with dates, and the series worth a line. */
import { PRIMARY_METRIC } from '../drill/rankDrill.ts';
import { ALL_UP } from '../ranking/scenarios.ts';
import { dateOf } from '../schedule/calendar.ts';
import { type Judged, logChangeOf } from './alerts.ts';
import { LEARNING_NIGHTS, type NightValue } from './nights.ts';
import { membersOf, type Series, valuesOf, type Who } from './series.ts';
import type { Lead } from './tonight.ts';
import { datedChanges, NIGHTS } from './watch.ts';

type Acknowledged = { readonly alertId: string; readonly at: string; readonly note: string | null };

const alertOf = ({ alert, state }: Judged, acks: readonly Acknowledged[]) => {
  const { firstDrill: _first, lastDrill: _last, lastDay: _day, told: _told, ...shown } = alert;
  const ack = state === 'acknowledged' ? acks.find(({ alertId }) => alertId === alert.id) : null;
  return {
    ...shown,
    state,
    since: dateOf(alert.since),
    changePct: 100 * Math.expm1(logChangeOf(alert)),
    acknowledged: ack ? { at: ack.at, note: ack.note } : null,
  };
};

const leadOf = ({ scope, metric, unit }: Series, who: Who): Lead => ({
  ...{ scope, metric, unit, role: who.role },
  variant: who.role === 'candidate' ? who.id : null,
});

const isLead = (lead: Lead, other: Lead): boolean =>
  lead.scope === other.scope &&
  lead.metric === other.metric &&
  lead.role === other.role &&
  lead.variant === other.variant;

const timelineOf = (series: Series, who: Who) => {
  const recent: NightValue[] = valuesOf(series, who).slice(-NIGHTS);
  const isRatio = who.role !== 'reference';
  const shown = (value: number): number => (isRatio ? Math.exp(value) : value);
  const changes = datedChanges(recent, isRatio ? 'logRatio' : 'positive');
  return {
    ...leadOf(series, who),
    first: dateOf(recent[0]?.day ?? 0),
    values: recent.map(({ value }) => (value === null ? null : shown(value))),
    changes: changes.map(({ day, before, after, p }) => ({
      date: dateOf(day),
      before: shown(before),
      after: shown(after),
      p,
    })),
  };
};

/** What decides, and what an alert is about. */
const isShown = (lead: Lead, alerts: readonly Judged[]): boolean =>
  (lead.scope === ALL_UP && lead.metric === `${PRIMARY_METRIC}.p50`) ||
  alerts.some(({ alert }) => isLead(alert.lead, lead));

/** Undefined when nothing was measured tonight. */
export const nightsReport = (
  all: readonly Series[],
  judged: readonly Judged[],
  acks: readonly Acknowledged[],
) => {
  const longest = all.reduce<Series | undefined>(
    (best, one) => (best && best.nights.length >= one.nights.length ? best : one),
    undefined,
  );
  const [first, last] = [longest?.nights[0], longest?.nights.at(-1)];
  if (!longest || !first || !last) return undefined;
  const measured = longest.nights.filter(({ night }) => night !== null).length;
  const lines = all.flatMap((series) => membersOf(series).map((who) => ({ series, who })));
  return {
    status: measured > LEARNING_NIGHTS ? ('judged' as const) : ('learning' as const),
    first: dateOf(first.day),
    last: dateOf(last.day),
    measured,
    holes: longest.nights.length - measured,
    series: lines.length,
    alerts: judged.map((one) => alertOf(one, acks)),
    timelines: lines
      .filter(({ series, who }) => isShown(leadOf(series, who), judged))
      .map(({ series, who }) => timelineOf(series, who)),
  };
};
