/** `failover deploy` run against moto, and what it has left there. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, ListTablesCommand, TagResourceCommand } from '@aws-sdk/client-dynamodb';
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
import { startPeer } from './server.ts';

/**
 * moto takes warnings of cfn-lint for errors, which AWS does not; cfn-lint itself is another part. It makes what a
 * change set of type IMPORT names: here that is what is there. And it knows no global table: here that is a table in
 * the region of each replica, of which nothing is copied.
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
from moto.core.common_models import CloudFormationModel
class GlobalTable(CloudFormationModel):
    __module__ = "moto.dynamodb.models"
    @staticmethod
    def cloudformation_name_type():
        return "TableName"
    @staticmethod
    def cloudformation_type():
        return "AWS::DynamoDB::GlobalTable"
    @classmethod
    def create_from_cloudformation_json(cls, name, json, account, region, **rest):
        regions = [replica["Region"] for replica in json["Properties"]["Replicas"]]
        made = {one: Table.create_from_cloudformation_json(name, json, account, one, **rest) for one in regions}
        made[region].delete = lambda *place: [dynamodb_backends[account][one].delete_table(name) for one in regions]
        return made[region]
from moto.server import main
main(["--host", "127.0.0.1", "--port", sys.argv[1]])
`;

/** Of moto, unless told otherwise. */
export const MOTO_ACCOUNT = '123456789012';
export const KEYS = { accessKeyId: 'made-up', secretAccessKey: 'made-up' };

export type Ended = {
  readonly code: number | null;
  readonly told: DeployOutput | null;
  readonly notes: string;
  readonly out: string;
};

/** Runs the command; SIGINT once its notes match. */
export const runDeploy = (
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

export const stopsOf = ({ told }: Ended): string[] =>
  (told?.findings ?? []).flatMap(({ severity, check }) => (severity === 'stop' ? [check] : []));

/** What is left in the account, by its name. */
export const leftIn = async (endpoint: string, regions: readonly string[]): Promise<string[]> => {
  const left: string[] = [];
  for (const region of regions) {
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

const OURS = { project: 'failover-drill', service: 'shop', stage: 'prod' };
const TAGS = Object.entries(OURS).map(([Key, Value]) => ({ Key, Value }));

/** The tags that CloudFormation hands on to tables and buckets, and moto does not. */
export const tagAll = async (endpoint: string, regions: readonly string[]): Promise<void> => {
  for (const region of regions) {
    const tables = new DynamoDBClient({ endpoint, region, credentials: KEYS });
    const { TableNames = [] } = await tables.send(new ListTablesCommand({}));
    for (const name of TableNames) {
      const ResourceArn = `arn:aws:dynamodb:${region}:${MOTO_ACCOUNT}:table/${name}`;
      await tables.send(new TagResourceCommand({ ResourceArn, Tags: TAGS }));
    }
    tables.destroy();
  }
  const settings = { endpoint, region: 'us-east-1', credentials: KEYS, forcePathStyle: true };
  const s3 = new S3Client(settings);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  for (const { Name } of Buckets) {
    await s3.send(new PutBucketTaggingCommand({ Bucket: Name, Tagging: { TagSet: TAGS } }));
  }
  s3.destroy();
};

export const openZone = async (endpoint: string) => {
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

/** What is there beside what is wanted, each of which is said. */
export const openExpectations = (part: string) => {
  const faults: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    if (JSON.stringify(found) === JSON.stringify(wanted)) say(`${part}: ${what}`);
    else faults.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  };
  return { faults, expect };
};

/** A moto of its own, and a configuration in a file. @returns the number of faults, each of them said */
export const judgeDeploys = async (
  part: string,
  config: string,
  judge: (endpoint: string, file: string) => Promise<string[]>,
): Promise<number> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'failover-peer-'));
  const file = path.join(folder, 'failover.yml');
  writeFileSync(file, config);
  await pythonProgram(MOTO, 'moto_server');
  const python = await pythonProgram(MOTO, 'python');
  const server = await startPeer(python, (port) => ['-c', SERVE, port]);
  try {
    const faults = await judge(server.url, file);
    for (const fault of faults) say(`FAULT ${part}: ${fault}`);
    return faults.length;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};
