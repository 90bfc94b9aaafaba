/** Where a policy may say `*`, and why: AWS gives the name at run time, or knows no resource for the action. */
import { type Grant, grantsOf } from './grants.ts';
import { type Found, type Stack, treeOf } from './model.ts';

export type Allowance = {
  readonly action: RegExp;
  readonly resource: RegExp;
  /** A key of IAM that the statement must bound. */
  readonly boundBy?: string;
  readonly why: string;
};

const EVERYTHING = /^\*$/;

/** Each must be used by some grant of the project's own templates; a test counts. */
export const WILDCARDS: readonly Allowance[] = [
  {
    action: /^(?:ecr:GetAuthorizationToken|ecs:DescribeTaskDefinition)$/,
    resource: EVERYTHING,
    why: 'AWS knows no resource for it',
  },
  {
    action: /^ecr:/,
    resource: /:ecr:\*:\d+:repository\/[^*]+$/,
    why: 'one named repository, in each of the serving regions',
  },
  {
    action: /^ec2:DescribeNetworkInterfaces$/,
    resource: EVERYTHING,
    why: 'EC2 knows no resource for what describes: whoever may ask for one interface may ask for all',
  },
  {
    action:
      /^ec2:(?:CreateNetworkInterface|DeleteNetworkInterface|DescribeSubnets|(?:Una|A)ssignPrivateIpAddresses)$/,
    resource: EVERYTHING,
    why: 'Lambda makes and names the interfaces of a function that is attached to a network',
  },
  {
    action: /^elasticloadbalancing:Describe(?:TargetHealth|Listeners|Rules)$/,
    resource: EVERYTHING,
    why: 'AWS knows no resource for it',
  },
  {
    action: /^elasticloadbalancing:ModifyListener$/,
    resource: /:listener\/app\/[^*]+\/\*$/,
    why: 'AWS ends the names of load balancers and listeners; of one named balancer',
  },
  {
    action: /^elasticloadbalancing:DeleteRule$/,
    resource: /:listener-rule\/app\/[^*]+\/\*$/,
    why: 'AWS ends the names of rules; of one named listener',
  },
  {
    action: /^ecs:RegisterTaskDefinition$/,
    resource: EVERYTHING,
    why: 'refusals name no definition; what is registered starts by narrower rights',
  },
  {
    action: /^ecs:TagResource$/,
    resource: /:ecs:\*:\d+:task-definition\/\*$/,
    boundBy: 'ecs:CreateAction',
    why: 'a definition that is just registered, with the tags of the one it is made of',
  },
  {
    action: /^iam:PassRole$/,
    resource: /:role\/[^*/]+-\*$/,
    why: 'the roles of the service itself begin with its name; only tasks may be given them',
  },
  {
    action: /^logs:(?:CreateLogStream|PutLogEvents)$/,
    resource: /:log-group:\/aws\/lambda\/[^*]+:\*$/,
    why: 'the streams of one named group; Lambda names them',
  },
  {
    action: /^logs:(?:CreateLogGroup|CreateLogStream|PutLogEvents|GetLogEvents)$/,
    resource: /:log-group:\/aws\/codebuild\/[^*]+(?::log-stream:)?\*$/,
    why: 'the streams of one named group; CodeBuild names them',
  },
  {
    action: /^logs:(?:CreateLogStream|PutLogEvents)$/,
    resource: /:log-group:\/failover-drill\/[^*]+:\*$/,
    why: 'the streams of one named group; ECS names them',
  },
  {
    action: /^s3:(?:GetObject|GetObjectVersion|PutObject)$/,
    resource: /^arn:aws:s3:::[^*]+\/(?:config|source|reports|evidence)\/\*$/,
    why: 'objects under one prefix, named by content, drill or failover',
  },
  {
    action: /^s3:(?:GetObject|PutObject|ListBucket)$/,
    resource: /^arn:aws:s3:::failover-[^*]+-switch-\d+-\*(?:\/switch\/\*)?$/,
    why: 'the switch regions follow from the configuration, the key cannot be guessed',
  },
  {
    action: /^ecs:RunTask$/,
    resource: /:ecs:\*:\d+:task-definition\/failover-drill-[^*]+--\*$/,
    why: 'ECS numbers task definitions, one for each arm of a drill, in each serving region',
  },
  {
    action: /^ecs:(?:DescribeTasks|StopTask)$/,
    resource: /:ecs:[^:]+:\d+:task\/[^*]+\/\*$/,
    why: 'ECS names tasks; in one named cluster of the serving regions',
  },
  {
    action: /^ecs:ListTasks$/,
    resource: EVERYTHING,
    boundBy: 'ecs:cluster',
    why: 'tasks that are still to be listed have no names; of one named cluster',
  },
  {
    action: /^ecs:(?:DescribeServices|UpdateService)$/,
    resource: /:ecs:\*:\d+:service\/[^*]+$/,
    why: 'one named service, in whichever region takes over',
  },
  {
    action: /^dynamodb:(?:GetItem|PutItem|DescribeTable)$/,
    resource: /:dynamodb:\*:\d+:table\/[^*]+$/,
    why: 'one named table, replicated to the serving regions',
  },
  {
    action: /^xray:(?:PutTraceSegments|PutTelemetryRecords|GetSamplingRules|GetSamplingTargets)$/,
    resource: EVERYTHING,
    why: 'AWS knows no resource for it',
  },
  {
    action:
      /^logs:(?:(?:Create|Get|Update|Delete)LogDelivery|ListLogDeliveries|PutResourcePolicy|Describe(?:ResourcePolicies|LogGroups))$/,
    resource: EVERYTHING,
    why: 'AWS knows no resource for handing logs over',
  },
  {
    action: /^states:SendTask(?:Success|Failure|Heartbeat)$/,
    resource: EVERYTHING,
    why: 'AWS knows no resource for it: the token, which nobody can guess, is the right',
  },
  {
    action: /^states:(?:DescribeExecution|StopExecution)$/,
    resource: /:execution:[^*]+:\*$/,
    why: 'executions of one named machine',
  },
  {
    action: /^lambda:InvokeFunction$/,
    resource: /:lambda:\*:\d+:function:failover-drill-[^*]+$/,
    why: 'one named function, in as many regions as the configuration names',
  },
  {
    action: /^lambda:InvokeFunction$/,
    resource: /:lambda:\*:\d+:function:[^*:]+-fence\*$/,
    why: 'hooks of the user: failover.fence names them by this prefix, in any region',
  },
  {
    action: /^route53:GetChange$/,
    resource: /^arn:aws:route53:::change\/\*$/,
    why: 'Route 53 names changes',
  },
  {
    action: /^iam:PassRole$/,
    resource: /:role\/failover-drill\/[^*/]+\/\*$/,
    why: 'CloudFormation ends the names of roles; only the one that tasks start with has this path',
  },
];

type Bounded = Pick<Grant, 'action' | 'resource' | 'condition'>;

const isBounded = (condition: Grant['condition'], key: string | undefined): boolean =>
  key === undefined || Object.values(condition).some((test) => key in treeOf(test));

export const allowanceFor = ({ action, resource, condition }: Bounded) =>
  WILDCARDS.find(
    (one) =>
      one.action.test(action) && one.resource.test(resource) && isBounded(condition, one.boundBy),
  );

/** No action of a whole service, and no `*` where a name is known. */
export const wildcardFaults = (stack: Stack): Found[] =>
  grantsOf(stack).flatMap((grant): Found[] => {
    const { role, action, resource, place } = grant;
    if (action.includes('*')) {
      const what = `${role} allows ${action}: every action of that name, also those to come`;
      return [
        { ...place, rule: 'wildcard-action', what, remedy: 'name the actions that are called' },
      ];
    }
    if (!resource.includes('*') || allowanceFor(grant)) return [];
    const what = `${role} allows ${action} on ${resource}`;
    return [{ ...place, rule: 'wildcard-resource', what, remedy: 'name the resource' }];
  });
