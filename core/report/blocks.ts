/** Slack messages as Block Kit: headline, three or four facts, the next action. Never a secret, never a stack trace. */

export type SlackMessage = { text: string; blocks: Record<string, unknown>[] };

/** Slack's own bounds on the text of a section and of a header. */
const SECTION_MAX = 3_000;
const HEADER_MAX = 150;

/** Slack reads these three characters as markup. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Cuts escaped text, never inside an escape. */
const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).replace(/&[a-z]*$/, '')}…`;

export const section = (text: string) => ({
  type: 'section',
  text: { type: 'mrkdwn', text: cut(text, SECTION_MAX) },
});

const FENCE = '```';

/** Text in columns; what is too long is cut inside the fence. */
export const code = (text: string) =>
  section(`${FENCE}${cut(escaped(text), SECTION_MAX - 2 * FENCE.length)}${FENCE}`);

export const header = (text: string) => ({
  type: 'header',
  text: { type: 'plain_text', text: cut(text, HEADER_MAX) },
});

export const fields = (facts: readonly [string, string][]) => ({
  type: 'section',
  fields: facts.slice(0, 10).map(([name, value]) => ({
    type: 'mrkdwn',
    text: `*${escaped(name)}*\n${escaped(value)}`,
  })),
});

export const context = (text: string) => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text }],
});

export type Button = {
  readonly text: string;
  readonly actionId: string;
  /** Comes back when the button is pressed; at most 2,000 characters. */
  readonly value: string;
  readonly style: 'primary' | 'danger';
};

export const buttons = (all: readonly Button[]) => ({
  type: 'actions',
  elements: all.map(({ text, actionId, value, style }) => ({
    type: 'button',
    text: { type: 'plain_text', text },
    action_id: actionId,
    value,
    style,
  })),
});
