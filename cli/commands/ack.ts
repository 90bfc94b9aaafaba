/** `failover ack`: a person has seen an alert over the nights; it stays quiet until it changes. */
import type { NightRecords } from '../../aws/nightRecords.ts';
import { logChangeOf } from '../../core/anomalies/alerts.ts';
import { DrillError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { alertText } from '../../core/report/nights.ts';
import { dateOf } from '../../core/schedule/calendar.ts';
import { AckOutput, AlertLine } from '../../events/ackOutput.ts';
import { Acknowledgement, type StoredAlert } from '../../events/nights.ts';
import { withNights } from '../nightStore.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { wrap } from '../output/table.ts';
import type { WhereOptions } from '../where/options.ts';

export type AckOptions = WhereOptions & {
  readonly list?: boolean;
  readonly note?: string;
};

type Alert = ReturnType<typeof StoredAlert.parse>;
type Kept = {
  readonly service: string;
  readonly nights: NightRecords;
  readonly alerts: readonly Alert[];
  readonly acks: readonly Acknowledgement[];
};

const lineOf = ({ service, alerts, acks }: Kept, alert: Alert): AlertLine => {
  const { firstDrill: _first, lastDrill: _last, lastDay, told: _told, ...shown } = alert;
  const ack = acks.find(({ alertId }) => alertId === alert.id);
  const newest = Math.max(...alerts.map((one) => one.lastDay));
  const open = ack ? ('acknowledged' as const) : ('open' as const);
  return AlertLine.parse({
    ...shown,
    service,
    status: lastDay === newest ? open : 'over',
    since: dateOf(alert.since),
    lastSeen: dateOf(lastDay),
    changePct: 100 * Math.expm1(logChangeOf(alert)),
    acknowledged: ack ? { at: ack.at, note: ack.note } : null,
  });
};

const linesOf = (alerts: readonly AlertLine[], style: Style): string[] => {
  if (alerts.length === 0) return ['No alert is kept. Drills over at least 9 nights find them.'];
  return alerts.flatMap((alert) => {
    const { status, acknowledged, lastSeen, id } = alert;
    const word = status === 'open' ? style.bad(status) : style.dim(status);
    const when = acknowledged ? ` (acknowledged ${acknowledged.at.slice(0, 10)})` : '';
    const note = acknowledged?.note ? `: ${acknowledged.note}` : '';
    const sentence = alertText({ ...alert, state: 'known' });
    const last = status === 'over' ? `, last seen ${lastSeen}` : '';
    return wrap(`${style.bold(id)}  ${word}  ${sentence}${last}${when}${note}`, style.width, '  ');
  });
};

const noSuchAlert = (id: string, kept: readonly Kept[]): DrillError => {
  const ids = kept.flatMap(({ alerts }) => alerts.map((alert) => alert.id));
  const guess = nearest(id, ids);
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
  return new DrillError(
    'InputInvalid',
    `there is no alert ${id}.${hint} See all with: failover ack --list`,
  );
};

/** @throws DrillError `InputInvalid` */
const acknowledge = async (
  id: string,
  note: string | undefined,
  kept: readonly Kept[],
): Promise<AlertLine> => {
  const home = kept.find(({ alerts }) => alerts.some((alert) => alert.id === id));
  const alert = home?.alerts.find((one) => one.id === id);
  if (!home || !alert) throw noSuchAlert(id, kept);
  const nowMs = Date.now();
  const { word, of } = alert;
  const ack = Acknowledgement.parse({
    ...{ alertId: id, word, of, logChange: logChangeOf(alert) },
    at: new Date(nowMs).toISOString(),
    note: note ?? null,
  });
  await home.nights.acknowledge(ack, nowMs);
  return lineOf({ ...home, acks: [ack] }, alert);
};

export const ack = async (
  id: string | undefined,
  options: AckOptions,
  output: Output,
): Promise<void> => {
  if (id === undefined && !options.list) {
    throw new DrillError('InputInvalid', 'name an alert, or list them with: failover ack --list');
  }
  const alerts = await withNights(options, output, async (all) => {
    const kept = await Promise.all(
      all.map(
        async ({ service, nights }): Promise<Kept> => ({
          ...{ service, nights },
          alerts: await nights.alerts(),
          acks: await nights.acknowledgements(),
        }),
      ),
    );
    if (id !== undefined) return [await acknowledge(id, options.note, kept)];
    const lines = kept.flatMap((one) => one.alerts.map((alert) => lineOf(one, alert)));
    return lines.sort((a, b) =>
      a.since < b.since || (a.since === b.since && a.id > b.id) ? 1 : -1,
    );
  });
  const done = id === undefined ? [] : ['It stays quiet until it changes.'];
  output.result(AckOutput.parse({ alerts }), (style) => [...linesOf(alerts, style), ...done]);
};
