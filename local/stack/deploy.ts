/**
 * Deploys `serverless.yml` to the embedded cloud: the same functions, environment, definitions and
 * schedules that go to AWS, made through the services' own APIs. Safe to repeat.
 */
import path from 'node:path';
import * as z from 'zod';
import type { SdkSettings } from '../../aws/sdk.ts';
import { DrillError } from '../../core/errors.ts';
import type { Iam } from '../iam/iam.ts';
import type { Lambda } from '../lambda/service.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import { openClients } from './clients.ts';
import { judgeConditions, type References, resolveIntrinsics } from './intrinsics.ts';
import { TYPES_LEFT_OUT } from './leftOut.ts';
import type { Made } from './made.ts';
import { makerOf, ROLE_TYPE } from './resources.ts';
import { readStack } from './stackModel.ts';
import { loadServerless, type Params, type ReadYaml } from './variables.ts';

const Template = z.object({
  service: z.string(),
  provider: z.object({
    stage: z.string(),
    environment: z.record(z.string(), z.unknown()).default({}),
  }),
  functions: z
    .record(
      z.string(),
      z.object({
        name: z.string().optional(),
        handler: z.string(),
        role: z.string(),
        package: z.object({ artifact: z.string() }),
        timeout: z.int(),
        memorySize: z.int(),
        environment: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default({}),
  resources: z.object({
    Conditions: z.record(z.string(), z.unknown()).default({}),
    Resources: z.record(
      z.string(),
      z.object({
        Type: z.string(),
        Condition: z.string().optional(),
        Properties: z.unknown(),
      }),
    ),
  }),
});

export type Deployment = {
  /** Folder that holds serverless.yml. */
  readonly folder: string;
  readonly region: string;
  readonly params: Params;
  readonly endpoint: string;
  /** How the endpoint is reached, where that is not by sockets. */
  readonly sdk?: SdkSettings;
  readonly lambda: Pick<Lambda, 'registerFunction'>;
  readonly iam: Pick<Iam, 'putRole'>;
  /** Path of the bundled module of a function folder, such as `inspect-images`. */
  readonly bundleOf: (folder: string) => string;
  /** Folders that are needed here; functions of others are left out. All unless given. */
  readonly wanted?: readonly string[];
  /** Reads a YAML file, for one who has another in its place. */
  readonly read?: ReadYaml;
};

/** The one type that is left out and referred to by its id. */
const SECURITY_GROUP = 'AWS::EC2::SecurityGroup';
const GROUP_ID = 'sg-0';

const upperFirst = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The name that the Serverless Framework gives a function's resource. */
const logicalId = (key: string): string => `${upperFirst(key)}LambdaFunction`;

/** Functions are packaged as `.build/<folder>.zip`; the folder under functions/ has the same name. */
const folderOf = (artifact: string): string => path.basename(artifact, '.zip');

const pseudo = (region: string): Readonly<Record<string, string>> => ({
  'AWS::AccountId': ACCOUNT_ID,
  'AWS::Region': region,
  'AWS::Partition': 'aws',
});

/** What others name comes first; each group is made at once. */
const RANK: Readonly<Record<string, number>> = {
  'AWS::DynamoDB::GlobalTable': 1,
  'AWS::DynamoDB::Table': 1,
  'AWS::S3::Bucket': 1,
  'AWS::ECR::Repository': 1,
  'AWS::ECS::Cluster': 1,
  'AWS::Logs::LogGroup': 1,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': 1,
  'AWS::ElasticLoadBalancingV2::TargetGroup': 1,
  'AWS::ECS::Service': 3,
  'AWS::ElasticLoadBalancingV2::ListenerRule': 3,
  'AWS::StepFunctions::StateMachine': 3,
  'AWS::Events::Rule': 4,
  'AWS::Scheduler::Schedule': 4,
};
const RANK_ELSE = 2;
/** From here on things start functions. */
const RANK_STARTERS = 3;
const RANK_LAST = 4;

export const deploy = async (deployment: Deployment): Promise<void> => {
  const { folder, region, params, endpoint, read } = deployment;
  const template = Template.parse(loadServerless(folder, params, { region }, read));
  const made = declareBeforehand(deployment);
  const conditions = judgeConditions(template.resources.Conditions);
  const references: References = {
    conditions,
    ref: (name) => pseudo(region)[name] ?? made.get(name)?.ref,
    attribute: (name, attribute) => made.get(name)?.attributes[attribute],
  };
  const nameOf = (key: string): string =>
    template.functions[key]?.name ?? `${template.service}-${template.provider.stage}-${key}`;
  for (const key of Object.keys(template.functions)) {
    const arn = `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${nameOf(key)}`;
    made.set(logicalId(key), { ref: nameOf(key), attributes: { Arn: arn } });
  }
  const resources = Object.entries(template.resources.Resources).filter(
    ([, { Type: type, Condition }]) =>
      type !== ROLE_TYPE &&
      !Object.hasOwn(TYPES_LEFT_OUT, type) &&
      (Condition === undefined || conditions.get(Condition) === true),
  );
  const clients = openClients(endpoint, region, deployment.sdk);
  const makeAll = async (rank: number): Promise<void> => {
    const group = resources.filter(([, { Type: type }]) => (RANK[type] ?? RANK_ELSE) === rank);
    await Promise.all(
      group.map(async ([name, { Type: type, Properties: properties }]) => {
        const resolved = resolveIntrinsics(properties, references);
        made.set(name, await makerOf(type, name)(resolved, clients, region));
      }),
    );
  };
  try {
    for (let rank = 0; rank < RANK_STARTERS; rank++) await makeAll(rank);
    // Before anything that starts them.
    for (const [key, declared] of Object.entries(template.functions)) {
      const bundled = folderOf(declared.package.artifact);
      if (deployment.wanted?.includes(bundled) === false) continue;
      deployment.lambda.registerFunction({
        region,
        name: nameOf(key),
        codePath: deployment.bundleOf(bundled),
        handler: declared.handler,
        timeoutS: declared.timeout,
        memoryMb: declared.memorySize,
        roleArn: attributeOf(made, declared.role),
        environment: environmentOf(
          { ...template.provider.environment, ...declared.environment },
          references,
        ),
      });
    }
    for (let rank = RANK_STARTERS; rank <= RANK_LAST; rank++) await makeAll(rank);
  } finally {
    clients.close();
  }
};

const Role = z.looseObject({
  Arn: z.string(),
  Policies: z
    .array(z.looseObject({ PolicyDocument: z.looseObject({ Statement: z.array(z.unknown()) }) }))
    .default([]),
});

/**
 * What roles may do is known before anything is made, as policies name things by ARNs that are known too;
 * so are the ARNs of what is left out, which others name.
 */
const declareBeforehand = ({
  folder,
  region,
  params,
  iam,
  read,
}: Deployment): Map<string, Made> => {
  const role = params['role'] ?? '';
  const stack = readStack({
    ...{ folder, role, region, accountId: ACCOUNT_ID, params },
    ...(read === undefined ? {} : { read }),
  });
  const made = new Map<string, Made>();
  for (const [id, { type, properties }] of Object.entries(stack.resources)) {
    if (type === ROLE_TYPE) {
      const { Arn, Policies } = Role.parse(properties);
      iam.putRole(
        Arn,
        Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
      );
      made.set(id, { ref: Arn.split('/').at(-1) ?? '', attributes: { Arn } });
    }
    const arn = properties['Arn'];
    if (Object.hasOwn(TYPES_LEFT_OUT, type) && typeof arn === 'string') {
      made.set(id, { ref: type === SECURITY_GROUP ? GROUP_ID : arn, attributes: { Arn: arn } });
    }
  }
  return made;
};

const attributeOf = (made: ReadonlyMap<string, Made>, role: string): string => {
  const arn = made.get(role)?.attributes['Arn'];
  if (arn !== undefined) return arn;
  throw new DrillError(
    'ConfigInvalid',
    `serverless.yml: a function names the role ${role}, which is not there`,
  );
};

const environmentOf = (
  declared: Readonly<Record<string, unknown>>,
  references: References,
): Record<string, string> => {
  const result = z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .safeParse(resolveIntrinsics(declared, references));
  if (result.success) return result.data;
  throw new DrillError('ConfigInvalid', `serverless.yml: environment: ${result.error.message}`);
};
