/** What Slack hears of a drill. */
import type { Ranking } from '../ranking/ranking-types.ts';
import { formatMs } from '../units.ts';
import { code, context, escaped, fields, header, type SlackMessage, section } from './blocks.ts';
import { alertText, type NightsSeen, toTell } from './nights.ts';
import { type PromotionSeen, promotionText } from './promotedDrill.ts';
import { type RehearsalSeen, rehearsalText } from './rehearsal.ts';
import { effectText, primaryRanking, roundsText } from './words.ts';

type Report = {
  readonly drillId: string;
  readonly service: string;
  readonly headline: string;
  readonly next: readonly string[];
  readonly roundsDone: number;
  readonly roundsPlanned: number;
  readonly regions: { readonly primary: string; readonly standby: string };
  readonly vantages: readonly string[];
  readonly runner: readonly string[];
  readonly rankings: readonly Ranking[];
  readonly problems: readonly { readonly where: string; readonly what: string }[];
  readonly nights: NightsSeen | null;
  readonly rehearsal: RehearsalSeen | null;
  readonly promotion?: PromotionSeen | null;
};

/** More alerts than this are for the report. */
const ALERTS_MAX = 5;

/** Changes over the nights: those to tell, each in a sentence; others are only counted. */
const nightBlocks = (nights: NightsSeen | null): Record<string, unknown>[] => {
  if (!nights) return [];
  const { told, known } = toTell(nights);
  const lines = told
    .slice(0, ALERTS_MAX)
    .map((alert) => `• ${escaped(alertText(alert))}\n   \`failover ack ${alert.id}\``);
  const more = told.length > ALERTS_MAX ? [`… and ${told.length - ALERTS_MAX} more`] : [];
  const open = known.length === 0 ? [] : [`${known.length} known, not acknowledged`];
  const all = [...lines, ...more, ...open];
  return all.length === 0 ? [] : [section(`*Over the nights*\n${all.join('\n')}`)];
};

const rankingLines = (ranking: Ranking, reference: string): string => {
  const rows = ranking.rows.map(({ v, rank, levelMs, effectPct, ciPct }) => {
    const today = v === reference ? '  (today)' : '';
    const effect = effectPct === null || v === reference ? '' : `  ${effectText(effectPct, ciPct)}`;
    return `${rank.padEnd(4)} ${v}${today}  ${formatMs(levelMs)}${effect}`;
  });
  const left = ranking.excluded.map(({ v, why }) => `–    ${v}: ${why}`);
  return [...rows, ...left].join('\n');
};

/** The message of a drill that ranked. */
export const drillMessage = (report: Report, reference: string): SlackMessage => {
  const ranking = primaryRanking(report.rankings);
  const aa = ranking === undefined ? 'not measured' : ranking.aa;
  const blocks: Record<string, unknown>[] = [
    header(`${report.service}: drill done`),
    section(escaped(report.headline)),
    fields([
      ['Regions', `${report.regions.primary} → ${report.regions.standby}`],
      ['Seen from', `${report.vantages.length} vantages`],
      ['Rounds', `${roundsText(report.roundsDone, report.roundsPlanned)}, A/A ${aa}`],
      ['Problems', report.problems.length === 0 ? 'none' : String(report.problems.length)],
    ]),
  ];
  if (ranking && ranking.rows.length > 0) {
    blocks.push(code(rankingLines(ranking, reference)));
  }
  blocks.push(...nightBlocks(report.nights));
  if (report.rehearsal) {
    blocks.push(section(`*Failover rehearsed*\n${escaped(rehearsalText(report.rehearsal))}`));
  }
  if (report.promotion) {
    blocks.push(section(`*Promotion*\n${escaped(promotionText(report.promotion))}`));
  }
  const [next] = report.next;
  if (next !== undefined) blocks.push(section(`*Next:* ${escaped(next)}`));
  blocks.push(context(`Report: \`failover report ${report.drillId}\``));
  return { text: escaped(`${report.service}: ${report.headline}`), blocks };
};

/** The message of a drill that ended before it could rank. */
export const failureMessage = (
  service: string,
  drillId: string,
  failure: { readonly error: string; readonly reason: string },
): SlackMessage => ({
  text: escaped(`${service}: drill failed (${failure.error})`),
  blocks: [
    header(`${service}: drill failed`),
    section(`*${escaped(failure.error)}*\n${escaped(failure.reason)}`),
    context(`Details: \`failover report ${drillId}\``),
  ],
});
