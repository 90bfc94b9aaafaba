/**
 * `failover deploy` against moto: refused before anything is there, interrupted, gone on with, taken away but for its
 * evidence, deployed onto that, and taken away. moto makes no build projects, so it is a service that is watched and
 * not drilled.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  TagResourceCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { ListBucketsCommand, PutBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { DeployOutput } from '../../events/deployOutput.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { pythonProgram, say } from './install.ts';
import { MOTO } from './moto.ts';
import { type PeerServer, startPeer } from './server.ts';

const REGIONS = ['eu-west-1', 'eu-central-1'];

const CONFIG = `service: shop
record: shop.example.com
dns: { driver: record }
regions:
  primary: { name: eu-west-1, endpoint: "https://a.example.net/healthz" }
  standby: { name: eu-central-1, endpoint: "https://b.example.net/healthz" }
probes: [{ kind: http }]
`;

/**
 * moto takes warnings of cfn-lint for errors, which AWS does not; cfn-lint itself is another part. And it makes what a
 * change set of type IMPORT names: here that is what is there.
 */
const SERVE = `
import sys
import moto.cloudformation.models as models
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.s3.models import FakeBucket, s3_backends
models.validate_template_cfn_lint = lambda template: []
importing = []
apply = models.ChangeSet.apply
def applied(change_set):
    importing.append(change_set.change_set_type == "IMPORT")
    try:
        apply(change_set)
    finally:
        importing.pop()
models.ChangeSet.apply = applied
def find_in(kind, find):
    make = kind.create_from_cloudformation_json.__func__
    def found(cls, name, json, account, region, **rest):
        if importing[-1:] == [True]:
            return find(account, region, name)
        return make(cls, name, json, account, region, **rest)
    kind.create_from_cloudformation_json = classmethod(found)
find_in(Table, lambda account, region, name: dynamodb_backends[account][region].get_table(name))
find_in(FakeBucket, lambda account, region, name: s3_backends[account]["aws"].get_bucket(name))
from moto.server import main
main(["--host", "127.0.0.1", "--port", sys.argv[1]])
`;

/** Of moto, unless told otherwise. */
const MOTO_ACCOUNT = '123456789012';
const KEYS = { accessKeyId: 'made-up', secretAccessKey: 'made-up' };

type Ended = {
  readonly code: number | null;
  readonly told: DeployOutput | null;
  readonly notes: string;
  readonly out: string;
};

/** Runs the command; SIGINT once its notes match. */
const runDeploy = (
  endpoint: string,
  file: string,
  args: readonly string[],
  interruptAt?: RegExp,
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const command = ['cli/main.ts', 'deploy', '--config', file, '--json', ...args];
    const child = spawn(process.execPath, command, {
      cwd: PROJECT_FOLDER,
      env: {
        PATH: process.env['PATH'],
        HOME: path.dirname(file),
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      },
    });
    let out = '';
    let notes = '';
    let interrupted = false;
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      notes += chunk.toString();
      if (interrupted || !interruptAt?.test(notes)) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    child.once('error', reject);
    child.once('close', (code) => {
      const told = DeployOutput.safeParse(out === '' ? null : JSON.parse(out));
      resolve({ code, told: told.data ?? null, notes, out });
    });
  });

const stopsOf = ({ told }: Ended): string[] =>
  (told?.findings ?? []).flatMap(({ severity, check }) => (severity === 'stop' ? [check] : []));

/** What is left in the account, by its name. */
const leftIn = async (endpoint: string): Promise<string[]> => {
  const left: string[] = [];
  for (const region of REGIONS) {
    const settings = { endpoint, region, credentials: KEYS };
    const stacks = new CloudFormationClient(settings);
    const tables = new DynamoDBClient(settings);
    const { Stacks = [] } = await stacks.send(new DescribeStacksCommand({}));
    left.push(...Stacks.map(({ StackName }) => `stack ${StackName}`));
    const { TableNames = [] } = await tables.send(new ListTablesCommand({}));
    left.push(...TableNames.map((name) => `table ${name}`));
    stacks.destroy();
    tables.destroy();
  }
  const s3 = new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: KEYS,
    forcePathStyle: true,
  });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  s3.destroy();
  return [...left, ...Buckets.map(({ Name }) => `bucket ${Name}`)];
};

const WATCH_TABLE = 'failover-drill-shop-watch';
const HOME = 'eu-central-1';
const RECORD = { pk: { S: 'DECISION#shop' }, sk: { S: 'shop-0-1' } };

/** What a deployment has kept: a record in it, and the tags that CloudFormation hands on and moto does not. */
const openKept = (endpoint: string) => {
  const settings = { endpoint, region: HOME, credentials: KEYS };
  const tables = new DynamoDBClient(settings);
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const wanted = { project: 'failover-drill', service: 'shop', stage: 'prod' };
  const Tags = Object.entries(wanted).map(([Key, Value]) => ({ Key, Value }));
  const keep = (): Promise<unknown> =>
    tables.send(
      new PutItemCommand({ TableName: WATCH_TABLE, Item: { ...RECORD, value: { S: '{}' } } }),
    );
  const tag = async (): Promise<void> => {
    const ResourceArn = `arn:aws:dynamodb:${HOME}:${MOTO_ACCOUNT}:table/${WATCH_TABLE}`;
    await tables.send(new TagResourceCommand({ ResourceArn, Tags }));
    const Bucket = `failover-shop-watch-${MOTO_ACCOUNT}-${HOME}`;
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: Tags } }));
  };
  const isKept = async (): Promise<boolean> => {
    const found = await tables.send(new GetItemCommand({ TableName: WATCH_TABLE, Key: RECORD }));
    return found.Item !== undefined;
  };
  const close = (): void => {
    tables.destroy();
    s3.destroy();
  };
  return { keep, tag, isKept, close };
};

const openZone = async (endpoint: string) => {
  const route53 = new Route53Client({ endpoint, region: 'us-east-1', credentials: KEYS });
  const { HostedZone } = await route53.send(
    new CreateHostedZoneCommand({ Name: 'example.com', CallerReference: 'peer' }),
  );
  const answers = async (): Promise<string[]> => {
    const { ResourceRecordSets = [] } = await route53.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: HostedZone?.Id }),
    );
    return ResourceRecordSets.filter(({ Type }) => Type !== 'NS' && Type !== 'SOA')
      .map(({ Name, Type, ResourceRecords = [] }) => `${Name} ${Type} ${ResourceRecords[0]?.Value}`)
      .sort();
  };
  return { answers, close: () => route53.destroy() };
};

const judge = async ({ url }: PeerServer, file: string): Promise<string[]> => {
  const faults: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    if (JSON.stringify(found) === JSON.stringify(wanted)) say(`deploy: ${what}`);
    else faults.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  };
  const deploy = (args: readonly string[], interruptAt?: RegExp) =>
    runDeploy(url, file, args, interruptAt);

  const refused = await deploy(['--yes']);
  expect(
    'a zone that is missing is named',
    [refused.code, stopsOf(refused)],
    [2, ['zone-missing']],
  );
  expect('and nothing was made', await leftIn(url), []);

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
  await kept.tag();
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
  expect('with all that it left', await leftIn(url), []);
  expect('and the record answers as before', await zone.answers(), [
    'shop.example.com. CNAME a.example.net',
  ]);
  zone.close();
  return faults;
};

/** Number of faults, each of them said. */
export const judgeDeployCommand = async (): Promise<number> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'failover-peer-'));
  const file = path.join(folder, 'failover.yml');
  writeFileSync(file, CONFIG);
  await pythonProgram(MOTO, 'moto_server');
  const python = await pythonProgram(MOTO, 'python');
  const server = await startPeer(python, (port) => ['-c', SERVE, port]);
  try {
    const faults = await judge(server, file);
    for (const fault of faults) say(`FAULT deploy: ${fault}`);
    return faults.length;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};
