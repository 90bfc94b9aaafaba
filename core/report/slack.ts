/** What Slack hears of a drill. */
import type { Ranking } from '../ranking/ranking-types.ts';
import { formatMs } from '../units.ts';
import { code, context, escaped, fields, header, type SlackMessage, section } from './blocks.ts';
import { effectText, primaryRanking } from './words.ts';

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
};

const rankingLines = (ranking: Ranking, reference: string): string =>
  ranking.rows
    .map(({ v, rank, levelMs, effectPct, ciPct }) => {
      const today = v === reference ? '  (today)' : '';
      const effect =
        effectPct === null || v === reference ? '' : `  ${effectText(effectPct, ciPct)}`;
      return `${rank.padEnd(4)} ${v}${today}  ${formatMs(levelMs)}${effect}`;
    })
    .join('\n');

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
      ['Rounds', `${report.roundsDone} of ${report.roundsPlanned}, A/A ${aa}`],
      ['Problems', report.problems.length === 0 ? 'none' : String(report.problems.length)],
    ]),
  ];
  if (ranking && ranking.rows.length > 0) {
    blocks.push(code(rankingLines(ranking, reference)));
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
