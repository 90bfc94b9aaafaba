/**
 * How each type of CloudFormation resource is made in the embedded cloud, through its own API. Making one
 * that is there already brings it up to date. A type or a property that is not listed is refused, but for
 * those of `leftOut.ts`, which are taken off and not run.
 */
import {
  CreateLogGroupCommand,
  PutRetentionPolicyCommand,
  type PutRetentionPolicyCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateProjectCommand,
  type CreateProjectCommandInput,
  UpdateProjectCommand,
} from '@aws-sdk/client-codebuild';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import {
  PutRuleCommand,
  type PutRuleCommandInput,
  PutTargetsCommand,
  type PutTargetsCommandInput,
} from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import {
  CreateStateMachineCommand,
  ListStateMachinesCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { isAwsError } from '../../aws/sdk.ts';
import { DrillError } from '../../core/errors.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import { withoutLeftOut } from './leftOut.ts';
import { lowerFirst, type Make } from './made.ts';
import { SERVICE_MAKERS } from './serviceResources.ts';

/** Runs `create`; where the resource is there already, runs `update` instead. */
const createOr = async (
  exists: string[],
  create: () => Promise<unknown>,
  update: () => Promise<unknown>,
): Promise<void> => {
  try {
    await create();
  } catch (error) {
    if (!isAwsError(error, ...exists)) throw error;
    await update();
  }
};

const nothing = async (): Promise<void> => {};

const Table = z.looseObject({
  TableName: z.string(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
});

const makeTable: Make = async (properties, { dynamodb }, region) => {
  const { TimeToLiveSpecification: timeToLive, ...table } = Table.parse(properties);
  await createOr(
    ['ResourceInUseException'],
    () => dynamodb.send(new CreateTableCommand(table as unknown as CreateTableCommandInput)),
    nothing,
  );
  if (timeToLive) {
    await dynamodb
      .send(
        new UpdateTimeToLiveCommand({
          TableName: table.TableName,
          TimeToLiveSpecification: timeToLive,
        }),
      )
      .catch((error: unknown) => {
        if (!isAwsError(error, 'ValidationException')) throw error;
      });
  }
  const arn = `arn:aws:dynamodb:${region}:${ACCOUNT_ID}:table/${table.TableName}`;
  return { ref: table.TableName, attributes: { Arn: arn } };
};

const places = z.array(z.strictObject({ Region: z.string() }));
const GlobalTable = z.looseObject({
  TableName: z.string(),
  MultiRegionConsistency: z.literal('STRONG'),
  Replicas: places,
  GlobalTableWitnesses: places.length(1),
});

/** As CloudFormation makes it: a table of one region, that its other regions are added to. */
const makeGlobalTable: Make = async (properties, { dynamodb }, region) => {
  const { MultiRegionConsistency, Replicas, GlobalTableWitnesses, ...table } =
    GlobalTable.parse(properties);
  const { TableName } = table;
  const others = Replicas.filter(({ Region }) => Region !== region);
  const spread = () =>
    dynamodb.send(
      new UpdateTableCommand({
        TableName,
        MultiRegionConsistency,
        ReplicaUpdates: others.map(({ Region }) => ({ Create: { RegionName: Region } })),
        GlobalTableWitnessUpdates: GlobalTableWitnesses.map(({ Region }) => ({
          Create: { RegionName: Region },
        })),
      }),
    );
  await createOr(
    ['ResourceInUseException'],
    async () => {
      await dynamodb.send(new CreateTableCommand(table as unknown as CreateTableCommandInput));
      await spread();
    },
    nothing,
  );
  const arn = `arn:aws:dynamodb:${region}:${ACCOUNT_ID}:table/${TableName}`;
  return { ref: TableName, attributes: { Arn: arn } };
};

const makeBucket: Make = async (properties, { s3 }) => {
  const { BucketName } = z.strictObject({ BucketName: z.string() }).parse(properties);
  await createOr(
    ['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'],
    () => s3.send(new CreateBucketCommand({ Bucket: BucketName })),
    nothing,
  );
  return { ref: BucketName, attributes: { Arn: `arn:aws:s3:::${BucketName}` } };
};

const makeBucketPolicy: Make = async (properties, { s3 }) => {
  const { Bucket, PolicyDocument } = z
    .strictObject({ Bucket: z.string(), PolicyDocument: z.unknown() })
    .parse(properties);
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(PolicyDocument) }));
  return { ref: Bucket, attributes: {} };
};

const makeRepository: Make = async (properties, { ecr }, region) => {
  const { RepositoryName } = z.strictObject({ RepositoryName: z.string() }).parse(properties);
  await createOr(
    ['RepositoryAlreadyExistsException'],
    () => ecr.send(new CreateRepositoryCommand({ repositoryName: RepositoryName })),
    nothing,
  );
  const arn = `arn:aws:ecr:${region}:${ACCOUNT_ID}:repository/${RepositoryName}`;
  return { ref: RepositoryName, attributes: { Arn: arn } };
};

const Project = z
  .looseObject({ Name: z.string(), Source: z.looseObject({ BuildSpec: z.string() }) })
  // The one name that CloudFormation and the API spell differently.
  .transform(({ Source: { BuildSpec: buildspec, ...source }, ...project }) => ({
    ...project,
    Source: { ...source, buildspec },
  }));

const makeProject: Make = async (properties, { codebuild }, region) => {
  const project = Project.parse(properties);
  const input = lowerFirst(project) as CreateProjectCommandInput;
  await createOr(
    ['ResourceAlreadyExistsException'],
    () => codebuild.send(new CreateProjectCommand(input)),
    () => codebuild.send(new UpdateProjectCommand(input)),
  );
  const arn = `arn:aws:codebuild:${region}:${ACCOUNT_ID}:project/${project.Name}`;
  return { ref: project.Name, attributes: { Arn: arn } };
};

const makeCluster: Make = async (properties, { ecs }, region) => {
  const { ClusterName } = z.strictObject({ ClusterName: z.string() }).parse(properties);
  await ecs.send(new CreateClusterCommand({ clusterName: ClusterName }));
  const arn = `arn:aws:ecs:${region}:${ACCOUNT_ID}:cluster/${ClusterName}`;
  return { ref: ClusterName, attributes: { Arn: arn } };
};

const LogGroup = z.strictObject({ LogGroupName: z.string(), RetentionInDays: z.int() });

const makeLogGroup: Make = async (properties, { logs }, region) => {
  const { LogGroupName: logGroupName, RetentionInDays: days } = LogGroup.parse(properties);
  await createOr(
    ['ResourceAlreadyExistsException'],
    () => logs.send(new CreateLogGroupCommand({ logGroupName })),
    nothing,
  );
  const retention: PutRetentionPolicyCommandInput = { logGroupName, retentionInDays: days };
  await logs.send(new PutRetentionPolicyCommand(retention));
  const arn = `arn:aws:logs:${region}:${ACCOUNT_ID}:log-group:${logGroupName}:*`;
  return { ref: logGroupName, attributes: { Arn: arn } };
};

const Machine = z.strictObject({
  StateMachineName: z.string(),
  StateMachineType: z.enum(['STANDARD', 'EXPRESS']),
  RoleArn: z.string(),
  Definition: z.record(z.string(), z.unknown()),
  DefinitionSubstitutions: z.record(z.string(), z.string()).default({}),
});

/** CloudFormation replaces `${Name}` inside the strings of a definition. */
const substituted = (value: unknown, names: Readonly<Record<string, string>>): unknown => {
  if (typeof value === 'string') {
    return value.replace(/\$\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
  }
  if (Array.isArray(value)) return value.map((item) => substituted(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, substituted(item, names)]),
  );
};

const makeMachine: Make = async (properties, { sfn }, region) => {
  const machine = Machine.parse(properties);
  const definition = JSON.stringify(
    substituted(machine.Definition, machine.DefinitionSubstitutions),
  );
  const { StateMachineName: name, StateMachineType: type, RoleArn: roleArn } = machine;
  const known = await sfn.send(new ListStateMachinesCommand({ maxResults: 1_000 }));
  const arn = `arn:aws:states:${region}:${ACCOUNT_ID}:stateMachine:${name}`;
  if (known.stateMachines?.some(({ stateMachineArn }) => stateMachineArn === arn)) {
    await sfn.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition, roleArn }));
  } else {
    await sfn.send(new CreateStateMachineCommand({ name, type, definition, roleArn }));
  }
  return { ref: arn, attributes: { Arn: arn, Name: name } };
};

const makeSchedule: Make = async (properties, { scheduler }, region) => {
  const schedule = z.looseObject({ Name: z.string() }).parse(properties);
  const input = schedule as unknown as CreateScheduleCommandInput;
  await createOr(
    ['ConflictException'],
    () => scheduler.send(new CreateScheduleCommand(input)),
    () => scheduler.send(new UpdateScheduleCommand(input)),
  );
  const arn = `arn:aws:scheduler:${region}:${ACCOUNT_ID}:schedule/default/${schedule.Name}`;
  return { ref: schedule.Name, attributes: { Arn: arn } };
};

const Rule = z.looseObject({
  Name: z.string(),
  EventPattern: z.unknown(),
  Targets: z.array(z.looseObject({ Id: z.string(), Arn: z.string() })),
});

const makeRule: Make = async (properties, { eventbridge }, region) => {
  const { EventPattern, Targets, ...rule } = Rule.parse(properties);
  const input = { ...rule, EventPattern: JSON.stringify(EventPattern) };
  await eventbridge.send(new PutRuleCommand(input as unknown as PutRuleCommandInput));
  await eventbridge.send(
    new PutTargetsCommand({ Rule: rule.Name, Targets } as unknown as PutTargetsCommandInput),
  );
  const arn = `arn:aws:events:${region}:${ACCOUNT_ID}:rule/${rule.Name}`;
  return { ref: rule.Name, attributes: { Arn: arn } };
};

const MAKERS: Readonly<Record<string, Make>> = {
  'AWS::DynamoDB::GlobalTable': makeGlobalTable,
  'AWS::DynamoDB::Table': makeTable,
  'AWS::S3::Bucket': makeBucket,
  'AWS::ECR::Repository': makeRepository,
  'AWS::CodeBuild::Project': makeProject,
  'AWS::ECS::Cluster': makeCluster,
  'AWS::StepFunctions::StateMachine': makeMachine,
  'AWS::Scheduler::Schedule': makeSchedule,
  'AWS::S3::BucketPolicy': makeBucketPolicy,
  'AWS::Events::Rule': makeRule,
  'AWS::Logs::LogGroup': makeLogGroup,
  ...SERVICE_MAKERS,
};

/** Made beforehand, of the whole stack. */
export const ROLE_TYPE = 'AWS::IAM::Role';

/** @throws DrillError `ConfigInvalid` for a type that the embedded cloud does not know. */
export const makerOf = (type: string, name: string): Make => {
  const make = MAKERS[type];
  if (make) {
    return (properties, clients, region) => make(withoutLeftOut(type, properties), clients, region);
  }
  throw new DrillError(
    'ConfigInvalid',
    `template: resource ${name} has type ${type}, which the embedded cloud does not know`,
  );
};
