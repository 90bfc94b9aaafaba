/**
 * A stack as CloudFormation would make it of `serverless.yml`, without making anything: resources with
 * names and ARNs filled in, each with its place in its file.
 */
import path from 'node:path';
import * as z from 'zod';
import { DrillError } from '../../core/errors.ts';
import type { Resource, Stack, Tree } from '../../core/lint/model.ts';
import { judgeConditions, type References, resolveIntrinsics } from './intrinsics.ts';
import { loadServerless, type Params, type ReadYaml } from './variables.ts';

const Template = z.object({
  provider: z.object({
    stackName: z.string(),
    stackTags: z.record(z.string(), z.string()).default({}),
    logRetentionInDays: z.int().nullable().default(null),
  }),
  functions: z
    .record(
      z.string(),
      z.looseObject({
        name: z.string(),
        package: z.object({ artifact: z.string() }),
        role: z.string(),
        memorySize: z.int(),
        tracing: z.string().optional(),
      }),
    )
    .default({}),
  resources: z.object({
    Conditions: z.record(z.string(), z.unknown()).default({}),
    Resources: z
      .record(
        z.string(),
        z.looseObject({
          Type: z.string(),
          Condition: z.string().optional(),
          Properties: z.record(z.string(), z.unknown()).default({}),
          DeletionPolicy: z.string().optional(),
        }),
      )
      .default({}),
  }),
});
type Template = z.output<typeof Template>;

export type StackSource = {
  /** Folder that holds serverless.yml. */
  readonly folder: string;
  readonly role: string;
  readonly region: string;
  readonly accountId: string;
  readonly params: Params;
  /** Production unless given: names of any other begin with it. */
  readonly stage?: string;
  /** Reads a YAML file, for one who reads many stacks. */
  readonly read?: ReadYaml;
};

const FUNCTION = 'AWS::Lambda::Function';

const functionId = (key: string): string =>
  `${key.charAt(0).toUpperCase()}${key.slice(1)}LambdaFunction`;

/**
 * The name that a role gets when its template gives it none. CloudFormation makes up the end, so that
 * stacks of one name in several regions, which share one IAM, have roles of their own.
 */
const roleName = (stackName: string, id: string, region: string): string =>
  `${stackName}-${id}-${region.replaceAll('-', '').toUpperCase()}`;

/** Without an ARN where what is made of it and what changes it are granted on different ones. */
type Names = { readonly ref: string; readonly arn?: string };

/** What `Ref` and `GetAtt Arn` of a resource are, by its type; undefined for types that nothing refers to. */
const namesOf = (
  id: string,
  type: string,
  text: (property: string) => string,
  { region, accountId, stackName }: { region: string; accountId: string; stackName: string },
): Names | undefined => {
  const arn = (service: string, rest: string): string =>
    `arn:aws:${service}:${region}:${accountId}:${rest}`;
  const named = (property: string, service: string, kind: string): Names => ({
    ref: text(property),
    arn: arn(service, `${kind}${text(property)}`),
  });
  switch (type) {
    case FUNCTION:
      return named('FunctionName', 'lambda', 'function:');
    case 'AWS::IAM::Role': {
      const name = roleName(stackName, id, region);
      const at = text('Path') === 'undefined' ? '/' : text('Path');
      return { ref: name, arn: `arn:aws:iam::${accountId}:role${at}${name}` };
    }
    case 'AWS::S3::Bucket':
      return { ref: text('BucketName'), arn: `arn:aws:s3:::${text('BucketName')}` };
    case 'AWS::DynamoDB::GlobalTable':
    case 'AWS::DynamoDB::Table':
      return named('TableName', 'dynamodb', 'table/');
    case 'AWS::ECR::Repository':
      return named('RepositoryName', 'ecr', 'repository/');
    case 'AWS::CodeBuild::Project':
      return named('Name', 'codebuild', 'project/');
    case 'AWS::ECS::Cluster':
      return named('ClusterName', 'ecs', 'cluster/');
    // AWS ends its name.
    case 'AWS::EC2::SecurityGroup':
      return { ref: 'sg-0', arn: arn('ec2', 'security-group/*') };
    case 'AWS::ECS::TaskDefinition':
      return named('Family', 'ecs', 'task-definition/');
    case 'AWS::ECS::Service':
      return named('ServiceName', 'ecs', `service/${text('Cluster')}/`);
    case 'AWS::ElasticLoadBalancingV2::LoadBalancer': {
      const own = arn('elasticloadbalancing', `loadbalancer/app/${text('Name')}/0`);
      return { ref: own, arn: own };
    }
    case 'AWS::ElasticLoadBalancingV2::TargetGroup': {
      const own = arn('elasticloadbalancing', `targetgroup/${text('Name')}/0`);
      return { ref: own, arn: own };
    }
    case 'AWS::ElasticLoadBalancingV2::Listener':
      return { ref: `${text('LoadBalancerArn').replace(':loadbalancer/', ':listener/')}/0` };
    case 'AWS::Events::Rule':
      return named('Name', 'events', 'rule/');
    case 'AWS::SQS::Queue': {
      const own = arn('sqs', text('QueueName'));
      return {
        ref: own.replace(/^arn:aws:sqs:([^:]+):(\d+):/, 'https://sqs.$1.amazonaws.com/$2/'),
        arn: own,
      };
    }
    case 'AWS::SNS::Topic': {
      const own = arn('sns', text('TopicName'));
      return { ref: own, arn: own };
    }
    case 'AWS::Logs::LogGroup':
      return {
        ref: text('LogGroupName'),
        arn: arn('logs', `log-group:${text('LogGroupName')}:*`),
      };
    case 'AWS::CloudWatch::Alarm':
      return named('AlarmName', 'cloudwatch', 'alarm:');
    case 'AWS::Scheduler::Schedule':
      return named('Name', 'scheduler', 'schedule/default/');
    case 'AWS::StepFunctions::StateMachine': {
      const own = arn('states', `stateMachine:${text('StateMachineName')}`);
      return { ref: own, arn: own };
    }
    default:
      return undefined;
  }
};

type Raw = Record<string, Omit<Resource, 'properties'> & { readonly properties: Tree }>;

const rawOf = (
  { provider, functions, resources }: Template,
  role: string,
  conditions: References['conditions'],
): Raw => {
  const raw: Raw = {};
  for (const [id, declared] of Object.entries(resources.Resources)) {
    const { Type, Condition, Properties, DeletionPolicy } = declared;
    if (Condition !== undefined && conditions.get(Condition) !== true) continue;
    raw[id] = {
      type: Type,
      retained: DeletionPolicy === 'Retain',
      properties: Properties,
      place: { file: `resources/${role}.yml`, path: ['Resources', id, 'Properties'] },
    };
  }
  for (const [key, declared] of Object.entries(functions)) {
    raw[functionId(key)] = {
      type: FUNCTION,
      retained: false,
      properties: {
        FunctionName: declared.name,
        Folder: path.basename(declared.package.artifact, '.zip'),
        MemorySize: declared.memorySize,
        LogRetentionInDays: provider.logRetentionInDays,
        Tracing: declared.tracing ?? null,
        Role: { 'Fn::GetAtt': [declared.role, 'Arn'] },
      },
      place: { file: `resources/${role}.functions.yml`, path: [key] },
    };
  }
  return raw;
};

const referencesOf = (
  raw: Raw,
  stackName: string,
  { region, accountId }: StackSource,
  conditions: References['conditions'],
) => {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': accountId,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
  };
  const made = (id: string): Names | undefined => {
    const resource = raw[id];
    if (resource === undefined) return undefined;
    const text = (property: string): string =>
      String(resolveIntrinsics(resource.properties[property], references));
    return namesOf(id, resource.type, text, { region, accountId, stackName });
  };
  const references: References = {
    conditions,
    ref: (name) => pseudo[name] ?? made(name)?.ref,
    attribute: (name, attribute) => {
      if (attribute === 'Arn') return made(name)?.arn;
      if (attribute === 'TargetGroupFullName') return made(name)?.arn?.split(':').at(-1);
      const own = raw[name]?.properties[attribute];
      return own === undefined ? undefined : String(resolveIntrinsics(own, references));
    },
  };
  return { references, arnOf: (id: string) => made(id)?.arn };
};

/**
 * Every resource with its properties; one that has an ARN says so in `Arn`, and a function names the
 * folder of its code in `Folder`, with what the framework would do of its log and its traces.
 * @throws DrillError `ConfigInvalid` for a variable or an intrinsic function that is not known.
 */
export const readStack = (source: StackSource): Stack => {
  const { folder, role, region, params, stage, read } = source;
  const options = { region, ...(stage === undefined ? {} : { stage }) };
  const parsed = Template.safeParse(loadServerless(folder, { ...params, role }, options, read));
  if (!parsed.success) {
    const why = z.prettifyError(parsed.error);
    throw new DrillError('ConfigInvalid', `serverless.yml for role ${role}: ${why}`);
  }
  const conditions = judgeConditions(parsed.data.resources.Conditions);
  const raw = rawOf(parsed.data, role, conditions);
  const { stackName } = parsed.data.provider;
  const { references, arnOf } = referencesOf(raw, stackName, source, conditions);
  const resources: Record<string, Resource> = {};
  for (const [id, resource] of Object.entries(raw)) {
    const resolved = resolveIntrinsics(resource.properties, references);
    const arn = arnOf(id);
    resources[id] = {
      ...resource,
      properties: { ...Object(resolved), ...(arn === undefined ? {} : { Arn: arn }) },
    };
  }
  return { role, region, tags: parsed.data.provider.stackTags, resources };
};
