/** An account of AWS whose answers are made up, as AWS words them: everything is right there, and nothing is there yet. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import {
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { GetBucketTaggingCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockedClient } from './mockedClient.ts';

export const awsError = (name: string, message = name) =>
  Object.assign(new Error(message), { name });

export const DEPLOYER = 'arn:aws:iam::111122223333:role/ci/deployer';

/** For one test file. `empty` answers one test. */
export const openMadeUpAccount = () => {
  const sts = mockedClient(STSClient);
  const iam = mockedClient(IAMClient);
  const cloudFormation = mockedClient(CloudFormationClient);
  const route53 = mockedClient(Route53Client);
  const dynamodb = mockedClient(DynamoDBClient);
  const s3 = mockedClient(S3Client);
  const ssm = mockedClient(SSMClient);
  const empty = (): void => {
    sts.on(GetCallerIdentityCommand).resolves({
      Account: '111122223333',
      Arn: 'arn:aws:sts::111122223333:assumed-role/deployer/me',
    });
    iam.on(GetRoleCommand).resolves({
      Role: {
        Arn: DEPLOYER,
        Path: '/ci/',
        RoleName: 'deployer',
        RoleId: 'r',
        CreateDate: new Date(0),
      },
    });
    iam.on(SimulatePrincipalPolicyCommand).resolves({ EvaluationResults: [] });
    cloudFormation
      .on(DescribeStacksCommand)
      .rejects(awsError('ValidationError', 'Stack with id failover-drill-shop does not exist'));
    route53.on(ListHostedZonesByNameCommand).resolves({
      HostedZones: [
        { Id: '/hostedzone/Z1', Name: 'example.com.', CallerReference: 'x' },
        {
          Id: '/hostedzone/Z2',
          Name: 'example.com.',
          CallerReference: 'y',
          Config: { PrivateZone: true },
        },
        { Id: '/hostedzone/Z3', Name: 'example.com.evil.', CallerReference: 'z' },
      ],
    });
    route53.on(ListResourceRecordSetsCommand).resolves({ ResourceRecordSets: [] });
    dynamodb.on(DescribeTableCommand).rejects(awsError('ResourceNotFoundException'));
    dynamodb.on(GetItemCommand).rejects(awsError('ResourceNotFoundException'));
    s3.on(HeadBucketCommand).rejects(awsError('NotFound'));
    s3.on(GetBucketTaggingCommand).rejects(awsError('NoSuchTagSet'));
  };
  return { sts, iam, cloudFormation, route53, dynamodb, s3, ssm, empty };
};
