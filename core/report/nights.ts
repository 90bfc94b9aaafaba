/** Alerts over nights in words. */
import { formatBytes, formatMs } from '../units.ts';

export type LeadSeen = {
  readonly scope: string;
  readonly metric: string;
  readonly unit: 'ms' | 'bytes';
  readonly role: 'reference' | 'control' | 'candidate';
  readonly variant: string | null;
};

export type AlertSeen = {
  readonly id: string;
  readonly state: 'new' | 'changed' | 'known' | 'acknowledged';
  readonly word: 'image' | 'environment' | 'measurement';
  readonly of: string | null;
  readonly why: string;
  readonly where: string | null;
  readonly since: string;
  readonly lead: LeadSeen;
  readonly before: number;
  readonly after: number;
  readonly changePct: number;
};

export type NightsSeen = {
  readonly status: 'learning' | 'judged';
  readonly first: string;
  readonly measured: number;
  readonly holes: number;
  readonly series: number;
  readonly alerts: readonly AlertSeen[];
};

/** A level of a series: of the reference in its unit, of others as a multiple of the reference. */
export const levelText = ({ role, unit }: LeadSeen, value: number): string => {
  if (role !== 'reference') return `${value.toFixed(2)} ×`;
  return unit === 'ms' ? formatMs(value) : formatBytes(value);
};

const WORDS_OF_METRIC: Readonly<Record<string, string>> = {
  ready: 'time until ready',
  size: 'image size',
  'noise.floor': 'noise of the probers',
};

/** `http.total p50, all up` */
export const seriesText = ({ scope, metric, role, variant }: LeadSeen): string => {
  const what = WORDS_OF_METRIC[metric] ?? metric.replace(/\.(p\d+)$/, ' $1');
  const who = role === 'candidate' ? `${variant} by today's image` : '';
  const name = role === 'control' ? "today's image by itself" : who;
  return [what, scope, name].filter((part) => part !== '').join(', ');
};

/** `image slim`, `environment in eu-west-1`, `measurement` */
export const whoseText = ({ word, of, where }: AlertSeen): string => {
  if (word === 'image') return `image ${of ?? 'of all variants'}`;
  return where === null ? word : `${word} ${where}`;
};

/** `+12.0 % since 2026-11-05 (20.1 ms → 22.5 ms)` */
export const changeText = ({ lead, before, after, changePct, since }: AlertSeen): string => {
  const sign = changePct < 0 ? '−' : '+';
  const levels = `${levelText(lead, before)} → ${levelText(lead, after)}`;
  return `${sign}${Math.abs(changePct).toFixed(1)} % since ${since} (${levels})`;
};

/** The whole alert in one sentence. */
export const alertText = (alert: AlertSeen): string =>
  `${whoseText(alert)}: ${seriesText(alert.lead)}, ${changeText(alert)}: ${alert.why}`;

/** Those that a person is told of tonight, and how many are known and not acknowledged. */
export const toTell = ({ alerts }: NightsSeen): { told: AlertSeen[]; known: AlertSeen[] } => ({
  told: alerts.filter(({ state }) => state === 'new' || state === 'changed'),
  known: alerts.filter(({ state }) => state === 'known'),
});

/** `23 nights since 2026-10-29, 2 missed; 78 series watched` */
export const nightsText = ({ status, first, measured, holes, series }: NightsSeen): string => {
  const missed = holes === 0 ? '' : `, ${holes} missed`;
  const nights = `${measured} ${measured === 1 ? 'night' : 'nights'} since ${first}${missed}`;
  return status === 'learning'
    ? `${nights}; learning: at least 8 nights come before the first that is judged`
    : `${nights}; ${series} series watched`;
};
