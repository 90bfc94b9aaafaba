// Goal: scenario 20. Only a signed, fresh press of the button, for the question that is open, said for
// the first time, moves anything; who is refused learns nothing.
// Method: the handler's work with a signature made as Slack's documentation makes it.
import { createHmac } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { initialState } from '../../../core/failover/states.ts';
import { APPROVE_ACTION, DECLINE_ACTION } from '../../../events/approvalButton.ts';
import type { FunctionUrlEvent } from '../../../events/functionUrl.ts';
import { approve } from '../../../functions/approve/run.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const NOW_MS = 1_774_000_000_000;
const ASKED = { decisionId: 'd-1', epoch: 4, expiresAtMs: NOW_MS + 60_000 };
const VALUE = { service: 'shop', decisionId: 'd-1', epoch: 4 };

const bodyFor = (value: unknown, action = APPROVE_ACTION, trigger = '1') =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      trigger_id: trigger,
      user: { id: 'U1', username: 'ada' },
      actions: [{ action_id: action, value: JSON.stringify(value), type: 'button' }],
    }),
  }).toString();

const signed = (
  body: string,
  over: { secret?: string; atMs?: number; signature?: string } = {},
): FunctionUrlEvent => {
  const timestamp = String(Math.floor((over.atMs ?? NOW_MS) / 1_000));
  const digest = createHmac('sha256', over.secret ?? SECRET)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  return {
    headers: {
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': over.signature ?? `v0=${digest}`,
    },
    body,
    isBase64Encoded: false,
    requestContext: { http: { method: 'POST' } },
  };
};

const open = (asked: typeof ASKED | null = ASKED, secret: string | undefined = SECRET) => {
  const marks = new Set<string>();
  const passOn = vi.fn(async () => ({ accepted: true, why: 'it moves' }));
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const state = { ...initialState('eu-west-1', 'eu-central-1', NOW_MS), approval: asked };
  const stored = { version: 1, state, before: state, votes: [], verdicts: [], outbox: [] };
  const work = approve({
    service: 'shop',
    signingParameter: '/failover/shop/slack-signing-secret',
    table: {
      state: async () => ({ ...stored, savedAtMs: NOW_MS }) as never,
      once: async (_service, key) => {
        if (marks.has(key)) return false;
        marks.add(key);
        return true;
      },
    },
    secrets: { find: async () => secret },
    passOn,
    clock: { now: () => NOW_MS, monotonicMs: () => 0, sleep: async () => undefined },
    log: log as never,
    count: () => undefined,
  });
  const press = (event: FunctionUrlEvent) => work(event, AbortSignal.timeout(1_000));
  return { press, passOn, log };
};

const REFUSED = { body: '{"text":"refused"}' };

describe('a press of the button', () => {
  it('is passed on, with who is asked and a nonce', async () => {
    const { press, passOn } = open();
    expect(await press(signed(bodyFor(VALUE)))).toMatchObject({ statusCode: 200 });
    expect(passOn).toHaveBeenCalledOnce();
    expect(passOn.mock.calls[0]).toMatchObject([
      { kind: 'approval', ...VALUE, nonce: expect.stringMatching(/^[0-9a-f]{64}$/) },
      expect.anything(),
    ]);
  });

  it('is understood in base64, as Lambda may hand it over', async () => {
    const { press, passOn } = open();
    const event = signed(bodyFor(VALUE));
    const body = Buffer.from(event.body).toString('base64');
    expect(await press({ ...event, body, isBase64Encoded: true })).toMatchObject({
      statusCode: 200,
    });
    expect(passOn).toHaveBeenCalledOnce();
  });

  it('says so when a gate no longer holds', async () => {
    const { press, passOn } = open();
    passOn.mockResolvedValue({ accepted: false, why: 'G6' });
    expect((await press(signed(bodyFor(VALUE)))).body).toContain('a gate no longer holds');
  });

  it('that declines moves nothing', async () => {
    const { press, passOn } = open();
    const answer = await press(signed(bodyFor(VALUE, DECLINE_ACTION)));
    expect(answer).toMatchObject({ statusCode: 200, body: expect.stringContaining('Nothing') });
    expect(passOn).not.toHaveBeenCalled();
  });
});

describe('a press that is refused', () => {
  const body = bodyFor(VALUE);
  const cases: [string, FunctionUrlEvent, number, string][] = [
    ['signed with another secret', signed(body, { secret: 'guessed' }), 401, 'forged'],
    ['without a signature', signed(body, { signature: '' }), 401, 'forged'],
    [
      'whose body was changed',
      { ...signed(body), body: bodyFor({ ...VALUE, epoch: 5 }) },
      401,
      'forged',
    ],
    ['recorded six minutes ago', signed(body, { atMs: NOW_MS - 360_000 }), 401, 'stale'],
    ['from six minutes ahead', signed(body, { atMs: NOW_MS + 360_000 }), 401, 'stale'],
    ['for an older epoch', signed(bodyFor({ ...VALUE, epoch: 3 })), 409, 'other-epoch'],
    [
      'for another decision',
      signed(bodyFor({ ...VALUE, decisionId: 'd-0' })),
      409,
      'other-decision',
    ],
  ];

  it.each(cases)('%s', async (_what, event, statusCode, refusal) => {
    const { press, passOn, log } = open();
    expect(await press(event)).toMatchObject({ statusCode, ...REFUSED });
    expect(passOn).not.toHaveBeenCalled();
    expect(log.warn).toHaveBeenCalledWith('approval refused', expect.objectContaining({ refusal }));
  });

  it('comes a second time', async () => {
    const { press, passOn } = open();
    expect((await press(signed(body))).statusCode).toBe(200);
    expect(await press(signed(body))).toMatchObject({ statusCode: 409, ...REFUSED });
    expect(passOn).toHaveBeenCalledOnce();
  });

  it('comes after its time', async () => {
    const { press } = open({ ...ASKED, expiresAtMs: NOW_MS });
    expect(await press(signed(body))).toMatchObject({ statusCode: 410, ...REFUSED });
  });

  it('answers no question', async () => {
    const { press } = open(null);
    expect(await press(signed(body))).toMatchObject({ statusCode: 409, ...REFUSED });
  });

  it.each([
    ['for another service', bodyFor({ ...VALUE, service: 'web' })],
    ['with another button', bodyFor(VALUE, 'delete-everything')],
    ['without a payload', 'payload='],
    ['with a value that is none', bodyFor('x')],
    ['that is no form', '{"a":1}'],
  ])('is well signed, but %s', async (_what, text) => {
    const { press, passOn } = open();
    expect(await press(signed(text))).toMatchObject({ statusCode: 400, ...REFUSED });
    expect(passOn).not.toHaveBeenCalled();
  });

  it('meets no stored secret', async () => {
    const { press } = open(ASKED, '');
    expect(await press(signed(body))).toMatchObject({ statusCode: 503, ...REFUSED });
  });

  it('is no POST, or far too long', async () => {
    const { press } = open();
    const get = { ...signed(body), requestContext: { http: { method: 'GET' } } };
    expect(await press(get)).toMatchObject({ statusCode: 405 });
    expect(await press(signed('x'.repeat(70_000)))).toMatchObject({ statusCode: 413 });
  });
});
