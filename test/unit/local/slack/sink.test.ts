// Goal: whatever the sink accepts Slack would accept too, and what it said "ok" to is never lost.
// Method: real HTTP posts, and restarts on one folder.
import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../../../local/clock.ts';
import { type SlackSink, startSlackSink } from '../../../../local/slack/sink.ts';

let dataDir: string;
let sink: SlackSink;
let refusals: string[];

const start = (port = 0) =>
  startSlackSink({
    dataDir,
    clock: { ...realClock, now: () => 5 },
    port,
    onRefused: (error, detail) => refusals.push(`${error}: ${detail}`),
  });
beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'slack-'));
  refusals = [];
  sink = await start();
});
afterEach(async () => {
  await sink.close();
  rmSync(dataDir, { recursive: true });
});

const post = async (body: unknown, init: RequestInit = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(sink.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
    ...init,
  });
  return `${response.status} ${await response.text()}`;
};
const section = (text: string, type = 'mrkdwn') => ({ type: 'section', text: { type, text } });

describe('the sink', () => {
  it('keeps what it accepts, over a restart', async () => {
    const message = {
      text: 'Drill done',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Ranking' } },
        section('*slim* is faster'),
        { type: 'section', fields: [{ type: 'mrkdwn', text: 'a' }] },
        { type: 'divider' },
        { type: 'context', elements: [{ type: 'mrkdwn', text: 'profile quick' }] },
        {
          type: 'actions',
          elements: [
            { type: 'button', text: { type: 'plain_text', text: 'Report' }, url: 'https://x.test' },
          ],
        },
      ],
    };
    expect(await post(message)).toBe('200 ok');
    expect(await post({ text: 'two' })).toBe('200 ok');
    expect(sink.messages()).toMatchObject([
      { receivedAtMs: 5, payload: message },
      { payload: { text: 'two' } },
    ]);
    const { url } = sink;
    await sink.close();
    const file = path.join(dataDir, 'slack', 'messages.jsonl');
    appendFileSync(file, '{"id":"cut');
    sink = await start();
    expect(new URL(sink.url).pathname).toBe(new URL(url).pathname);
    expect(await post({ text: 'three' })).toBe('200 ok');
    expect(sink.messages().map(({ payload }) => payload.text)).toEqual([
      'Drill done',
      'two',
      'three',
    ]);
    expect(statSync(file).mode & 0o077).toBe(0);
    await sink.close();
    appendFileSync(file, '{"id":5}\n');
    await expect(start()).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: expect.stringContaining('has a line 4'),
    });
    rmSync(file);
    sink = await start();
  });

  it('takes many at once, each once', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `m${i}`);
    await Promise.all(texts.map((text) => post({ text })));
    expect(
      sink
        .messages()
        .map(({ payload }) => payload.text)
        .sort(),
    ).toEqual(texts.sort());
  });

  it('takes the form field that Slack takes', async () => {
    const body = new URLSearchParams({ payload: '{"text":"form"}' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await post(body, { headers })).toBe('200 ok');
    expect(sink.messages()).toMatchObject([{ payload: { text: 'form' } }]);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'invalid_payload'],
    ['no object', '[1]', 'invalid_payload'],
    ['nothing to say', {}, 'no_text'],
    ['empty text', { text: '', blocks: [] }, 'no_text'],
    ['text of a number', { text: 5 }, 'invalid_payload'],
    ['too much text', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['51 blocks', { blocks: Array(51).fill({ type: 'divider' }) }, 'invalid_blocks'],
    ['a long section', { blocks: [section('x'.repeat(3_001))] }, 'invalid_blocks'],
    ['an empty section', { blocks: [section('')] }, 'invalid_blocks'],
    ['a section of nothing', { blocks: [{ type: 'section' }] }, 'invalid_blocks'],
    [
      'a long header',
      { blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
      'invalid_blocks',
    ],
    [
      'a header with markup',
      { blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] },
      'invalid_blocks',
    ],
    ['another block', { blocks: [{ type: 'blink' }] }, 'invalid_blocks'],
    [
      'the same block_id',
      {
        blocks: [
          { type: 'divider', block_id: 'a' },
          { type: 'divider', block_id: 'a' },
        ],
      },
      'invalid_blocks',
    ],
    [
      'bad blocks in an attachment',
      { attachments: [{ blocks: [{ type: 'blink' }] }] },
      'invalid_blocks',
    ],
  ])('refuses %s', async (_name, body, error) => {
    expect(await post(body)).toBe(`400 ${error}`);
    expect(refusals).toMatchObject([expect.stringMatching(`^${error}: .`)]);
    expect(sink.messages()).toEqual([]);
  });

  it('accepts the bounds themselves', async () => {
    const blocks = Array(50).fill(section('x'.repeat(3_000)));
    expect(await post({ text: 'x'.repeat(40_000), blocks })).toBe('200 ok');
  });

  it('knows its own path only', async () => {
    const other = await fetch(sink.url.slice(0, -1), { method: 'POST', body: '{"text":"x"}' });
    expect(`${other.status} ${await other.text()}`).toBe('404 no_service');
    expect((await fetch(sink.url)).status).toBe(405);
    expect(await post('x'.repeat(1_000_001))).toBe('400 invalid_payload');
  });

  it('binds to loopback only, and says when the port is taken', async () => {
    const bound = startSlackSink({ dataDir, clock: realClock, host: '0.0.0.0' });
    await expect(bound).rejects.toThrow('loopback only');
    await expect(start(Number(new URL(sink.url).port))).rejects.toThrow('EADDRINUSE');
  });
});
