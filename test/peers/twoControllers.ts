/**
 * `failover deploy` of two controllers against moto: the lease in one stack, and judging and moving in one stack of each
 * controller's region, each of which is told the plan. Then taken away. moto reports every health check healthy,
 * whatever the switch says, so that the record is left as it was, as it must.
 */
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
observers: [${THIRD}, us-east-2, ap-northeast-1]
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

const judge = async (url: string, file: string): Promise<string[]> => {
  const { faults, expect } = openExpectations('two controllers');
  const zone = await openZone(url);
  const made = await runDeploy(url, file, ['--yes']);
  const wholeIn = (role: string): string[] => {
    const line = new RegExp(`failover-drill-shop-${role} in ([\\w-]+): made, and whole`, 'g');
    return [...made.notes.matchAll(line)].map(([, region = '']) => region).sort();
  };
  expect('one stack has the lease', wholeIn('lease'), [FIRST]);
  expect('each controller has a stack', wholeIn('failover'), [FIRST, SECOND]);
  expect('each observer has one', wholeIn('watcher').length, 3);
  const left = await leftIn(url, REGIONS);
  const leases = left.filter((name) => name === `table ${leaseTableOf('shop')}`);
  expect('the lease is where they are', leases.length, 2);
  expect('both know the plan', await Promise.all([FIRST, SECOND].map((at) => hasPlan(url, at))), [
    true,
    true,
  ]);
  const isLeft = /do not report what the switches say; the record is left as it is/.test(made.out);
  expect('the record is left as it was', [isLeft, await zone.answers()], [true, []]);
  if (faults.length > 0) say(`${made.code} ${made.notes}\n${made.out}`);
  await tagAll(url, REGIONS);
  const gone = await runDeploy(url, file, ['--destroy', '--yes']);
  if (gone.code !== 0) say(`${gone.notes}\n${gone.out}`);
  expect('it is taken away', [gone.code, gone.told?.outcome], [0, 'done']);
  expect('with all that it left', await leftIn(url, REGIONS), []);
  zone.close();
  return faults;
};

/** Number of faults, each of them said. */
export const judgeTwoControllers = (): Promise<number> =>
  judgeDeploys('two controllers', CONFIG, judge);
