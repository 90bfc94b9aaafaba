/**
 * `failover deploy` of two controllers against moto: the lease in one stack, and judging and moving in one stack of each
 * controller's region, each of which is told the plan. Then another witness and observer, cut short and gone on with. By
 * a configuration with one controller all of it is taken away. moto reports every health check healthy, whatever the
 * switch says, so that the record is left as it was, as it must.
 */
import { writeFileSync } from 'node:fs';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { leaseTableOf, watchTableOf } from '../../core/deploy/deployed.ts';
import {
  judgeDeploys,
  KEYS,
  leftIn,
  openExpectations,
  openZone,
  runDeploy,
  tagAll,
} from './deployRuns.ts';
import { say } from './install.ts';

const FIRST = 'eu-central-1';
const SECOND = 'eu-west-3';
const THIRD = 'eu-west-2';
const REGIONS = ['eu-west-1', FIRST, SECOND, THIRD, 'us-east-2', 'ap-northeast-1'];

const CONFIG = `service: shop
record: shop.example.com
dns: { zone: example.com }
regions:
  primary: { name: eu-west-1, endpoint: "https://a.example.net/healthz" }
  standby: { name: ${FIRST}, endpoint: "https://b.example.net/healthz" }
  witness: ${SECOND}
observers: [${THIRD}, ${SECOND}, us-east-2]
probes: [{ kind: http }]
`;

/** Whether a table of the region has the plan of the watch, where there is such a table. */
const hasPlan = async (endpoint: string, region: string): Promise<boolean> => {
  const tables = new DynamoDBClient({ endpoint, region, credentials: KEYS });
  try {
    const Key = { pk: { S: 'WATCH#shop' }, sk: { S: 'PLAN' } };
    const found = await tables.send(new GetItemCommand({ TableName: watchTableOf('shop'), Key }));
    return found.Item !== undefined;
  } finally {
    tables.destroy();
  }
};

type Run = Awaited<ReturnType<typeof runDeploy>>;

/** Regions where stacks of a role were made. */
const wholeIn = ({ notes }: Run, role: string): string[] => {
  const line = new RegExp(`failover-drill-shop-${role} in ([\\w-]+): made, and whole`, 'g');
  return [...notes.matchAll(line)].map(([, region = '']) => region).sort();
};

/** What a dry run says of stacks that go. */
const removesOf = ({ told }: Run): string[] =>
  (told?.removes ?? []).map(({ role, region }) => `${role} ${region}`);

/** Stacks that went. */
const removedIn = ({ notes }: Run): string[] =>
  [...notes.matchAll(/failover-drill-shop-(\w+) in ([\w-]+): removed/g)]
    .map(([, role, region]) => `${role} ${region}`)
    .sort();

const judge = async (url: string, file: string): Promise<string[]> => {
  const { faults, expect } = openExpectations('two controllers');
  const zone = await openZone(url);
  const deploy = async (args: readonly string[], interruptAt?: RegExp): Promise<Run> => {
    const run = await runDeploy(url, file, args, interruptAt);
    if (run.code === 2) say(`${run.code} ${run.notes}\n${run.out}`);
    return run;
  };
  const plansIn = (...regions: string[]) => Promise.all(regions.map((at) => hasPlan(url, at)));

  const made = await deploy(['--yes']);
  expect('one stack has the lease', wholeIn(made, 'lease'), [FIRST]);
  expect('each controller has a stack', wholeIn(made, 'failover'), [FIRST, SECOND]);
  expect('each observer has one', wholeIn(made, 'watcher').length, 3);
  const left = await leftIn(url, REGIONS);
  const leases = left.filter((name) => name === `table ${leaseTableOf('shop')}`);
  expect('the lease is where they are', leases.length, 2);
  expect('both know the plan', await plansIn(FIRST, SECOND), [true, true]);
  const isLeft = /do not report what the switches say; the record is left as it is/.test(made.out);
  expect('the record is left as it was', [isLeft, await zone.answers()], [true, []]);

  const other = CONFIG.replace(`witness: ${SECOND}`, `witness: ${THIRD}`);
  writeFileSync(file, other.replace('us-east-2', 'ap-northeast-1'));
  const another = removesOf(await deploy(['--dry-run']));
  const gone = [`lease ${FIRST}`, `failover ${SECOND}`, 'watcher us-east-2'];
  expect('with another witness a dry run names what goes', another, gone);
  expect('and changes nothing', await plansIn(FIRST, SECOND), [true, true]);
  const cut = await deploy(['--yes'], new RegExp(`failover in ${SECOND}: removed`));
  expect('it is interrupted with the first one alone', cut.code, 130);
  expect('of which the plan is left', await plansIn(FIRST, SECOND), [true, false]);
  const moved = await deploy(['--yes'], /making the health checks/);
  expect('the next run makes the lease anew', wholeIn(moved, 'lease'), [FIRST]);
  expect('beside another second one', wholeIn(moved, 'failover'), [THIRD]);
  expect('and once all is there, the observer that is no more goes', removedIn(moved), [
    'watcher us-east-2',
  ]);
  expect('the second one knows the plan', await plansIn(FIRST, SECOND, THIRD), [true, false, true]);

  // Nothing more is deployed: moto fails at a third deployment, on a switch that has not changed.
  writeFileSync(file, `${CONFIG}failover: { controllers: one }\n`);
  const single = removesOf(await deploy(['--dry-run']));
  const all = [`lease ${FIRST}`, `failover ${THIRD}`, 'watcher ap-northeast-1'];
  expect('with one controller and the first observers all the others would go', single, all);
  if (faults.length > 0) say(`${moved.code} ${moved.notes}\n${moved.out}`);
  await tagAll(url, REGIONS);
  const ended = await runDeploy(url, file, ['--destroy', '--yes']);
  if (ended.code !== 0) say(`${ended.notes}\n${ended.out}`);
  expect('it is taken away', [ended.code, ended.told?.outcome], [0, 'done']);
  expect('with all that it left', await leftIn(url, REGIONS), []);
  zone.close();
  return faults;
};

/** Number of faults, each of them said. */
export const judgeTwoControllers = (): Promise<number> =>
  judgeDeploys('two controllers', CONFIG, judge);
