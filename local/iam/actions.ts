/**
 * What IAM is asked for each operation: the action, and the resource as the Service Authorization
 * Reference names it. An operation that no role of the project calls has no entry and is refused to
 * roles, so that nothing goes unjudged.
 */
import type { AccessRequest, ConditionContext } from '../../core/iam/policy.ts';
import {
  type Ask,
  arn,
  type Called,
  type Facts,
  fieldOf,
  lastOf,
  listOf,
  one,
  text,
} from './asking.ts';
import { ECS_ACTIONS } from './ecsActions.ts';

// --- DynamoDB

const keyText = (value: unknown): string =>
  text(fieldOf(value, 'S')) || text(fieldOf(value, 'N')) || text(fieldOf(value, 'B'));

const tableAsk =
  (keyOf: (input: Called['input']) => unknown): Ask =>
  async (called, facts) => {
    const table = lastOf(called.input['TableName'], '/');
    const key = await facts.partitionKey(called.region, table);
    const leading = key === undefined ? '' : keyText(fieldOf(keyOf(called.input), key));
    const context: ConditionContext = leading === '' ? {} : { 'dynamodb:LeadingKeys': [leading] };
    return [
      one(`dynamodb:${called.operation}`, arn(called, 'dynamodb', `table/${table}`), context),
    ];
  };

const byKey = tableAsk((input) => input['Key']);
const byItem = tableAsk((input) => input['Item']);
const byTable = tableAsk(() => undefined);

const batchGet: Ask = (called) =>
  Object.keys(Object(called.input['RequestItems'])).map((table) =>
    one('dynamodb:BatchGetItem', arn(called, 'dynamodb', `table/${lastOf(table, '/')}`)),
  );

// --- S3

const objectAsk =
  (action: string): Ask =>
  ({ input }) => [one(action, `arn:aws:s3:::${text(input['Bucket'])}/${text(input['Key'])}`)];

const readObject = objectAsk('s3:GetObject');

/** Who may not list a bucket does not learn that an object is not there. */
const readAsk: Ask = async (called, facts) => {
  const bucket = text(called.input['Bucket']);
  const found = await facts.hasObject(called.region, bucket, text(called.input['Key']));
  const asked = await readObject(called, facts);
  return found ? asked : [...asked, one('s3:ListBucket', `arn:aws:s3:::${bucket}`)];
};

// --- Route 53

const zoneArn = (input: Called['input']): string =>
  `arn:aws:route53:::hostedzone/${lastOf(input['HostedZoneId'], '/')}`;

/** Lower case, without the dot at the end: what conditions on names compare with. */
const normalized = (name: unknown): string => text(name).toLowerCase().replace(/\.$/, '');

const KEYS = 'route53:ChangeResourceRecordSets';

const recordChange: Ask = ({ input }) => {
  const changes = listOf(fieldOf(input['ChangeBatch'], 'Changes'));
  const sets = changes.map((change) => fieldOf(change, 'ResourceRecordSet'));
  return [
    one(KEYS, zoneArn(input), {
      [`${KEYS}NormalizedRecordNames`]: [
        ...new Set(sets.map((set) => normalized(fieldOf(set, 'Name')))),
      ],
      [`${KEYS}RecordTypes`]: [...new Set(sets.map((set) => text(fieldOf(set, 'Type'))))],
      [`${KEYS}Actions`]: [...new Set(changes.map((change) => text(fieldOf(change, 'Action'))))],
    }),
  ];
};

// --- The rest

const functionArn = (called: Called): string => {
  const given = text(called.input['FunctionName']);
  return given.startsWith('arn:') ? given : arn(called, 'lambda', `function:${given}`);
};

const projectOfBuild = (id: unknown): string => lastOf(id, '/').split(':')[0] ?? '';

const builds: Ask = (called) =>
  [...new Set(listOf(called.input['ids']).map(projectOfBuild))].map((project) =>
    one('codebuild:BatchGetBuilds', arn(called, 'codebuild', `project/${project}`)),
  );

const repositoryAsk: Ask = (called) => [
  one(
    `ecr:${called.operation}`,
    arn(called, 'ecr', `repository/${text(called.input['repositoryName'])}`),
  ),
];

const streamArn = (called: Called): string =>
  arn(
    called,
    'logs',
    `log-group:${text(called.input['logGroupName'])}:log-stream:${text(called.input['logStreamName'])}`,
  );

/** AWS knows no resource for these: whoever has the token has the right. */
const tokenAsk: Ask = ({ operation }) => [one(`states:${operation}`, '*')];
const executionAsk: Ask = ({ operation, input }) => [
  one(`states:${operation}`, text(input['executionArn'])),
];
const streamAsk: Ask = (called) => [one(`logs:${called.operation}`, streamArn(called))];

/** Of what load balancers know, AWS lets nobody see a part only. */
const DESCRIBED = [
  'DescribeListeners',
  'DescribeLoadBalancers',
  'DescribeRules',
  'DescribeTargetGroups',
  'DescribeTargetHealth',
] as const;

const ASKS: Readonly<Record<string, Readonly<Record<string, Ask>>>> = {
  dynamodb: {
    GetItem: byKey,
    DeleteItem: byKey,
    UpdateItem: byKey,
    PutItem: byItem,
    Query: byTable,
    DescribeTable: byTable,
    BatchGetItem: batchGet,
  },
  s3: {
    GetObject: readAsk,
    HeadObject: readAsk,
    PutObject: objectAsk('s3:PutObject'),
    DeleteObject: objectAsk('s3:DeleteObject'),
    ListObjectsV2: ({ input }) => [one('s3:ListBucket', `arn:aws:s3:::${text(input['Bucket'])}`)],
  },
  ec2: { DescribeNetworkInterfaces: () => [one('ec2:DescribeNetworkInterfaces', '*')] },
  ecs: ECS_ACTIONS,
  route53: {
    ListResourceRecordSets: ({ input }) => [one('route53:ListResourceRecordSets', zoneArn(input))],
    ChangeResourceRecordSets: recordChange,
    GetChange: ({ input }) => [
      one('route53:GetChange', `arn:aws:route53:::change/${lastOf(input['Id'], '/')}`),
    ],
  },
  lambda: { Invoke: (called) => [one('lambda:InvokeFunction', functionArn(called))] },
  states: {
    StartExecution: ({ input }) => [one('states:StartExecution', text(input['stateMachineArn']))],
    ListExecutions: ({ input }) => [one('states:ListExecutions', text(input['stateMachineArn']))],
    DescribeExecution: executionAsk,
    GetExecutionHistory: executionAsk,
    StopExecution: executionAsk,
    SendTaskSuccess: tokenAsk,
    SendTaskFailure: tokenAsk,
    SendTaskHeartbeat: tokenAsk,
  },
  events: {
    PutEvents: (called) => {
      const buses = listOf(called.input['Entries']).map(
        (entry) => lastOf(fieldOf(entry, 'EventBusName'), '/') || 'default',
      );
      return [...new Set(buses)].map((bus) =>
        one('events:PutEvents', arn(called, 'events', `event-bus/${bus}`)),
      );
    },
  },
  scheduler: {
    GetSchedule: (called) => {
      const group = text(called.input['GroupName']) || 'default';
      const schedule = arn(called, 'scheduler', `schedule/${group}/${text(called.input['Name'])}`);
      return [one('scheduler:GetSchedule', schedule)];
    },
  },
  codebuild: {
    StartBuild: (called) => [
      one(
        'codebuild:StartBuild',
        arn(called, 'codebuild', `project/${text(called.input['projectName'])}`),
      ),
    ],
    StopBuild: (called) => [
      one(
        'codebuild:StopBuild',
        arn(called, 'codebuild', `project/${projectOfBuild(called.input['id'])}`),
      ),
    ],
    BatchGetBuilds: builds,
  },
  ecr: {
    GetAuthorizationToken: () => [one('ecr:GetAuthorizationToken', '*')],
    BatchGetImage: repositoryAsk,
    GetDownloadUrlForLayer: repositoryAsk,
    PutImage: repositoryAsk,
  },
  logs: {
    CreateLogGroup: (called) => [
      one(
        'logs:CreateLogGroup',
        arn(called, 'logs', `log-group:${text(called.input['logGroupName'])}`),
      ),
    ],
    CreateLogStream: streamAsk,
    PutLogEvents: streamAsk,
    GetLogEvents: streamAsk,
  },
  // Whoever can sign may ask who they are: no policy is asked, not even one that denies it.
  sts: { GetCallerIdentity: () => [] },
  ssm: {
    GetParameter: (called) => {
      const name = text(called.input['Name']).replace(/^\//, '');
      return [one('ssm:GetParameter', arn(called, 'ssm', `parameter/${name}`))];
    },
  },
  elasticloadbalancing: {
    ...Object.fromEntries(
      DESCRIBED.map((operation) => [
        operation,
        () => [one(`elasticloadbalancing:${operation}`, '*')],
      ]),
    ),
    ModifyListener: ({ input }) => [
      one('elasticloadbalancing:ModifyListener', text(input['ListenerArn'])),
    ],
    CreateRule: ({ input }) => [one('elasticloadbalancing:CreateRule', text(input['ListenerArn']))],
    DeleteRule: ({ input }) => [one('elasticloadbalancing:DeleteRule', text(input['RuleArn']))],
  },
};

/** What IAM is asked for a call; one action that nobody can be granted for an operation without an entry. */
export const accessAsked = async (called: Called, facts: Facts): Promise<AccessRequest[]> => {
  const ask = ASKS[called.scope]?.[called.operation];
  if (ask === undefined) return [one(`${called.scope}:${called.operation}`, 'unknown')];
  return ask(called, facts);
};
