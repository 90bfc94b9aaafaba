/** What the services tell IAM of the things that calls name. */
import * as z from 'zod';
import type { Dynamodb } from '../dynamodb/service.ts';
import { ACCOUNT_ID, type CallContext, type Operations } from '../wire/types.ts';
import type { Facts } from './asking.ts';

const Described = z.looseObject({
  taskDefinition: z.looseObject({
    executionRoleArn: z.string().optional(),
    taskRoleArn: z.string().optional(),
  }),
});

const asIam = (region: string): CallContext => ({
  requestId: 'iam',
  region,
  accountId: ACCOUNT_ID,
  accessKeyId: 'embedded-iam',
  sourceAddress: '127.0.0.1',
  signal: new AbortController().signal,
});

type Services = {
  readonly dynamodb: Pick<Dynamodb, 'partitionKey'>;
  readonly ecs: Operations;
  readonly s3: Operations;
};

export const iamFacts = ({ dynamodb, ecs, s3 }: Services): Facts => {
  const keys = new Map<string, string>();
  return {
    partitionKey: async (region, table) => {
      const name = `${region} ${table}`;
      const found = keys.get(name) ?? (await dynamodb.partitionKey(region, table));
      if (found !== undefined) keys.set(name, found);
      return found;
    },
    hasObject: async (region, Bucket, Key) => {
      try {
        await s3['HeadObject']?.({ Bucket, Key }, asIam(region));
        return true;
      } catch {
        return false;
      }
    },
    // Of a task definition that is not there, the service itself says so.
    taskRoles: async (region, taskDefinition) => {
      try {
        const answer = await ecs['DescribeTaskDefinition']?.({ taskDefinition }, asIam(region));
        const { executionRoleArn, taskRoleArn } = Described.parse(answer).taskDefinition;
        return [executionRoleArn ?? '', taskRoleArn ?? ''].filter((role) => role !== '');
      } catch {
        return [];
      }
    },
  };
};
