/**
 * `failover deploy` against moto: refused before anything is there, interrupted, gone on with, taken away but for its
 * evidence, deployed onto that, and taken away. moto makes no build projects, so it is a service that is watched and
 * not drilled.
 */
import { writeFileSync } from 'node:fs';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  judgeDeploys,
  KEYS,
  leftIn,
  MOTO_ACCOUNT,
  openExpectations,
  openZone,
  runDeploy,
  stopsOf,
  tagAll,
} from './deployRuns.ts';
import { say } from './install.ts';

const REGIONS = ['eu-west-1', 'eu-central-1'];

const CONFIG = `service: shop
record: shop.example.com
dns: { driver: record }
regions:
  primary: { name: eu-west-1, endpoint: "https://a.example.net/healthz" }
  standby: { name: eu-central-1, endpoint: "https://b.example.net/healthz" }
probes: [{ kind: http }, { kind: database, table: things }]
`;

const WATCH_TABLE = 'failover-drill-shop-watch';
const HOME = 'eu-central-1';
const RECORD = { pk: { S: 'DECISION#shop' }, sk: { S: 'shop-0-1' } };

/** A record that a deployment has kept. */
const openKept = (endpoint: string) => {
  const tables = new DynamoDBClient({ endpoint, region: HOME, credentials: KEYS });
  const keep = (): Promise<unknown> =>
    tables.send(
      new PutItemCommand({ TableName: WATCH_TABLE, Item: { ...RECORD, value: { S: '{}' } } }),
    );
  const isKept = async (): Promise<boolean> => {
    const found = await tables.send(new GetItemCommand({ TableName: WATCH_TABLE, Key: RECORD }));
    return found.Item !== undefined;
  };
  return { keep, isKept, close: () => tables.destroy() };
};

const judge = async (url: string, file: string): Promise<string[]> => {
  const { faults, expect } = openExpectations('deploy');
  const deploy = (args: readonly string[], interruptAt?: RegExp) =>
    runDeploy(url, file, args, interruptAt);

  const refused = await deploy(['--yes']);
  expect(
    'a zone that is missing is named',
    [refused.code, stopsOf(refused)],
    [2, ['zone-missing']],
  );
  expect('and nothing was made', await leftIn(url, REGIONS), []);

  const zone = await openZone(url);
  const cut = await deploy(['--yes'], /heartbeat in eu-\w+-1: made/);
  expect('an interruption ends with 130', cut.code, 130);
  const whole = await deploy(['--yes']);
  const outcomes = whole.told?.stacks.map(({ role, outcome }) => `${role} ${outcome}`) ?? [];
  if (whole.code !== 0) say(`${whole.notes}\n${whole.out}`);
  expect('the next run goes on to the end', [whole.code, whole.told?.outcome], [0, 'done']);
  expect('and leaves alone what was whole', outcomes.includes('heartbeat unchanged'), true);
  expect('the record answers with the primary', await zone.answers(), [
    '_failover.shop.example.com. TXT "epoch=0"',
    'shop.example.com. CNAME a.example.net',
  ]);

  const kept = openKept(url);
  await kept.keep();
  const left = await deploy(['--destroy', '--keep', 'evidence', '--yes']);
  expect('evidence is kept', [left.code, await kept.isKept()], [0, true]);
  const strange = await deploy(['--dry-run']);
  expect(
    'what carries no tags of ours is not taken over',
    [strange.code, stopsOf(strange)],
    [2, ['left-over', 'left-over']],
  );
  const spared = await deploy(['--destroy', '--yes']);
  const foreign = spared.told?.kept.filter((one) => one.includes('not ours by its tags')) ?? [];
  expect('and is not taken away', [spared.code, foreign.length, await kept.isKept()], [0, 2, true]);
  await tagAll(url, REGIONS);
  const dry = await deploy(['--dry-run']);
  expect(
    'what carries them is',
    [dry.code, dry.told?.stacks.flatMap(({ adopts }) => adopts)],
    [0, [`table ${WATCH_TABLE}`, `bucket failover-shop-watch-${MOTO_ACCOUNT}-${HOME}`]],
  );
  // moto takes no set back that it had before, even where the batch deletes it first.
  writeFileSync(file, CONFIG.replace('driver: record', 'driver: record, ttl: 30s'));
  const again = await deploy(['--yes']);
  if (again.code !== 0) say(`${again.notes}\n${again.out}`);
  expect('a deployment onto it is whole', [again.code, again.told?.outcome], [0, 'done']);
  expect('and reads what was kept', await kept.isKept(), true);
  kept.close();

  const gone = await deploy(['--destroy', '--yes']);
  if (gone.code !== 0) say(`${gone.notes}\n${gone.out}`);
  expect('it is taken away', [gone.code, gone.told?.outcome], [0, 'done']);
  expect('with all that it left', await leftIn(url, REGIONS), []);
  expect('and the record answers as before', await zone.answers(), [
    'shop.example.com. CNAME a.example.net',
  ]);
  zone.close();
  return faults;
};

/** Number of faults, each of them said. */
export const judgeDeployCommand = (): Promise<number> => judgeDeploys('deploy', CONFIG, judge);
