// Goal: what was deployed goes away in reverse, emptied first; the record goes on answering; what is kept stays.
// Method: SDK clients whose answers are made up, and the calls that they got.
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { DeleteRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  ChangeResourceRecordSetsCommand,
  DeleteHealthCheckCommand,
  ListHealthChecksCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import {
  DeleteObjectsCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { openAws } from '../../../cli/deploy/look.ts';
import { removeStacks } from '../../../cli/deploy/remove.ts';
import { unhook } from '../../../cli/deploy/unhook.ts';
import type { PlannedStack } from '../../../core/deploy/stacks.ts';
import type { WatchPlan } from '../../../events/watchPlan.ts';
import { mockedClient } from '../../support/mockedClient.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';

const cloudFormation = mockedClient(CloudFormationClient);
const s3 = mockedClient(S3Client);
const ecr = mockedClient(ECRClient);
const route53 = mockedClient(Route53Client);

const signal = new AbortController().signal;
const planned: PlannedStack[] = ['serving', 'control', 'failover'].map((role) => ({
  role,
  region: 'eu-central-1',
  name: `failover-drill-shop-${role}`,
  resources: [],
}));

/** Stacks that are gone once they are deleted. */
const stacksAre = (status: (name: string) => string | null): void => {
  const gone = new Set<string>();
  cloudFormation.on(DescribeStacksCommand).callsFake((input) => {
    const found = gone.has(input.StackName) ? null : status(input.StackName);
    if (found === null) {
      throw Object.assign(new Error('Stack x does not exist'), { name: 'ValidationError' });
    }
    return {
      Stacks: [{ StackName: input.StackName, StackStatus: found, CreationTime: new Date(0) }],
    };
  });
  cloudFormation.on(DeleteStackCommand).callsFake((input) => {
    if (status(input.StackName) !== 'DELETE_FAILED') gone.add(input.StackName);
    return {};
  });
  cloudFormation.on(ListStackResourcesCommand).resolves({
    StackResourceSummaries: [
      ['ServerlessDeploymentBucket', 'AWS::S3::Bucket', 'archives'],
      ['Bucket', 'AWS::S3::Bucket', 'evidence'],
      ['ImageRepository', 'AWS::ECR::Repository', 'images'],
    ].map(([LogicalResourceId, ResourceType, PhysicalResourceId]) => ({
      ...{ LogicalResourceId, ResourceType, PhysicalResourceId },
      ResourceStatus: 'CREATE_COMPLETE' as const,
      LastUpdatedTimestamp: new Date(0),
    })),
  });
  cloudFormation.on(DescribeStackEventsCommand).resolves({
    StackEvents: [
      {
        ...{ StackId: 'x', EventId: '1', StackName: 'x', Timestamp: new Date(0) },
        LogicalResourceId: 'Cluster',
        ResourceStatus: 'DELETE_FAILED',
        ResourceStatusReason: 'The Cluster cannot be deleted while Tasks are active.',
      },
    ],
  });
  s3.on(HeadBucketCommand).resolves({});
  s3.on(ListObjectVersionsCommand)
    .resolvesOnce({
      Versions: [{ Key: 'a.zip', VersionId: '1' }],
      DeleteMarkers: [{ Key: 'b', VersionId: '2' }],
    })
    .resolves({});
  s3.on(DeleteObjectsCommand).resolves({});
  ecr.on(DeleteRepositoryCommand).resolves({});
};

const remove = async () => {
  const aws = openAws();
  try {
    return await removeStacks(aws, planned, { note: () => {}, signal });
  } finally {
    aws.close();
  }
};

describe('removing stacks', () => {
  it('goes backwards, and empties what CloudFormation would not delete, and nothing else', async () => {
    stacksAre((name) => (name.endsWith('serving') ? null : 'UPDATE_COMPLETE'));
    expect(await remove()).toEqual(['absent', 'removed', 'removed']);
    const deleted = cloudFormation
      .commandCalls(DeleteStackCommand)
      .map(({ args }) => args[0].input.StackName);
    expect(deleted).toEqual(['failover-drill-shop-failover', 'failover-drill-shop-control']);
    const emptied = s3.commandCalls(DeleteObjectsCommand).map(({ args }) => args[0].input);
    expect(emptied.map(({ Bucket }) => Bucket)).toEqual(['archives']);
    expect(emptied[0]?.Delete?.Objects).toHaveLength(2);
    expect(ecr.commandCalls(DeleteRepositoryCommand)[0]?.args[0].input).toEqual({
      repositoryName: 'images',
      force: true,
    });
  });

  it('removes what failed too, and tells why something stays', async () => {
    stacksAre((name) => (name.endsWith('control') ? 'DELETE_FAILED' : 'ROLLBACK_COMPLETE'));
    await expect(remove()).rejects.toMatchObject({
      name: 'DeployFailed',
      message: expect.stringContaining(
        'Cluster: The Cluster cannot be deleted while Tasks are active.',
      ),
    });
    expect(cloudFormation.commandCalls(DeleteStackCommand)).toHaveLength(2);
  });
});

describe('the record', () => {
  const plan: WatchPlan = {
    ...watchPlanWith(),
    switch: {
      driver: 'quorum',
      objects: [{ region: 'eu-north-1', bucket: 'b', key: 'switch/shop/0a1b2c3d-ffff' }],
      signingParameter: null,
    },
  };
  const checksAre = (...references: string[]): void => {
    route53.on(DeleteHealthCheckCommand).resolves({});
    route53.on(ListHealthChecksCommand).resolves({
      HealthChecks: references.map((CallerReference, at) => ({
        Id: String(at),
        CallerReference,
        HealthCheckConfig: { Type: 'HTTPS_STR_MATCH' },
        HealthCheckVersion: 1,
      })),
      Marker: '',
      IsTruncated: false,
      MaxItems: 100,
    });
  };
  const pair = (['PRIMARY', 'SECONDARY'] as const).map((Failover) => ({
    Name: `${plan.record}.`,
    Type: 'A' as const,
    TTL: 60,
    ResourceRecords: [{ Value: '192.0.2.1' }],
    SetIdentifier: Failover.toLowerCase(),
    Failover,
    ...(Failover === 'PRIMARY' ? { HealthCheckId: 'sum' } : {}),
  }));

  it('answers in one change as it did, and its health checks go, the one over them first', async () => {
    route53.on(ListResourceRecordSetsCommand).resolves({ ResourceRecordSets: pair });
    route53.on(ChangeResourceRecordSetsCommand).resolves({});
    route53.on(DeleteHealthCheckCommand).resolves({});
    checksAre(
      'shop 0a1b2c3d switch eu-west-1',
      'shop 0a1b2c3d primary may serve',
      'shop ffffffff switch x',
      'other',
    );
    expect(await unhook(plan, plan.standby, true, signal)).toBe(true);
    const [change, ...others] = route53.commandCalls(ChangeResourceRecordSetsCommand);
    expect(others).toEqual([]);
    const changes = change?.args[0].input.ChangeBatch?.Changes ?? [];
    expect(changes.map(({ Action }) => Action)).toEqual(['DELETE', 'DELETE', 'CREATE']);
    expect(changes.at(-1)?.ResourceRecordSet).toMatchObject({
      Name: plan.record,
      ResourceRecords: (plan.targets[1].answers.A ?? []).map((Value) => ({ Value })),
    });
    expect(changes.at(-1)?.ResourceRecordSet?.Failover).toBeUndefined();
    const removed = route53
      .commandCalls(DeleteHealthCheckCommand)
      .map(({ args }) => args[0].input.HealthCheckId);
    expect(removed).toEqual(['1', '0']);
  });

  it('goes, where the service that it answers for is removed after it', async () => {
    route53.on(ListResourceRecordSetsCommand).resolves({ ResourceRecordSets: pair });
    route53.on(ChangeResourceRecordSetsCommand).resolves({});
    checksAre();
    expect(await unhook(plan, plan.primary, false, signal)).toBe(true);
    const [change] = route53.commandCalls(ChangeResourceRecordSetsCommand);
    const changes = change?.args[0].input.ChangeBatch?.Changes ?? [];
    expect(changes.map(({ Action }) => Action)).toEqual(['DELETE', 'DELETE']);
  });

  it('that is off the switch already is not touched', async () => {
    route53.on(ListResourceRecordSetsCommand).resolves({
      ResourceRecordSets: [
        { Name: `${plan.record}.`, Type: 'A', TTL: 60, ResourceRecords: [{ Value: '192.0.2.1' }] },
      ],
    });
    checksAre('shop 0a1b2c3d switch eu-west-1');
    expect(await unhook(plan, plan.primary, true, signal)).toBe(false);
    expect(route53.commandCalls(ChangeResourceRecordSetsCommand)).toEqual([]);
    // Checks that were made for it, and never put there, cost money.
    expect(route53.commandCalls(DeleteHealthCheckCommand)).toHaveLength(1);
  });
});
