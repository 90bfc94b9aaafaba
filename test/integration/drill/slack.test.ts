// Goal: a webhook that a person gives hears of a drill once, whatever goes wrong on the way, and its URL
// is found nowhere but in the parameter store.
// Method: a webhook server that fails in one way; then every file and every word is searched for its secret.
import { once } from 'node:events';
import { globSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, openWorkshop, writeService } from '../../support/drillCommand.ts';

const SECRET = 'B0-verySecretPartOfTheWebhook';

const workshop = openWorkshop('slack');
const data = workshop.dataDir();
const config = writeService(workshop);
afterAll(() => workshop.remove());

/** Done; with marks where this machine was too busy for its samples. */
const DONE = [0, 3];

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const answers: Answer[] = [];
const heard: string[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    heard.push(body);
    const answer = answers.shift() ?? ((_request, ok) => ok.end('ok'));
    answer(request, response);
  });
});

let webhook = '';
beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = Reflect.get(Object(server.address()), 'port');
  webhook = `http://127.0.0.1:${port}/services/T0/${SECRET}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  answers.length = 0;
  heard.length = 0;
});

const drill = (env: NodeJS.ProcessEnv): Promise<Ended> =>
  workshop.run(['drill', '--no-install', '--config', config, '--data', data], env);

const expectSecretKept = ({ stdout, stderr }: Ended): void => {
  expect(`${stdout}${stderr}`).not.toContain(SECRET);
  const files = globSync(`${data}/**/*`).filter(
    (file) => statSync(file).isFile() && !file.includes('/containers/'),
  );
  expect(files.length).toBeGreaterThan(20);
  const found = files.filter((file) => readFileSync(file).includes(SECRET));
  expect(found.map((file) => file.slice(data.length + 1))).toEqual(['ssm/eu-central-1.json']);
};

describe('a real webhook', () => {
  it('that answers 500 first hears of the drill once more, and then no more', async () => {
    answers.push((_request, response) => {
      response.statusCode = 500;
      response.end('no_text');
    });
    const ended = await drill({ FAILOVER_SLACK_WEBHOOK: webhook });
    expect(DONE, ended.stderr).toContain(ended.code);
    expect(heard).toHaveLength(2);
    expect(heard[1]).toBe(heard[0]);
    expect(JSON.parse(heard[1] ?? '').text).toContain('tiny: ');
    expect(ended.stdout).toContain('Slack: messages go to the webhook that was stored');
    expectSecretKept(ended);
  });

  it('that hangs up after it was told is not told again, and the drill is marked', async () => {
    answers.push((request) => request.socket.destroy());
    const ended = await drill({ FAILOVER_SLACK_WEBHOOK: webhook });
    expect(heard).toHaveLength(1);
    expect(ended.code, ended.stderr).toBe(3);
    expect(ended.stdout).toContain('Slack was not told: the webhook did not answer');
    expectSecretKept(ended);
  });

  it('stays until the sink is asked for', async () => {
    const ended = await drill({ FAILOVER_SLACK_WEBHOOK: '' });
    expect(DONE, ended.stderr).toContain(ended.code);
    expect(heard).toEqual([]);
    expect(ended.stdout).toContain(`Slack: messages are kept in ${data}/slack/messages.jsonl`);
    expect(readFileSync(`${data}/slack/messages.jsonl`, 'utf8').trim().split('\n')).toHaveLength(1);
  });
});
