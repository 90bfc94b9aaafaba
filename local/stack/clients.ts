/** SDK clients of the one who deploys, pointed at the embedded cloud. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { SdkSettings } from '../../aws/sdk.ts';

/** Any key opens the embedded cloud: it binds to loopback and knows one account. */
export const CREDENTIALS = { accessKeyId: 'embedded', secretAccessKey: 'embedded' } as const;

/** `sdk` is how they reach it, where that is not by sockets. */
export const openClients = (endpoint: string, region: string, sdk: SdkSettings = {}) => {
  const settings = { endpoint, credentials: CREDENTIALS, maxAttempts: 3, ...sdk, region };
  const clients = {
    codebuild: new CodeBuildClient(settings),
    dynamodb: new DynamoDBClient(settings),
    ecr: new ECRClient(settings),
    ecs: new ECSClient(settings),
    elbv2: new ElasticLoadBalancingV2Client(settings),
    eventbridge: new EventBridgeClient(settings),
    logs: new CloudWatchLogsClient(settings),
    // Five calls a second for the whole account: whoever sets up waits for its turn.
    route53: new Route53Client({ ...settings, maxAttempts: 8 }),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    scheduler: new SchedulerClient(settings),
    sfn: new SFNClient(settings),
    ssm: new SSMClient(settings),
  };
  const close = () => {
    for (const client of Object.values(clients)) client.destroy();
  };
  return { ...clients, close };
};

export type Clients = ReturnType<typeof openClients>;
