/**
 * `osls deploy` of the stack of every role to moto's CloudFormation, as a person would deploy it; then a drill
 * started on what stands there, as far as its first state.
 */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ON_STACKS, ON_TEMPLATES } from '../../core/deploy/permissions.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { startWireServer, type WireServer } from '../../local/wire/server.ts';
import { ACCOUNT_ID, type ServiceFront } from '../../local/wire/types.ts';
import { authorization } from '../contract/endpoint.ts';
import { ROLES, type Role, serviceFolder, templates } from '../package/templates.ts';
import { relayTo } from '../support/wireServer.ts';
import { say } from './install.ts';
import { MOTO, startMoto } from './moto.ts';
import { runPlan } from './plan.ts';

const REGION = 'eu-central-1';
const DEPLOY_WITHIN_MS = 240_000;

const run = promisify(execFile);

/**
 * Types of resources that moto's CloudFormation does not list as made, and says nothing of; and rules of listeners, which
 * the copy that is deployed does not have.
 */
const LEFT_OUT: readonly string[] = [
  'AWS::CloudWatch::Alarm',
  'AWS::CodeBuild::Project',
  'AWS::DynamoDB::GlobalTable',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Url',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
];

const SCOPES = ['cloudformation', 's3', 'sts', 'iam', 'lambda', 'logs', 'ecr', 'ssm'];

const VALID = `<ValidateTemplateResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<ValidateTemplateResult><Parameters/></ValidateTemplateResult></ValidateTemplateResponse>`;

/**
 * moto answers ValidateTemplate with the first thing that cfn-lint says, warnings and other regions included. CFN
 * would not; cfn-lint judges the templates in a part of its own, so that call is answered here. Each call is noted.
 */
const validated = (front: ServiceFront, called: Set<string>): ServiceFront => ({
  ...front,
  async handle(request, call) {
    const body = new URLSearchParams(Buffer.from(request.body).toString());
    called.add(`cloudformation:${body.get('Action')}`);
    if (body.get('Action') !== 'ValidateTemplate') return front.handle(request, call);
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: new TextEncoder().encode(VALID),
    };
  },
});

const startRelay = (motoUrl: string, called: Set<string>): Promise<WireServer> => {
  const fronts = SCOPES.map((scope) => relayTo(motoUrl, scope));
  const services = fronts.map((one) =>
    one.scope === 'cloudformation' ? validated(one, called) : one,
  );
  return startWireServer({ services });
};

const rewrite = (folder: string, name: string, changes: readonly [RegExp, string][]): void => {
  const file = path.join(folder, 'resources', name);
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of changes) {
    if (!from.test(text)) throw new Error(`${name} no longer has ${from}`);
    text = text.replace(from, to);
  }
  writeFileSync(file, text);
};

/**
 * The copy that is deployed, as far as moto can follow: what it leaves out cannot be referred to, so the ARN of the build
 * project is written out. Its listeners forward to one target group (KeyError: TargetGroupArn), and its target groups
 * have no attributes (AttributeError: get_cfn_attribute), by which the two rules would be known.
 */
const fitToMoto = (folder: string): void => {
  const arn = `arn:aws:codebuild:${REGION}:${ACCOUNT_ID}:project/failover-drill-shop`;
  rewrite(folder, 'control.yml', [[/!GetAtt BuildProject\.Arn/g, arn]]);
  rewrite(folder, 'service.yml', [
    [
      /ForwardConfig:\n +TargetGroups:\n.+Weight: 100 }\n.+Weight: 0 }\n/,
      'TargetGroupArn: !Ref MainGroup\n',
    ],
    [/ {2}MainRule:[\s\S]+?(?= {2}ToHttps:)/, ''],
  ]);
};

const ec2In = async (motoUrl: string, Action: string): Promise<string> => {
  const headers = { authorization: authorization('ec2', REGION) };
  const body = new URLSearchParams({ Action, Version: '2016-11-15' });
  return (await fetch(motoUrl, { method: 'POST', headers, body })).text();
};

/** The network that moto has from the beginning: parameters of it. */
const defaultNetwork = async (motoUrl: string): Promise<string[]> => {
  const [, vpc] = /<vpcId>([^<]+)</.exec(await ec2In(motoUrl, 'DescribeVpcs')) ?? [];
  if (vpc === undefined) throw new Error('moto has no default VPC');
  const found = await ec2In(motoUrl, 'DescribeSubnets');
  const subnets = [...found.matchAll(/<subnetId>([^<]+)</g)].map(([, id]) => id).join(',');
  return [`vpc=${vpc}`, `serviceSubnets=${subnets}`, `balancerSubnets=${subnets}`];
};

type Urls = { readonly moto: string; readonly relay: string };

const deployRole = async (folder: string, role: Role, urls: Urls): Promise<void> => {
  const cli = path.join(PROJECT_FOLDER, 'node_modules/serverless/bin/serverless.js');
  const told = [`role=${role}`, 'service=shop', ...(await defaultNetwork(urls.moto))];
  const params = [...told.flatMap((one) => ['--param', one]), '--region', REGION];
  await run(process.execPath, [cli, 'deploy', ...params], {
    cwd: folder,
    timeout: DEPLOY_WITHIN_MS,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      AWS_ENDPOINT_URL: urls.relay,
      AWS_ACCESS_KEY_ID: 'AKIDLOCAL',
      AWS_SECRET_ACCESS_KEY: 'local',
      SLS_TELEMETRY_DISABLED: '1',
    },
  });
};

/** Logical ids of what stands in a stack. */
const standing = async (motoUrl: string, role: Role): Promise<Set<string>> => {
  const body = new URLSearchParams({
    Action: 'DescribeStackResources',
    Version: '2010-05-15',
    StackName: `failover-drill-shop-${role}`,
  });
  const headers = { authorization: authorization('cloudformation', REGION) };
  const response = await fetch(motoUrl, { method: 'POST', headers, body });
  const text = await response.text();
  return new Set([...text.matchAll(/<LogicalResourceId>([^<]+)</g)].map(([, id]) => id ?? ''));
};

const judgeRole = async (folder: string, role: Role, urls: Urls) => {
  const faults: string[] = [];
  try {
    await deployRole(folder, role, urls);
  } catch (error) {
    const said = String(Reflect.get(Object(error), 'stdout')) || String(error);
    faults.push(said.trim().split('\n').slice(-3).join(' '));
  }
  const { Resources } = (await templates())[role];
  const there = await standing(urls.moto, role);
  // Without an address to write to, a certificate or a role, no condition of a template holds.
  const wanted = Object.entries(Resources).filter(([, { Condition }]) => Condition === undefined);
  const missing = wanted.filter(([id]) => !there.has(id));
  const types = [...new Set(missing.map(([, { Type }]) => Type))].sort();
  for (const type of types) {
    if (!LEFT_OUT.includes(type)) faults.push(`not created, and not listed: ${type}`);
  }
  const count = wanted.length - missing.length;
  const aside = types.length > 0 ? `; without ${types.join(', ')}` : '';
  say(`  ${role}: ${count} of ${wanted.length} resources${aside}`);
  for (const fault of faults) say(`  FAULT ${role}: ${fault}`);
  return { faults: faults.length, missing: types };
};

/** Number of faults, each of them said. */
export const judgeDeployment = async (): Promise<number> => {
  say(`\nosls deploy to ${MOTO}`);
  const moto = await startMoto();
  const called = new Set<string>();
  const relay = await startRelay(moto.url, called);
  const folder = await serviceFolder();
  try {
    fitToMoto(folder);
    let faults = 0;
    const missing = new Set<string>();
    for (const role of ROLES) {
      const judged = await judgeRole(folder, role, { moto: moto.url, relay: relay.url });
      faults += judged.faults;
      for (const type of judged.missing) missing.add(type);
    }
    const needless = LEFT_OUT.filter((type) => !missing.has(type));
    for (const type of needless) say(`  FAULT listed as left out, and created: ${type}`);
    const unasked = [...called].filter((one) => ![...ON_STACKS, ...ON_TEMPLATES].includes(one));
    for (const action of unasked) say(`  FAULT osls calls ${action}, and nobody asks for it`);
    say(`  osls calls ${[...called].sort().join(', ')}`);
    return faults + needless.length + unasked.length + (await runPlan(moto.url));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await relay.close();
    await moto.stop();
  }
};
