// Goal: Slack hears of each fact once, later facts take the place of earlier ones where they can, and
// nothing about Slack is ever waited for or leaks (scenario 20).
// Method: the real function on the embedded table and SSM; Slack is a server on loopback.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSecrets } from '../../../aws/secrets.ts';
import { initialState } from '../../../core/failover/states.ts';
import { ApprovalValue } from '../../../events/approvalButton.ts';
import type { FailoverNotice } from '../../../events/failoverNotice.ts';
import type { PromotionNotice } from '../../../events/promotionNotice.ts';
import { tell } from '../../../functions/tell/run.ts';
import { destinationOf, send } from '../../../functions/tell/send.ts';
import { HOME, STANDBY, START_MS } from '../../support/failovers.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

const signal = new AbortController().signal;
const TOKEN = 'xoxb-not-a-real-token';
const PARAMETER = '/failover/shop/slack';

type Heard = { path: string; token: string; body: Record<string, unknown> };

let world: WatchWorld;
let slack: Server;
let heard: Heard[] = [];
let answers: { status: number; text: string }[] = [];
let services = 0;
let service = '';
const logged: unknown[] = [];

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
};

beforeAll(async () => {
  world = await startWatchWorld();
  slack = createServer(async (request, response) => {
    const body = JSON.parse(await bodyOf(request)) as Record<string, unknown>;
    heard.push({ path: request.url ?? '', token: request.headers.authorization ?? '', body });
    const ts = String(body['ts'] ?? `1700000000.00000${heard.length}`);
    const { status, text } = answers.shift() ?? {
      status: 200,
      text: request.url?.startsWith('/api/')
        ? JSON.stringify({ ok: true, channel: 'C1', ts })
        : 'ok',
    };
    response.writeHead(status).end(text);
  });
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  slack.closeAllConnections();
  slack.close();
  await world.close();
});
beforeEach(() => {
  heard = [];
  answers = [];
  logged.length = 0;
  service = `shop-${++services}`;
});

const base = () => `http://127.0.0.1:${(slack.address() as AddressInfo).port}`;
const webhook = () => `${base()}/services/T0/B0/secret`;
const bot = () => JSON.stringify({ token: TOKEN, channel: 'C1', api: `${base()}/api/` });

const told = async (secret: string | null, observers?: string[]) => {
  const ssm = new SSMClient(world.sdk);
  const Name = `${PARAMETER}-${service}`;
  if (secret !== null) {
    await ssm.send(new PutParameterCommand({ Name, Value: secret, Type: 'SecureString' }));
  }
  ssm.destroy();
  const plan = watchPlanWith({ service, ...(observers ? { observers } : {}) });
  await world.table.putPlan({ ...plan, slackParameter: Name });
  const log = (...words: unknown[]) => void logged.push(words);
  const run = tell({
    clock: { now: () => START_MS, monotonicMs: () => 0, sleep: async () => {} },
    log: { info: log, warn: log, error: log },
    count: () => {},
    ...{ table: world.table, secrets: openSecrets(world.sdk), send },
  });
  return (detail: FailoverNotice | PromotionNotice) => run({ detail }, signal);
};

const execution = {
  ...{ name: 'shop-0-1', decisionId: 'd1', cause: 'down' as const, from: HOME, to: STANDBY },
  ...{ epoch: 1, automatic: true },
};
let keys = 0;
const notice = (over: Partial<FailoverNotice>): FailoverNotice => ({
  ...{ service, notice: 'suspect', key: `1-${++keys}-0`, atMs: START_MS, why: '4 DOWN of 5' },
  ...{ phase: 'SUSPECT', active: HOME, other: STANDBY, epoch: 0 },
  ...{ approval: null, execution: null },
  ...over,
});
const promotion = (over: Partial<PromotionNotice>): PromotionNotice => ({
  ...{ service, promotionId: 'p', notice: 'started', key: 'p-1', atMs: START_MS, why: 'asked' },
  ...{ mode: 'canary', digest: `sha256:${'a'.repeat(64)}`, variant: 'distroless', by: 'person' },
  ...{ evidence: null, places: [] },
  ...over,
});
const headers = () =>
  heard.map(({ body }) => {
    const [first] = body['blocks'] as { text: { text: string } }[];
    return first?.text.text;
  });

describe('a webhook', () => {
  it('hears of a fact once, however often it is delivered', async () => {
    const tells = await told(webhook());
    const fact = notice({});
    expect(await tells(fact)).toEqual({ status: 'sent', reason: null });
    expect(await tells(fact)).toEqual({ status: 'already-sent', reason: null });
    expect(await tells(notice({ notice: 'cleared' }))).toMatchObject({ status: 'sent' });
    expect(headers()).toEqual([
      `${service}: ${HOME} is in doubt`,
      `${service}: ${HOME} is well again`,
    ]);
  });

  it('gets the question with buttons that name decision and epoch', async () => {
    const tells = await told(webhook());
    const approval = { decisionId: 'abc', epoch: 4, expiresAtMs: START_MS + 60_000 };
    await tells(notice({ notice: 'approval', approval, phase: 'AWAIT_APPROVAL' }));
    const blocks = heard[0]?.body['blocks'] as { elements?: { value: string }[] }[];
    const [button] = blocks.at(-1)?.elements ?? [];
    const value = ApprovalValue.parse(JSON.parse(button?.value ?? ''));
    expect(value).toEqual({ service, decisionId: 'abc', epoch: 4 });
  });

  it('that is down is tried again by who called, with the same fact', async () => {
    const tells = await told(webhook());
    const fact = notice({});
    answers = [{ status: 503, text: 'later' }];
    await expect(tells(fact)).rejects.toMatchObject({ name: 'NotifyFailed' });
    expect(await tells(fact)).toMatchObject({ status: 'sent' });
    expect(JSON.stringify(logged)).toContain('Slack was not told');
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  it('that refuses is not asked again', async () => {
    const tells = await told(webhook());
    answers = [{ status: 403, text: 'action_prohibited' }];
    expect(await tells(notice({}))).toMatchObject({
      status: 'failed',
      reason: 'HTTP 403 action_prohibited',
    });
  });
});

describe('a bot', () => {
  it('edits what was said of the same matter, and says anew what somebody must see', async () => {
    const tells = await told(bot());
    const statuses = [];
    for (const over of [
      { notice: 'suspect' },
      { notice: 'approval' },
      { notice: 'decided', execution },
      { notice: 'flipped', execution },
      { notice: 'verified', execution },
      { notice: 'failed', execution },
      { notice: 'page' },
    ] satisfies Partial<FailoverNotice>[]) {
      statuses.push((await tells(notice(over))).status);
    }
    expect(statuses).toEqual(['sent', 'sent', 'edited', 'edited', 'edited', 'sent', 'sent']);
    expect(heard.map(({ path }) => path.split('.').at(-1))).toEqual([
      ...['postMessage', 'postMessage', 'update', 'update', 'update'],
      ...['postMessage', 'postMessage'],
    ]);
    expect(new Set(heard.slice(2, 5).map(({ body }) => body['ts']))).toEqual(
      new Set(['1700000000.000002']),
    );
    expect(heard.every(({ token }) => token === `Bearer ${TOKEN}`)).toBe(true);
    expect(JSON.stringify(logged)).not.toContain(TOKEN);
  });

  it('puts the end of a promotion in the place of its beginning, each once', async () => {
    const tells = await told(bot());
    const began = promotion({ notice: 'started', key: 'p-canary-start' });
    const ended = promotion({ notice: 'rolled-back', key: 'p-canary-end', why: 'p50 is twice' });
    const statuses = [];
    for (const fact of [began, began, ended, ended]) statuses.push((await tells(fact)).status);
    expect(statuses).toEqual(['sent', 'already-sent', 'edited', 'already-sent']);
    expect(headers()).toEqual([
      `${service}: promoting distroless (sha256:aaaaaaaaaaaa)`,
      `${service}: distroless (sha256:aaaaaaaaaaaa) was rolled back`,
    ]);
    // Taking one back later is a matter of its own.
    const later = { mode: 'rollback', key: 'p-rollback-start', notice: 'started' } as const;
    expect(await tells(promotion(later))).toMatchObject({ status: 'sent' });
  });

  it('does not edit what was said of another move, or long ago', async () => {
    const tells = await told(bot());
    await tells(notice({ notice: 'decided', execution }));
    const other = { ...execution, name: 'shop-1-1' };
    expect(await tells(notice({ notice: 'flipped', execution: other }))).toMatchObject({
      status: 'sent',
    });
    const late = notice({ notice: 'verified', execution: other, atMs: START_MS + 7_200_000 });
    expect(await tells(late)).toMatchObject({ status: 'sent' });
  });

  it('says anew what it cannot edit any more', async () => {
    const tells = await told(bot());
    await tells(notice({ notice: 'suspect' }));
    answers = [{ status: 200, text: '{"ok":false,"error":"message_not_found"}' }];
    expect(await tells(notice({ notice: 'cleared' }))).toMatchObject({ status: 'sent' });
    expect(heard.at(-1)?.path).toBe('/api/chat.postMessage');
  });

  it('that Slack limits is tried again', async () => {
    const tells = await told(bot());
    answers = [{ status: 429, text: '{"ok":false,"error":"ratelimited"}' }];
    const fact = notice({});
    await expect(tells(fact)).rejects.toMatchObject({ message: 'ratelimited' });
    expect(await tells(fact)).toMatchObject({ status: 'sent' });
  });
});

describe('a verified move', () => {
  it('is told without its numbers when they cannot be read', async () => {
    const tells = await told(webhook());
    const state = initialState(HOME, STANDBY, START_MS);
    await world.table.saveState(service, {
      ...{ version: 1, state, before: state, votes: [], verdicts: [], outbox: [] },
      savedAtMs: START_MS,
    });
    const moved = { notice: 'verified' as const, execution, active: STANDBY, other: HOME };
    expect(await tells(notice(moved))).toMatchObject({ status: 'sent' });
    expect(JSON.stringify(heard)).toContain('failover report shop-0-1');
  });
});

describe('a link to the report', () => {
  it('is in what belongs to a move, and home that is ready names how traffic got away', async () => {
    const run = await told(webhook());
    const plan = await world.table.plan(service);
    if (plan === null) throw new Error('no plan');
    await world.table.putPlan({ ...plan, reportUrl: 'https://reports.example.test/{id}' });
    await world.table.putSummary(service, {
      ...{
        service,
        execution: `${service}-0-1`,
        decisionId: 'd1',
        epoch: 1,
        cause: 'down',
        from: HOME,
        to: STANDBY,
      },
      ...{ automatic: true, outcome: 'done', active: STANDBY, reason: 'proved', vantage: 'quorum' },
      ...{ startedAtMs: START_MS, finishedAtMs: START_MS + 1, timings: null, lossMs: null },
      ...{ leftovers: [], record: 'evidence', entries: 1, head: 'a'.repeat(64) },
    });
    await run(notice({ notice: 'verified', phase: 'STABILIZE', execution }));
    await run(notice({ notice: 'failback-ready', active: STANDBY, other: HOME, epoch: 1 }));
    await run(notice({}));
    const links = heard.map(({ body }) => /https:[^|>"]+/.exec(JSON.stringify(body))?.[0]);
    const base = 'https://reports.example.test';
    expect(links).toEqual([`${base}/shop-0-1`, `${base}/${service}-0-1`, undefined]);
  });
});

describe('without a place to tell', () => {
  it('says what is missing', async () => {
    expect((await (await told(null))(notice({}))).reason).toContain('is not there');
    service = `shop-${++services}`;
    expect((await (await told('nonsense'))(notice({}))).reason).toContain('neither a webhook nor');
    expect(destinationOf('{"token":"x"}')).toBeUndefined();
  });
});
