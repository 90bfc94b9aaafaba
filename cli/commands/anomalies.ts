/** `failover anomalies`: what changed in a series, since when, and whether its end is out of line. */
import { type Cause, causeOf, type Move } from '../../core/anomalies/attribute.ts';
import {
  judgeNights,
  type Night,
  type NightValue,
  type Scale,
} from '../../core/anomalies/nights.ts';
import {
  type Alert,
  datedChanges,
  type Method,
  type Watched,
  watchTonight,
} from '../../core/anomalies/watch.ts';
import { median } from '../../core/statistics/quantile.ts';
import { AnomaliesOutput } from '../../events/anomaliesOutput.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { type Row, readSeries, type Series } from '../series.ts';

export type AnomaliesOptions = {
  readonly input: string;
  readonly method?: Method;
  readonly otavaCompat?: boolean;
};

type Column = 'value' | 'reference' | 'control';

const nightsOf = ({ rows }: Series, column: Column): NightValue[] =>
  rows.map((row) => ({ day: row.day, value: row[column] }));

/** The logarithm of one column by another; a hole where either is missing or not above zero. */
const ratiosOf = ({ rows }: Series, above: Column, below: Column): NightValue[] =>
  rows.map((row) => {
    const [a, b] = [row[above], row[below]];
    const value = a !== null && b !== null && a > 0 && b > 0 ? Math.log(a / b) : null;
    return { day: row.day, value };
  });

const scaleOf = (nights: readonly NightValue[]): Scale =>
  nights.every(({ value }) => value === null || value > 0) ? 'positive' : 'plain';

const watchedOf = (series: Series): Watched[] => {
  const absolute = (id: Column): Watched => {
    const nights = nightsOf(series, id);
    return { id, nights, scale: scaleOf(nights) };
  };
  const ratio = (id: string, above: Column): Watched => ({
    id,
    nights: ratiosOf(series, above, 'reference'),
    scale: 'logRatio',
  });
  return [
    absolute('value'),
    ...(series.hasReference ? [absolute('reference'), ratio('relative', 'value')] : []),
    ...(series.hasReference && series.hasControl ? [ratio('aa', 'control')] : []),
  ];
};

const BEFORE = 28;

/** How far a series went since a day, by medians. */
const moveOf = ({ id, nights, scale }: Watched, since: number, alerts: readonly Alert[]): Move => {
  const logs = (some: readonly NightValue[]): number[] =>
    some.flatMap(({ value }) =>
      value === null || scale === 'plain' ? [] : [scale === 'logRatio' ? value : Math.log(value)],
    );
  const before = logs(nights.filter(({ day }) => day < since)).slice(-BEFORE);
  const after = logs(nights.filter(({ day }) => day >= since));
  const known = before.length > 0 && after.length > 0;
  return {
    logChange: known ? median(after) - median(before) : 0,
    alert: alerts.some(({ series }) => series === id),
  };
};

const causeIn = (watched: readonly Watched[], alerts: readonly Alert[]): Cause | null => {
  const since = Math.min(...alerts.map((alert) => alert.since));
  const [value, reference, relative, aa] = watched.map((one) => moveOf(one, since, alerts));
  if (!value || !reference || !relative) return null;
  const control = aa ?? { logChange: 0, alert: false };
  return causeOf({ candidate: value, reference, relative, control }) ?? null;
};

type Alarm = {
  readonly from: string;
  readonly to: string;
  /** Of the first of them. */
  readonly expected: number | null;
  readonly value: number | null;
};

/** Alarms in a row; holes do not part them. */
const alarmsOf = (nights: readonly Night[], rows: readonly Row[]): Alarm[] => {
  const runs: Alarm[] = [];
  let open = false;
  nights.forEach((night, at) => {
    const time = rows[at]?.time ?? '';
    const { status, expected, value } = night;
    const run = open ? runs.pop() : undefined;
    if (status === 'alarm')
      runs.push(run ? { ...run, to: time } : { from: time, to: time, expected, value });
    else if (run) runs.push(run);
    if (night.status !== 'hole') open = night.status === 'alarm';
  });
  return runs;
};

const tonightOf = ({ day: _, ...night }: Night, rows: readonly Row[]) => ({
  time: rows.at(-1)?.time ?? '',
  ...night,
});

/** Everything the command says, as data. */
export const anomaliesOf = (file: string, options: Omit<AnomaliesOptions, 'input'>) => {
  const series = readSeries(file);
  const { rows, daily } = series;
  const timeOf = new Map(rows.map(({ day, time }) => [day, time]));
  const edivisive = { otavaCompat: options.otavaCompat ?? false };
  const watched = watchedOf(series);
  const { method } = options;
  const alerts = watchTonight(watched, {
    ...(method === undefined ? {} : { method }),
    ewma: { weekdays: daily },
    edivisive,
  });
  const nights = nightsOf(series, 'value');
  const scale = scaleOf(nights);
  const judged = judgeNights(nights, { scale, weekdays: daily });
  const changes = method === 'ewma' ? [] : datedChanges(nights, scale, edivisive);
  const last = judged.at(-1);
  return AnomaliesOutput.parse({
    file,
    method: method ?? 'both',
    values: nights.filter(({ value }) => value !== null).length,
    holes: nights.filter(({ value }) => value === null).length,
    first: rows[0]?.time ?? null,
    last: rows.at(-1)?.time ?? null,
    tonight: method === 'edivisive' || !last ? null : tonightOf(last, rows),
    alarms: method === 'edivisive' ? [] : alarmsOf(judged, rows),
    changes: changes.map(({ day, ...change }) => ({ time: timeOf.get(day) ?? '', ...change })),
    alerts: alerts.map(({ since, ...alert }) => ({ ...alert, since: timeOf.get(since) ?? '' })),
    cause: series.hasReference && alerts.length > 0 ? causeIn(watched, alerts) : null,
  });
};

type Found = ReturnType<typeof anomaliesOf>;
type Tonight = NonNullable<Found['tonight']>;

const number = (value: number | null): string =>
  value === null ? '-' : String(Number(value.toPrecision(4)));

/** Below this a p value says no more. */
const P_SHOWN_MIN = 1e-12;

const pText = (p: number): string => (p < P_SHOWN_MIN ? '< 1e-12' : p.toExponential(1));

const changeText = (before: number | null, after: number | null): string => {
  if (before === null || after === null || before <= 0 || after <= 0) return '';
  const share = 100 * (after / before - 1);
  return ` (${share < 0 ? '−' : '+'}${Math.abs(share).toFixed(1)} %)`;
};

const tonightText = ({ status, value, expected, z, limit }: Tonight): string => {
  if (status === 'hole') return 'not measured';
  if (status === 'learning') return `${number(value)}; learning, at least 8 values come first`;
  return `${number(value)} against ${number(expected)} expected${changeText(expected, value)}: ${status} (EWMA ${z.toFixed(3)}, limit ±${limit.toFixed(3)})`;
};

const linesOf = (found: Found, style: Style): string[] => {
  const { tonight, alarms, changes, alerts, cause } = found;
  const mark = (text: string): string => (alerts.length > 0 ? style.warn(text) : style.good(text));
  return [
    `${found.file}: ${found.values} values, ${found.holes} holes, ${found.first} to ${found.last}`,
    ...(tonight ? [`last       ${tonightText(tonight)}`] : []),
    ...alarms.map(({ from, to, expected, value }) => {
      const when = from === to ? from : `${from} to ${to}`;
      return `alarm      ${when}: ${number(value)} against ${number(expected)}${changeText(expected, value)}`;
    }),
    ...changes.map(
      ({ time, before, after, p }) =>
        `change     ${time}: ${number(before)} → ${number(after)}${changeText(before, after)}, p ${pText(p)}`,
    ),
    mark(
      alerts.length > 0
        ? `now        ${alerts.map(({ series, since }) => `${series} is out of line since ${since}`).join('; ')}`
        : 'now        nothing is out of line',
    ),
    ...(cause ? [`cause      ${cause.word}: ${cause.why}`] : []),
  ];
};

/** @returns marked when the end of the series is out of line. */
export const anomalies = (options: AnomaliesOptions, output: Output): number => {
  const found = anomaliesOf(options.input, options);
  output.result(found, (style) => linesOf(found, style));
  return found.alerts.length > 0 ? EXIT.marked : EXIT.ok;
};
