/** Things of the account that a stack leaves, or that a machine made beside one: whether they are there, and their end. */
import { CloudWatchLogsClient, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTagsOfResourceCommand,
} from '@aws-sdk/client-dynamodb';
import { DeleteRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  paginateListTaskDefinitions,
} from '@aws-sdk/client-ecs';
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const gone = async (work: Promise<unknown>, ...names: string[]): Promise<boolean> => {
  try {
    await work;
    return true;
  } catch (error) {
    if (isAwsError(error, ...names)) return false;
    throw error;
  }
};

type Tags = Readonly<Record<string, string>>;

const tagsOf = (set: readonly { Key?: string | undefined; Value?: string | undefined }[]): Tags =>
  Object.fromEntries(set.map(({ Key = '', Value = '' }) => [Key, Value]));

const openBuckets = (settings: SdkSettings) => {
  const s3 = new S3Client({ forcePathStyle: true, ...settings });
  const NO_BUCKET = ['NotFound', 'NoSuchBucket'];
  const exists = (Bucket: string): Promise<boolean> =>
    gone(s3.send(new HeadBucketCommand({ Bucket })), ...NO_BUCKET);

  const tags = async (Bucket: string): Promise<Tags> => {
    try {
      return tagsOf((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet ?? []);
    } catch (error) {
      if (isAwsError(error, 'NoSuchTagSet')) return {};
      throw error;
    }
  };

  /** Every version of every object, and what marks deleted ones. @returns how many there were */
  const empty = async (Bucket: string): Promise<number> => {
    let count = 0;
    for (;;) {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket }));
      const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(
        ({ Key, VersionId }) => ({ Key, VersionId }),
      );
      if (Objects.length === 0) return count;
      const answer = await s3.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      );
      const [failed] = answer.Errors ?? [];
      if (failed) throw new Error(`${failed.Key} of ${Bucket} stays: ${failed.Message}`);
      count += Objects.length;
    }
  };
  const remove = async (Bucket: string): Promise<void> => {
    await gone(s3.send(new DeleteBucketCommand({ Bucket })), ...NO_BUCKET);
  };
  return { exists, tags, empty, remove, close: () => s3.destroy() };
};

export const openLeftOvers = (region: string, sdk: SdkSettings = {}) => {
  const settings = { maxAttempts: MAX_ATTEMPTS, ...sdk, region };
  const buckets = openBuckets(settings);
  const dynamodb = new DynamoDBClient(settings);
  const ecr = new ECRClient(settings);
  const ecs = new ECSClient(settings);
  const ssm = new SSMClient(settings);
  const logs = new CloudWatchLogsClient(settings);

  const hasTable = (TableName: string): Promise<boolean> =>
    gone(dynamodb.send(new DescribeTableCommand({ TableName })), 'ResourceNotFoundException');

  /** Of a table that is there. */
  const tableTags = async (TableName: string): Promise<Tags> => {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    const found: Record<string, string> = {};
    let NextToken: string | undefined;
    do {
      const page = await dynamodb.send(
        new ListTagsOfResourceCommand({ ResourceArn: Table?.TableArn, NextToken }),
      );
      Object.assign(found, tagsOf(page.Tags ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  };

  const removeTable = (TableName: string): Promise<boolean> =>
    gone(dynamodb.send(new DeleteTableCommand({ TableName })), 'ResourceNotFoundException');

  /** With its images. */
  const removeRepository = (repositoryName: string): Promise<boolean> =>
    gone(
      ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true })),
      'RepositoryNotFoundException',
    );

  const removeParameter = (Name: string): Promise<boolean> =>
    gone(ssm.send(new DeleteParameterCommand({ Name })), 'ParameterNotFound');

  const removeLogGroup = (logGroupName: string): Promise<boolean> =>
    gone(logs.send(new DeleteLogGroupCommand({ logGroupName })), 'ResourceNotFoundException');

  /**
   * Those that drills have registered: their families begin with `prefix`, and their role is below `rolePath`, as the
   * name of another service may begin so too. Nothing starts from them any more. @returns how many there were
   */
  const retireTaskDefinitions = async (prefix: string, rolePath: string): Promise<number> => {
    const arns: string[] = [];
    for await (const page of paginateListTaskDefinitions({ client: ecs }, { status: 'ACTIVE' })) {
      arns.push(...(page.taskDefinitionArns ?? []));
    }
    let retired = 0;
    for (const arn of arns) {
      if (arn.split('/').at(-1)?.startsWith(prefix) !== true) continue;
      const { taskDefinition } = await ecs.send(
        new DescribeTaskDefinitionCommand({ taskDefinition: arn }),
      );
      if (taskDefinition?.executionRoleArn?.includes(`:role${rolePath}`) !== true) continue;
      await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
      retired += 1;
    }
    return retired;
  };

  const close = (): void => {
    buckets.close();
    for (const client of [dynamodb, ecr, ecs, ssm, logs]) client.destroy();
  };
  return {
    buckets,
    hasTable,
    tableTags,
    removeTable,
    removeRepository,
    removeParameter,
    removeLogGroup,
    retireTaskDefinitions,
    close,
  };
};

export type LeftOvers = ReturnType<typeof openLeftOvers>;
