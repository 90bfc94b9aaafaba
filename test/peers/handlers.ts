/**
 * What CloudFormation calls for each type of resource, beside what `failover deploy` asks IAM about before: the
 * handlers of the registry's schemas, which cfn-lint brings along.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { ACTIONS_BY_TYPE, ADOPTED_BY_TYPE } from '../../core/deploy/handlerActions.ts';
import { CFN_LINT } from './cfnLint.ts';
import { pythonProgram, say } from './install.ts';

/** Where CloudFormation is told of every type. */
const REGION = 'us-east-1';

const Schema = z.looseObject({
  handlers: z
    .record(z.string(), z.looseObject({ permissions: z.array(z.string()).default([]) }))
    .default({}),
});

/** What handlers may call and a deployment of ours does not come to. */
const LEFT_OUT: readonly { type?: string; action: RegExp; why: string }[] = [
  {
    action:
      /^(?:kms|ec2|elasticfilesystem|s3files|s3tables|firehose|kinesis|s3:REST\.PUT|s3:GetObjectMetadata)/,
    why: 'of keys, file systems and streams, which no template names; of networks, as asked for with security groups',
  },
  { action: /:(?:Untag|RemoveTags)/, why: 'tags are never taken off' },
  {
    action: /^iam:(?:PassRole|GetRole|CreateServiceLinkedRole)$/,
    why: 'asked for with the roles; AWS has made the service-linked ones of an account in use',
  },
  {
    type: 'AWS::Lambda::Function',
    action:
      /CodeSigning|Concurrency|Recursion|Scaling|LayerVersion|RuntimeManagement|RuntimeAlias|PublishVersion|CapacityProvider|^s3:/,
    why: 'of signatures, concurrency, layers and versions, which are not used; archives are of the bucket',
  },
  {
    type: 'AWS::IAM::Role',
    action: /(?:Attach|Detach)RolePolicy|PermissionsBoundary|UpdateRole(?:Description)?$/,
    why: 'all policies are inline, and there are no boundaries, descriptions and lengths of sessions',
  },
  {
    type: 'AWS::Logs::LogGroup',
    action:
      /IndexPolic|ResourcePolic|DataProtection|BearerToken|DeletionProtection|KmsKey|LogDelivery|DeleteRetention/,
    why: 'of what else a group can have: ours have a name and an end',
  },
  {
    type: 'AWS::S3::Bucket',
    action:
      /^s3:(?:Get(?!Object$)|Delete(?!Bucket$)|Update|TagResource|ListAllMyBuckets|ListTagsForResource|CreateBucketMetadata)|Acl$|Abac|Accelerate|Analytics|CORS|Logging|Notification|ObjectLock|Ownership|Replication|Website|Tiering|Inventory|Metrics/,
    why: 'of what else a bucket can have, and reads that the handler does without',
  },
  {
    type: 'AWS::DynamoDB::Table',
    action:
      /Import|Insights|Kinesis|ResourcePolicy|Replica|^dynamodb:(?:BatchWrite|Delete|Get|Put|Update)Item$|:Query$|:Scan$|^logs:|^s3:/,
    why: 'of imports, streams, replicas and policies, which ours have not',
  },
  {
    type: 'AWS::DynamoDB::GlobalTable',
    action:
      /^application-autoscaling:|PutMetricData$|:(?:Update(?!Table$)|Enable|Disable|Disassociate|Put|Delete)[A-Z]\w+(?:Insights|Live|Backups|Destination|AutoScaling|Policy|Replica)$/,
    why: 'of scaling, streams, policies, backups and ends of items, which the table of a lease has not',
  },
  {
    type: 'AWS::ECR::Repository',
    action: /RepositoryPolicy|LifecyclePolicy|ImageScanning|ListTags/,
    why: 'of policies and scans, which ours have not; the life cycle is written, and read by nobody',
  },
  {
    type: 'AWS::ECS::Cluster',
    action: /AccountSetting|ClusterSettings|ListTags/,
    why: 'of settings, which ours leave as they are',
  },
  {
    type: 'AWS::ECS::Service',
    action: /StopServiceDeployment/,
    why: 'a deployment of the service is stopped by ECS itself, or by nobody',
  },
  {
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    action: /CapacityReservation|SetSecurityGroups|SetSubnets|SetIpAddressType|ModifyIpPools/,
    why: 'of capacity and address pools, which ours have not, and of a network, which stays',
  },
  {
    type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    action: /(?:Register|Deregister)Targets/,
    why: 'ECS registers tasks',
  },
  {
    type: 'AWS::ElasticLoadBalancingV2::Listener',
    action: /^cognito-idp:|ModifyListenerAttributes/,
    why: 'of logins and headers, which ours have not',
  },
  {
    type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
    action: /^cognito-idp:/,
    why: 'of logins, which no rule of ours asks for',
  },
  { type: 'AWS::StepFunctions::StateMachine', action: /^s3:/, why: 'definitions are inline' },
  { type: 'AWS::Events::Rule', action: /ListTags/, why: 'the handler does without' },
  {
    type: 'AWS::SNS::Topic',
    action: /DataProtection|ListSubscriptions|ubscribe$/,
    why: 'subscriptions are resources of their own, and there is no policy of data',
  },
];

/** What is asked for and no handler calls. */
const BESIDE: readonly { action: RegExp; why: string }[] = [
  { action: /^iam:PassRole$/, why: 'IAM asks for it of whoever names a role' },
  {
    action: /^s3:(?:Get|Put|Delete)Object$/,
    why: 'osls puts archives there and deletes old ones, and Lambda reads them',
  },
  {
    action: /^ec2:Describe(?:Subnets|Vpcs)$/,
    why: 'Lambda looks so at the network that a function of a drill is attached to',
  },
  {
    action: /^dynamodb:(?:Create|Delete)GlobalTableWitness$/,
    why: 'DynamoDB asks for it of whoever makes a witness; the registry does not name it',
  },
  { action: /^codebuild:/, why: 'the type has no handlers in the registry' },
];

/** A schema may name a family of actions: `dynamodb:Describe*`. */
const isNamedBy = (named: string, action: string): boolean =>
  named.endsWith('*') ? action.startsWith(named.slice(0, -1)) : action === named;

const openSchemas = async () => {
  const program = await pythonProgram(CFN_LINT, 'cfn-lint');
  const venv = path.dirname(path.dirname(program));
  const [folder] = globSync('lib/python*/site-packages/cfnlint/data/schemas', { cwd: venv });
  if (folder === undefined) throw new Error(`${CFN_LINT} brings no schemas`);
  const read = (file: string): unknown =>
    JSON.parse(readFileSync(path.join(venv, folder, file), 'utf8'));
  const files = z.record(z.string(), z.string()).parse(read(`providers/${REGION}.json`));
  return (type: string) => Schema.parse(read(`resources/${files[type]}.json`)).handlers;
};

/** Number of faults, each of them said. */
export const judgeHandlers = async (): Promise<number> => {
  const handlersOf = await openSchemas();
  const faults: string[] = [];
  const used = new Set<{ why: string }>();
  for (const [type, asked] of Object.entries(ACTIONS_BY_TYPE)) {
    // `list` is for those who look for resources without a stack.
    const called = Object.entries(handlersOf(type)).flatMap(([kind, { permissions }]) =>
      kind === 'list' ? [] : permissions,
    );
    for (const action of new Set(called)) {
      if (asked.some((one) => isNamedBy(action, one))) continue;
      const reason = LEFT_OUT.find((one) => (one.type ?? type) === type && one.action.test(action));
      if (reason) used.add(reason);
      else faults.push(`${type}: a handler calls ${action}, and nobody asks for it`);
    }
    const all = Object.values(handlersOf(type)).flatMap(({ permissions }) => permissions);
    for (const action of asked) {
      if (all.some((named) => isNamedBy(named, action))) continue;
      const reason = BESIDE.find((one) => one.action.test(action));
      if (reason) used.add(reason);
      else faults.push(`${type}: ${action} is asked for, and no handler calls it`);
    }
  }
  // What is imported is read whole.
  for (const [type, adopted] of Object.entries(ADOPTED_BY_TYPE)) {
    const asked = [...(ACTIONS_BY_TYPE[type] ?? []), ...adopted];
    const read = handlersOf(type)['read']?.permissions ?? [];
    const missed = read.filter((action) => !asked.includes(action));
    for (const action of missed) faults.push(`${type}: an import calls ${action}, unasked`);
    const beside = adopted.filter((action) => !read.includes(action));
    for (const action of beside) faults.push(`${type}: no import calls ${action}`);
  }
  for (const reason of [...LEFT_OUT, ...BESIDE]) {
    if (!used.has(reason)) faults.push(`listed for nothing: ${reason.why}`);
  }
  say(`\nhandlers of CloudFormation, by ${CFN_LINT}: ${Object.keys(ACTIONS_BY_TYPE).length} types`);
  for (const { why } of used) say(`  left aside: ${why}`);
  for (const fault of faults) say(`  FAULT ${fault}`);
  say(`${faults.length} faults`);
  return faults.length;
};
