// Goal: scenario 20 on the real function: a question asked in Slack is answered by a signed button,
// once; what is forged, stale, repeated or for another epoch is refused, and nothing waits for Slack.
// Method: the real command; its function `approve`, invoked as a function URL would invoke it.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APPROVE_ACTION } from '../../../events/approvalButton.ts';
import { FunctionUrlAnswer } from '../../../events/functionUrl.ts';
import { StatusOutput } from '../../../events/statusOutput.ts';
import { CREDENTIALS } from '../../../local/stack/clients.ts';
import { openWorkshop, type Running, type Workshop } from '../../support/drillCommand.ts';
import {
  answerOf,
  answers,
  type Endpoint,
  freePort,
  openEndpoint,
  writeWatch,
} from '../../support/watchCommand.ts';

const SECRET = 'a-secret-that-slack-knows';
const WAIT_MS = 120_000;

let workshop: Workshop;
let primary: Endpoint;
let standby: Endpoint;
let port: number;
let watch: Running;

beforeEach(async () => {
  workshop = openWorkshop('watch-approval');
  [primary, standby] = await Promise.all([openEndpoint('127.0.1.4'), openEndpoint('127.0.2.4')]);
  port = await freePort();
  const config = writeWatch(workshop, {
    ...{ primary: primary.url, standby: standby.url, dnsPort: port },
    over: { failover: '{ mode: approve, failback: manual, cooldown: 0s }' },
  });
  watch = workshop.start(['watch', '--config', config, '--data', workshop.dataDir()]);
});
afterEach(async () => {
  watch.child.kill('SIGKILL');
  await watch.ended;
  await Promise.all([primary.stop(), standby.stop()]);
  workshop.remove();
});

const sdk = () => ({
  endpoint: readFileSync(path.join(workshop.dataDir(), 'endpoint'), 'utf8').trim(),
  ...{ region: 'eu-central-1', credentials: CREDENTIALS },
});

const storeSecret = async (): Promise<void> => {
  const ssm = new SSMClient(sdk());
  const Name = '/failover/web/slack-signing-secret';
  await ssm.send(new PutParameterCommand({ Name, Value: SECRET, Type: 'SecureString' }));
  ssm.destroy();
};

type Word = { readonly decisionId: string; readonly epoch: number };

const requestFor = (word: Word, over: { secret?: string; ageS?: number } = {}) => {
  const value = JSON.stringify({ service: 'web', ...word });
  const actions = [{ action_id: APPROVE_ACTION, value }];
  const payload = JSON.stringify({ type: 'block_actions', user: { id: 'U1' }, actions });
  const body = new URLSearchParams({ payload }).toString();
  const timestamp = String(Math.floor(Date.now() / 1_000) - (over.ageS ?? 0));
  const signature = createHmac('sha256', over.secret ?? SECRET)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  return {
    version: '2.0',
    headers: { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` },
    requestContext: { http: { method: 'POST', path: '/' } },
    ...{ body, isBase64Encoded: false },
  };
};

const press = async (event: unknown): Promise<FunctionUrlAnswer> => {
  const lambda = new LambdaClient(sdk());
  try {
    const Payload = Buffer.from(JSON.stringify(event));
    const FunctionName = 'failover-drill-web-approve';
    const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload }));
    expect(answer.FunctionError).toBeUndefined();
    return FunctionUrlAnswer.parse(JSON.parse(Buffer.from(answer.Payload ?? []).toString()));
  } finally {
    lambda.destroy();
  }
};

const asked = async (): Promise<Word> => {
  const { stdout } = await workshop.run(['status', '--json', '--data', workshop.dataDir()]);
  const { approval } = StatusOutput.parse(JSON.parse(stdout));
  if (approval === null) throw new Error(`nothing is asked: ${watch.said()}`);
  return { decisionId: approval.decisionId, epoch: approval.epoch };
};

describe('an approval from Slack', () => {
  it('moves traffic when it is right, and only then', async () => {
    await watch.until(/eu-central-1 UP/, WAIT_MS);
    await watch.until(/eu-west-1 UP/, WAIT_MS);
    await storeSecret();
    await primary.stop();
    await watch.until(/approval: /, WAIT_MS);
    const word = await asked();
    const refused = { body: '{"text":"refused"}' };
    const forged = requestFor(word, { secret: 'guessed' });
    expect(await press(forged)).toMatchObject({ statusCode: 401, ...refused });
    const stale = requestFor(word, { ageS: 600 });
    expect(await press(stale)).toMatchObject({ statusCode: 401, ...refused });
    const later = requestFor({ ...word, epoch: word.epoch + 1 });
    expect(await press(later)).toMatchObject({ statusCode: 409, ...refused });
    expect(await answerOf(port)).toEqual([primary.host]);
    const right = requestFor(word);
    expect(await press(right)).toMatchObject({ statusCode: 200 });
    await answers(port, standby.host, WAIT_MS, watch);
    expect(await press(right)).toMatchObject({ statusCode: 409, ...refused });
    await watch.until(/completed: done, eu-central-1 serves at epoch 1/, WAIT_MS);
  });
});
