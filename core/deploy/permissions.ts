/** What whoever deploys must be allowed to do: by CloudFormation in their name, and by themselves. */
import { isTree, type Stack } from '../lint/model.ts';

/**
 * Actions that CloudFormation calls to make, change, read and delete a resource of a type, from the handlers of
 * its registry, with those of osls on its buckets. `npm run test:peers -- handlers` compares them with the
 * handlers, and names what of them is left out and why.
 */
export const ACTIONS_BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  'AWS::Lambda::Function': [
    'lambda:CreateFunction',
    'lambda:DeleteFunction',
    'lambda:GetFunction',
    'lambda:TagResource',
    'lambda:UpdateFunctionCode',
    'lambda:UpdateFunctionConfiguration',
  ],
  'AWS::Lambda::Permission': [
    'lambda:AddPermission',
    'lambda:GetPolicy',
    'lambda:RemovePermission',
  ],
  'AWS::Lambda::Url': [
    'lambda:CreateFunctionUrlConfig',
    'lambda:DeleteFunctionUrlConfig',
    'lambda:GetFunctionUrlConfig',
    'lambda:UpdateFunctionUrlConfig',
  ],
  'AWS::Lambda::EventInvokeConfig': [
    'lambda:DeleteFunctionEventInvokeConfig',
    'lambda:GetFunctionEventInvokeConfig',
    'lambda:PutFunctionEventInvokeConfig',
    'lambda:UpdateFunctionEventInvokeConfig',
  ],
  'AWS::IAM::Role': [
    'iam:CreateRole',
    'iam:DeleteRole',
    'iam:DeleteRolePolicy',
    'iam:GetRole',
    'iam:GetRolePolicy',
    'iam:ListAttachedRolePolicies',
    'iam:ListRolePolicies',
    'iam:PassRole',
    'iam:PutRolePolicy',
    'iam:TagRole',
    'iam:UpdateAssumeRolePolicy',
  ],
  'AWS::Logs::LogGroup': [
    'logs:CreateLogGroup',
    'logs:DeleteLogGroup',
    'logs:DescribeLogGroups',
    'logs:ListTagsForResource',
    'logs:PutRetentionPolicy',
    'logs:TagResource',
  ],
  'AWS::S3::Bucket': [
    's3:CreateBucket',
    's3:DeleteBucket',
    's3:GetObject',
    's3:ListBucket',
    's3:PutBucketPublicAccessBlock',
    's3:PutBucketTagging',
    's3:PutBucketVersioning',
    's3:PutEncryptionConfiguration',
    's3:PutLifecycleConfiguration',
    's3:PutObject',
  ],
  'AWS::S3::BucketPolicy': ['s3:DeleteBucketPolicy', 's3:GetBucketPolicy', 's3:PutBucketPolicy'],
  'AWS::DynamoDB::Table': [
    'dynamodb:CreateTable',
    'dynamodb:DeleteTable',
    'dynamodb:DescribeContinuousBackups',
    'dynamodb:DescribeTable',
    'dynamodb:DescribeTimeToLive',
    'dynamodb:ListTagsOfResource',
    'dynamodb:TagResource',
    'dynamodb:UpdateContinuousBackups',
    'dynamodb:UpdateTable',
    'dynamodb:UpdateTimeToLive',
  ],
  'AWS::EC2::SecurityGroup': [
    'ec2:AuthorizeSecurityGroupIngress',
    'ec2:CreateSecurityGroup',
    'ec2:CreateTags',
    'ec2:DeleteSecurityGroup',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcs',
    'ec2:RevokeSecurityGroupIngress',
  ],
  'AWS::ECR::Repository': [
    'ecr:CreateRepository',
    'ecr:DeleteRepository',
    'ecr:DescribeRepositories',
    'ecr:PutImageTagMutability',
    'ecr:PutLifecyclePolicy',
    'ecr:TagResource',
  ],
  'AWS::ECS::Cluster': [
    'ecs:CreateCluster',
    'ecs:DeleteCluster',
    'ecs:DescribeClusters',
    'ecs:PutClusterCapacityProviders',
    'ecs:TagResource',
    'ecs:UpdateCluster',
  ],
  'AWS::CodeBuild::Project': [
    'codebuild:BatchGetProjects',
    'codebuild:CreateProject',
    'codebuild:DeleteProject',
    'codebuild:UpdateProject',
  ],
  'AWS::ECS::TaskDefinition': [
    'ecs:DeregisterTaskDefinition',
    'ecs:DescribeTaskDefinition',
    'ecs:ListTagsForResource',
    'ecs:RegisterTaskDefinition',
    'ecs:TagResource',
  ],
  'AWS::ECS::Service': [
    'ecs:CreateService',
    'ecs:DeleteService',
    'ecs:DescribeServiceDeployments',
    'ecs:DescribeServices',
    'ecs:ListServiceDeployments',
    'ecs:ListTagsForResource',
    'ecs:TagResource',
    'ecs:UpdateService',
  ],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': [
    'elasticloadbalancing:AddTags',
    'elasticloadbalancing:CreateLoadBalancer',
    'elasticloadbalancing:DeleteLoadBalancer',
    'elasticloadbalancing:DescribeLoadBalancerAttributes',
    'elasticloadbalancing:DescribeLoadBalancers',
    'elasticloadbalancing:DescribeTags',
    'elasticloadbalancing:ModifyLoadBalancerAttributes',
  ],
  'AWS::ElasticLoadBalancingV2::TargetGroup': [
    'elasticloadbalancing:AddTags',
    'elasticloadbalancing:CreateTargetGroup',
    'elasticloadbalancing:DeleteTargetGroup',
    'elasticloadbalancing:DescribeTags',
    'elasticloadbalancing:DescribeTargetGroupAttributes',
    'elasticloadbalancing:DescribeTargetGroups',
    'elasticloadbalancing:DescribeTargetHealth',
    'elasticloadbalancing:ModifyTargetGroup',
    'elasticloadbalancing:ModifyTargetGroupAttributes',
  ],
  'AWS::ElasticLoadBalancingV2::Listener': [
    'elasticloadbalancing:AddTags',
    'elasticloadbalancing:CreateListener',
    'elasticloadbalancing:DeleteListener',
    'elasticloadbalancing:DescribeListenerAttributes',
    'elasticloadbalancing:DescribeListeners',
    'elasticloadbalancing:DescribeTags',
    'elasticloadbalancing:ModifyListener',
  ],
  'AWS::StepFunctions::StateMachine': [
    'states:CreateStateMachine',
    'states:DeleteStateMachine',
    'states:DescribeStateMachine',
    'states:ListTagsForResource',
    'states:TagResource',
    'states:UpdateStateMachine',
  ],
  'AWS::Scheduler::Schedule': [
    'scheduler:CreateSchedule',
    'scheduler:DeleteSchedule',
    'scheduler:GetSchedule',
    'scheduler:UpdateSchedule',
  ],
  'AWS::Events::Rule': [
    'events:DeleteRule',
    'events:DescribeRule',
    'events:ListTargetsByRule',
    'events:PutRule',
    'events:PutTargets',
    'events:RemoveTargets',
    'events:TagResource',
  ],
  'AWS::CloudWatch::Alarm': [
    'cloudwatch:DeleteAlarms',
    'cloudwatch:DescribeAlarms',
    'cloudwatch:ListTagsForResource',
    'cloudwatch:PutMetricAlarm',
    'cloudwatch:TagResource',
  ],
  'AWS::SQS::Queue': [
    'sqs:CreateQueue',
    'sqs:DeleteQueue',
    'sqs:GetQueueAttributes',
    'sqs:GetQueueUrl',
    'sqs:ListQueueTags',
    'sqs:SetQueueAttributes',
    'sqs:TagQueue',
  ],
  'AWS::SQS::QueuePolicy': ['sqs:SetQueueAttributes'],
  'AWS::SNS::Topic': [
    'sns:CreateTopic',
    'sns:DeleteTopic',
    'sns:GetTopicAttributes',
    'sns:ListTagsForResource',
    'sns:SetTopicAttributes',
    'sns:TagResource',
  ],
  'AWS::SNS::TopicPolicy': ['sns:SetTopicAttributes'],
  'AWS::SNS::Subscription': [
    'sns:GetSubscriptionAttributes',
    'sns:SetSubscriptionAttributes',
    'sns:Subscribe',
    'sns:Unsubscribe',
  ],
};

const ON_STACKS = [
  'cloudformation:CreateStack',
  'cloudformation:DeleteStack',
  'cloudformation:DescribeStackEvents',
  'cloudformation:DescribeStacks',
  'cloudformation:ListStackResources',
  'cloudformation:UpdateStack',
];

const ON_ZONE = ['route53:ChangeResourceRecordSets', 'route53:ListResourceRecordSets'];
const ON_CHECKS = ['route53:CreateHealthCheck', 'route53:GetHealthCheckStatus'];
const ON_SWITCH_KEY = ['ssm:GetParameter', 'ssm:PutParameter'];

/** Actions that are asked for on one resource that stands for all of its kind. */
export type Need = { readonly actions: readonly string[]; readonly resource: string };

type Asked = {
  readonly accountId: string;
  readonly stacks: readonly (Stack & { readonly name: string })[];
  /** Null where no record is touched. */
  readonly zoneId: string | null;
  /** SSM parameter of the key that signs the switch, with its region; null without one. */
  readonly switchKey: { readonly region: string; readonly name: string } | null;
};

const arnIn = (properties: unknown): string | undefined => {
  const arn = isTree(properties) ? properties['Arn'] : undefined;
  return typeof arn === 'string' ? arn : undefined;
};

/** One need for each type and stack: a policy often names regions, or the names that a service's things have. */
export const needsOf = ({ accountId, stacks, zoneId, switchKey }: Asked): Need[] => {
  const needs = new Map<string, Need>();
  for (const { name, region, resources } of stacks) {
    const stackArn = `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/*`;
    needs.set(`stack ${region}`, { actions: ON_STACKS, resource: stackArn });
    for (const { type, properties } of Object.values(resources)) {
      const actions = ACTIONS_BY_TYPE[type];
      const resource = arnIn(properties);
      const at = type === 'AWS::IAM::Role' || type === 'AWS::S3::Bucket' ? '' : region;
      if (actions === undefined || resource === undefined) continue;
      needs.set(`${type} ${at}`, { actions, resource });
    }
  }
  const zone =
    zoneId === null
      ? []
      : [{ actions: ON_ZONE, resource: `arn:aws:route53:::hostedzone/${zoneId}` }];
  const key =
    switchKey === null
      ? []
      : [
          {
            actions: ON_SWITCH_KEY,
            resource: `arn:aws:ssm:${switchKey.region}:${accountId}:parameter${switchKey.name}`,
          },
          { actions: ON_CHECKS, resource: '*' },
        ];
  return [...needs.values(), ...zone, ...key];
};
