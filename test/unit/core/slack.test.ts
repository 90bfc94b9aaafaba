// Goal: a Slack message says the fact, keeps Slack's limits whatever the report holds, and cannot be marked up by it.
import { describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../../core/report/blocks.ts';
import { drillMessage, failureMessage } from '../../../core/report/slack.ts';
import { reportOfDrill } from '../../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT, MODEL } from '../../support/drillRecords.ts';
import { gatedDrill } from '../../support/gatedDrill.ts';

const report = reportOfDrill(drillRecords(), FINISHED_AT);

type Text = { type: string; text: string };
type Block = { type: string; text?: Text; fields?: Text[]; elements?: Text[] };

const blocksOf = ({ blocks }: SlackMessage): Block[] => JSON.parse(JSON.stringify(blocks));

/** Limits of Block Kit: https://docs.slack.dev/reference/block-kit/blocks */
const expectWithinLimits = (message: SlackMessage): void => {
  const blocks = blocksOf(message);
  expect(blocks.length).toBeLessThanOrEqual(50);
  for (const { type, text, fields = [], elements = [] } of blocks) {
    const textMax = type === 'header' ? 150 : 3_000;
    if (text) expect(text.text.length).toBeLessThanOrEqual(textMax);
    if (text) expect(text.text.length).toBeGreaterThan(0);
    expect(fields.length).toBeLessThanOrEqual(10);
    for (const field of fields) expect(field.text.length).toBeLessThanOrEqual(2_000);
    for (const element of elements) expect(element.text.length).toBeLessThanOrEqual(3_000);
  }
};

describe('the message of a drill', () => {
  const message = drillMessage(report, 'slim');

  it('has headline, facts, ranking, next step and where to read on', () => {
    const blocks = blocksOf(message);
    expect(blocks.map(({ type }) => type)).toEqual([
      ...['header', 'section', 'section', 'section', 'section', 'context'],
    ]);
    expect(message.text).toBe(`shop: ${report.headline}`);
    expect(blocks[2]?.fields?.map(({ text }) => text)).toEqual([
      '*Regions*\neu-west-1 → eu-central-1',
      '*Seen from*\n3 vantages',
      '*Rounds*\n8 of 8, A/A clean',
      '*Problems*\nnone',
    ]);
    expect(blocks[3]?.text?.text).toContain('1    distroless  37.2 ms  −10.4 %');
    expect(blocks[4]?.text?.text).toMatch(/^\*Next:\* Promote distroless/);
    expect(blocks[5]?.elements?.[0]?.text).toContain('failover report shop-20261121-010000');
  });

  it('tells who was held back by a gate, and loudly when it is the image of today', () => {
    const gated = drillMessage(reportOfDrill(gatedDrill(), FINISHED_AT), 'slim');
    const text = JSON.stringify(gated.blocks);
    expect(text).toContain('–    fat: gate failed: size 132.4 MB (at most 130.0 MB compressed)');
    expect(gated.text).toContain('But slim, which runs today, fails a gate itself');
    expectWithinLimits(gated);
  });

  it('keeps the limits of Slack', () => {
    expectWithinLimits(message);
    const rankings = report.rankings.map((ranking) => ({
      ...ranking,
      rows: Array.from({ length: 40 }, (_, at) => ({
        ...ranking.rows[0]!,
        v: `variant-${at}-${'x'.repeat(90)}`,
      })),
    }));
    const long = drillMessage(
      { ...report, rankings, headline: '<&>'.repeat(2_000), next: ['&'.repeat(5_000)] },
      'slim',
    );
    expectWithinLimits(long);
    const code = blocksOf(long).find(({ text }) => text?.text.startsWith('```'))?.text?.text;
    expect(code?.endsWith('```')).toBe(true);
    for (const { text } of blocksOf(long)) expect(text?.text ?? '').not.toMatch(/&[a-z]*$/);
  });

  it('shows what is in the report as text, not as markup', () => {
    const hostile = { ...report, headline: '<!channel> & <https://evil.example|click>' };
    const text = JSON.stringify(drillMessage(hostile, 'slim').blocks);
    expect(text).toContain('&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;');
    expect(text).not.toContain('<!channel>');
    expect(drillMessage(hostile, 'slim').text).not.toContain('<!channel>');
  });

  it('of a drill that ranked nothing has no table', () => {
    const drill = { ...drillRecords({ ...MODEL, rounds: 1 }), bursts: [] };
    const empty = drillMessage(reportOfDrill(drill, FINISHED_AT), 'slim');
    expect(JSON.stringify(empty.blocks)).not.toContain('```');
    expect(JSON.stringify(empty.blocks)).toContain('A/A not measured');
  });
});

describe('the message of a failure', () => {
  it('names the error and its reason, within the limits', () => {
    const failure = { error: 'ReferenceFailed', reason: 'x <y> '.repeat(1_000) };
    const message = failureMessage('shop', 'shop-1', failure);
    expectWithinLimits(message);
    expect(message.text).toBe('shop: drill failed (ReferenceFailed)');
    expect(blocksOf(message)[1]?.text?.text).toMatch(/^\*ReferenceFailed\*\nx &lt;y&gt;/);
  });
});
