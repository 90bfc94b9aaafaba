/** Slack messages as Block Kit: headline, three or four facts, the next action. Never a secret, never a stack trace. */

import type { Ranking } from '../ranking/ranking-types.ts';
import { formatMs } from '../units.ts';
import { effectText, primaryRanking } from './words.ts';

export type SlackMessage = { text: string; blocks: Record<string, unknown>[] };

/** Slack's own bounds on the text of a section and of a header. */
const SECTION_MAX = 3_000;
const HEADER_MAX = 150;

/** Slack reads these three characters as markup. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Cuts escaped text, never inside an escape. */
const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).replace(/&[a-z]*$/, '')}…`;

const section = (text: string) => ({
  type: 'section',
  text: { type: 'mrkdwn', text: cut(text, SECTION_MAX) },
});

const FENCE = '```';

/** Text in columns; what is too long is cut inside the fence. */
const code = (text: string) =>
  section(`${FENCE}${cut(escaped(text), SECTION_MAX - 2 * FENCE.length)}${FENCE}`);

const header = (text: string) => ({
  type: 'header',
  text: { type: 'plain_text', text: cut(text, HEADER_MAX) },
});

const fields = (facts: readonly [string, string][]) => ({
  type: 'section',
  fields: facts.slice(0, 10).map(([name, value]) => ({
    type: 'mrkdwn',
    text: `*${escaped(name)}*\n${escaped(value)}`,
  })),
});

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

const context = (text: string) => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text }],
});

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
