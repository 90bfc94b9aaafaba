/** Alerts over nights in words. */
import { formatBytes, formatMs } from '../units.ts';

type Lead = {
  readonly scope: string;
  readonly metric: string;
  readonly unit: 'ms' | 'bytes';
  readonly role: 'reference' | 'control' | 'candidate';
  readonly variant: string | null;
};

type Alert = {
  readonly word: 'image' | 'environment' | 'measurement';
  readonly of: string | null;
  readonly why: string;
  readonly where: string | null;
  readonly since: string;
  readonly lead: Lead;
  readonly before: number;
  readonly after: number;
  readonly changePct: number;
  readonly members: readonly string[];
};

const levelText = ({ role, unit }: Lead, value: number): string => {
  if (role !== 'reference') return `${value.toFixed(2)} ×`;
  return unit === 'ms' ? formatMs(value) : formatBytes(value);
};

const WORDS_OF_METRIC: Readonly<Record<string, string>> = {
  ready: 'time until ready',
  size: 'image size',
  'noise.floor': 'noise of the probers',
};

/** `http.total p50, all up` */
export const seriesText = ({ scope, metric, role, variant }: Lead): string => {
  const what = WORDS_OF_METRIC[metric] ?? metric.replace(/\.(p\d+)$/, ' $1');
  const who = role === 'candidate' ? `${variant} by today's image` : '';
  const name = role === 'control' ? "today's image by itself" : who;
  return [what, scope, name].filter((part) => part !== '').join(', ');
};

const whoseText = ({ word, of, where }: Alert): string => {
  if (word === 'image') return `image ${of ?? 'of all variants'}`;
  return where === null ? word : `${word} ${where}`;
};

/** `image slim: http.total p50, all up, +12.0 % since 2026-11-05 (20.1 ms → 22.5 ms): only what runs today moved` */
export const alertText = (alert: Alert): string => {
  const { lead, before, after, changePct, since, why } = alert;
  const sign = changePct < 0 ? '−' : '+';
  const levels = `${levelText(lead, before)} → ${levelText(lead, after)}`;
  const change = `${sign}${Math.abs(changePct).toFixed(1)} %`;
  return `${whoseText(alert)}: ${seriesText(lead)}, ${change} since ${since} (${levels}): ${why}`;
};
