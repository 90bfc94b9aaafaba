/**
 * Nights of a service in the table of its drills: small items, each one point of one series.
 *
 * | PK                        | SK                   | kept  |
 * |---------------------------|----------------------|-------|
 * | SERIES#<scope>#<metric>   | <startedAt>#<drill>  | 400 d |
 * | ALERTS                    | <alert>              | 400 d |
 * | ACKS                      | <alert>              | 400 d |
 */
import { Acknowledgement, SeriesNight, StoredAlert } from '../events/nights.ts';
import { KEPT_DAYS } from './drillTable.ts';
import { openJsonTable } from './jsonTable.ts';
import type { SdkSettings } from './sdk.ts';

const DAY_MS = 86_400_000;
/** Points that are written or series that are read at once. */
const AT_ONCE = 16;
/** Behind every sort key. */
const END = '~';

type Night = ReturnType<typeof SeriesNight.parse>;
type Alert = ReturnType<typeof StoredAlert.parse>;

const seriesKey = ({ scope, metric }: Pick<Night, 'scope' | 'metric'>): string =>
  `SERIES#${scope}#${metric}`;

const inTurns = async <T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> => {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    done.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(work))));
  }
  return done;
};

export const openNightRecords = (table: string, sdk: SdkSettings = {}) => {
  const items = openJsonTable(table, sdk);
  const kept = (nowMs: number) => ({ keep: { nowMs, days: KEPT_DAYS.drill } });

  /** Writes the points of a night; those of the same drill are written over. */
  const putNights = async (nights: readonly Night[], nowMs: number, signal?: AbortSignal) => {
    await inTurns(nights, (night) =>
      items.put({ pk: seriesKey(night), sk: `${night.startedAt}#${night.drillId}` }, night, {
        ...kept(nowMs),
        signal,
      }),
    );
  };

  /** The points of each series in the days up to a point of it, oldest first. */
  const seriesUpTo = (
    tonight: readonly Night[],
    days: number,
    signal?: AbortSignal,
  ): Promise<Night[][]> =>
    inTurns(tonight, (night) => {
      const from = new Date(Date.parse(night.startedAt) - days * DAY_MS).toISOString();
      const to = `${night.startedAt}#${END}`;
      return items.between({ pk: seriesKey(night), from, to }, SeriesNight, { signal });
    });

  const putAlert = (alert: Alert, nowMs: number, signal?: AbortSignal) =>
    items.put({ pk: 'ALERTS', sk: alert.id }, alert, { ...kept(nowMs), signal });

  const alerts = (signal?: AbortSignal): Promise<Alert[]> =>
    items.between({ pk: 'ALERTS', from: ' ', to: END }, StoredAlert, { signal });

  const acknowledge = (ack: Acknowledgement, nowMs: number, signal?: AbortSignal) =>
    items.put({ pk: 'ACKS', sk: ack.alertId }, ack, { ...kept(nowMs), signal });

  const acknowledgements = (signal?: AbortSignal): Promise<Acknowledgement[]> =>
    items.between({ pk: 'ACKS', from: ' ', to: END }, Acknowledgement, { signal });

  return {
    putNights,
    seriesUpTo,
    putAlert,
    alerts,
    acknowledge,
    acknowledgements,
    close: items.close,
  };
};

export type NightRecords = ReturnType<typeof openNightRecords>;
