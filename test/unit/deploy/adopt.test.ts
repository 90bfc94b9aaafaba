// Goal: what was kept comes into a new stack by an import of exactly that, and a refusal leaves nothing in the way.
// Method: the calls to CloudFormation, whose answers are made up.
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import { describe, expect, it } from 'vitest';
import { openStacks } from '../../../aws/stacks.ts';
import { adoptionOf, missingTags } from '../../../core/deploy/adoption.ts';
import { retainedIn } from '../../../core/deploy/retained.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { readStack } from '../../../local/stack/stackModel.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const cloudFormation = mockedClient(CloudFormationClient);

const PLACE = { name: 'failover-drill-shop-failover', region: 'eu-central-1' };
const stack = readStack({
  folder: PROJECT_FOLDER,
  role: 'failover',
  region: PLACE.region,
  accountId: '111122223333',
  params: { service: 'shop' },
});
const adoption = adoptionOf(stack, retainedIn(stack));

describe('an adoption', () => {
  it('is of what carries every tag of the stack', () => {
    expect(missingTags(stack.tags, { ...stack.tags, team: 'x' })).toEqual([]);
    expect(missingTags(stack.tags, { ...stack.tags, service: 'shop-two' })).toEqual([
      'service=shop',
    ]);
  });
});

describe('CloudFormation', () => {
  const adopt = async (): Promise<void> => {
    const stacks = openStacks();
    try {
      await stacks.adopt(PLACE, adoption, new AbortController().signal);
    } finally {
      stacks.close();
    }
  };
  const stackIs = (StackStatus: 'IMPORT_COMPLETE' | 'IMPORT_ROLLBACK_COMPLETE'): void => {
    cloudFormation.on(DescribeStacksCommand).resolves({
      Stacks: [{ StackName: PLACE.name, StackStatus, CreationTime: new Date(0) }],
    });
  };

  it('is asked for an import of those, and the stack is awaited', async () => {
    cloudFormation.on(DescribeChangeSetCommand).resolves({ Status: 'CREATE_COMPLETE' });
    stackIs('IMPORT_COMPLETE');
    await adopt();
    const [asked] = cloudFormation.commandCalls(CreateChangeSetCommand);
    expect(asked?.args[0].input).toMatchObject({
      StackName: PLACE.name,
      ChangeSetType: 'IMPORT',
      ResourcesToImport: [
        {
          LogicalResourceId: 'WatchTable',
          ResourceType: 'AWS::DynamoDB::Table',
          ResourceIdentifier: { TableName: 'failover-drill-shop-watch' },
        },
        { LogicalResourceId: 'WatchBucket', ResourceType: 'AWS::S3::Bucket' },
      ],
    });
    expect(cloudFormation.commandCalls(ExecuteChangeSetCommand)).toHaveLength(1);
    expect(cloudFormation.commandCalls(DeleteStackCommand)).toHaveLength(0);
  });

  it('refuses, and is left with no stack, so that the next try begins anew', async () => {
    cloudFormation.on(DescribeChangeSetCommand).resolves({ Status: 'CREATE_COMPLETE' });
    stackIs('IMPORT_ROLLBACK_COMPLETE');
    cloudFormation.on(DescribeStackEventsCommand).resolves({
      StackEvents: [
        {
          ...{ StackId: 'x', EventId: '1', StackName: 'x', Timestamp: new Date(0) },
          LogicalResourceId: 'WatchTable',
          ResourceStatus: 'IMPORT_FAILED',
          ResourceStatusReason: 'it belongs to another stack',
        },
      ],
    });
    await expect(adopt()).rejects.toMatchObject({
      name: 'DeployFailed',
      message: expect.stringContaining('WatchTable: it belongs to another stack'),
    });
    expect(cloudFormation.commandCalls(DeleteStackCommand)).toHaveLength(1);
  });
});
