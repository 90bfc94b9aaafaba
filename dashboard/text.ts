/** Words and numbers as the page writes them. */

import { ALL_UP } from '../core/ranking/scenarios.ts';
import { effectText } from '../core/report/words.ts';
import type { DrillReport } from '../events/drillReport.ts';
import type { Ranking } from '../events/ranking.ts';
import { html, type Markup } from './markup.ts';

const NOT_MEASURED = 'not measured';

/** A number, or the words why there is none; never a zero in its place. */
export const known = (
  value: number | null | undefined,
  format: (value: number) => string,
  otherwise = NOT_MEASURED,
): Markup =>
  value === null || value === undefined
    ? html`<span class="none">${otherwise}</span>`
    : html`${format(value)}`;

/** `2–3` */
export const rankText = (rank: string): string => rank.replace('-', '–');

export const signedPct = (pct: number): string =>
  `${pct < 0 ? '−' : pct > 0 ? '+' : ''}${Math.abs(pct).toFixed(Math.abs(pct) < 10 ? 1 : 0)} %`;

/** An axis number: zero has no unit, and round numbers no decimals. */
export const tickText = (tick: number, format: (value: number) => string): string =>
  tick === 0 ? '0' : format(tick).replace(/\.0+ /, ' ');

/** An effect with its interval, which may be broken over two lines only between the two. */
export const effectWords = (pct: number, ci: readonly [number, number] | null): string =>
  effectText(pct, ci).replace(' %', '\u00a0%').replace(', ', ',\u00a0');

/** `12,345` */
export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** `2026-11-21 01:00 UTC` */
export const timeText = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

const rankingOf = (
  { rankings }: DrillReport,
  scenario: string,
  quantile: number,
): Ranking | undefined =>
  rankings.find((one) => one.scenario === scenario && one.q === quantile && one.rows.length > 0);

/** The table that decides, when anything could be ranked. */
export const decidingRanking = (report: DrillReport): Ranking | undefined =>
  rankingOf(report, ALL_UP, 0.5);

/** The same scenario in the tail. */
export const tailOf = (report: DrillReport, { scenario }: Ranking): Ranking | undefined =>
  rankingOf(report, scenario, 0.95);

/** `p50` */
export const quantileText = (q: number): string => `p${Math.round(q * 1_000) / 10}`;

/** A part of the page with its heading and what it means in a sentence. */
export const section = (
  id: string,
  title: string,
  lead: string | Markup,
  content: Markup | readonly Markup[],
): Markup =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2><p class="lead">${lead}</p>${content}</section>`;
