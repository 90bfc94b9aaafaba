/** What whoever operates a deployed service must be allowed to do, command by command, and nothing else. */
import {
  type DeployedPlace,
  drillBucketOf,
  drillMachineArnOf,
  drillScheduleOf,
  drillTableOf,
  functionNameOf,
  leaseTableOf,
  watchBucketOf,
  watchTableOf,
} from './deployed.ts';

/** What a command reads and calls, by the words of the table in docs/aws.md. */
const RESOURCES = {
  'table of drills': (at: DeployedPlace) => tableArn(at, drillTableOf(at.service)),
  'table of the watch': (at: DeployedPlace) => tableArn(at, watchTableOf(at.service)),
  'table of the lease': (at: DeployedPlace) => tableArn(at, leaseTableOf(at.service)),
  'bucket of drills': (at: DeployedPlace) => `arn:aws:s3:::${drillBucketOf(at)}/*`,
  'bucket of the watch': (at: DeployedPlace) => `arn:aws:s3:::${watchBucketOf(at)}/*`,
  'function evaluate': (at: DeployedPlace) => functionArn(at, 'evaluate'),
  'function promote': (at: DeployedPlace) => functionArn(at, 'promote'),
  'function clean-up': (at: DeployedPlace) => functionArn(at, 'clean-up'),
  'drill machine': drillMachineArnOf,
  'executions of it': (at: DeployedPlace) =>
    `${drillMachineArnOf(at).replace(':stateMachine:', ':execution:')}:*`,
  schedule: ({ region, accountId, service }: DeployedPlace) =>
    `arn:aws:scheduler:${region}:${accountId}:schedule/default/${drillScheduleOf(service)}`,
} as const;

const tableArn = ({ region, accountId }: DeployedPlace, table: string): string =>
  `arn:aws:dynamodb:${region}:${accountId}:table/${table}`;

const functionArn = ({ region, accountId, service }: DeployedPlace, part: string): string =>
  `arn:aws:lambda:${region}:${accountId}:function:${functionNameOf(service, part)}`;

export type OperatorNeed = {
  readonly actions: readonly string[];
  readonly on: keyof typeof RESOURCES;
};

const need = (on: OperatorNeed['on'], ...actions: string[]): OperatorNeed => ({ actions, on });

const DRILLS = need('table of drills', 'dynamodb:Query');
const WATCH = need('table of the watch', 'dynamodb:Query');
const PLAN = need('table of the watch', 'dynamodb:GetItem');
/** Who is in charge, where there are two controllers. */
const LEASE = need('table of the lease', 'dynamodb:GetItem');
const REPORTS = need('bucket of drills', 's3:GetObject');
const RECORDS = need('bucket of the watch', 's3:GetObject');
const EVALUATE = need('function evaluate', 'lambda:InvokeFunction');
const PROMOTE = need('function promote', 'lambda:InvokeFunction');

const FOLLOW = need('executions of it', 'states:DescribeExecution', 'states:GetExecutionHistory');

/** Of each command that takes `--on aws`. */
export const OPERATORS = {
  status: [
    need('table of the watch', 'dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'),
    LEASE,
  ],
  flip: [PLAN, LEASE, EVALUATE],
  back: [PLAN, LEASE, EVALUATE],
  approve: [PLAN, LEASE, EVALUATE],
  'hand-over': [PLAN, LEASE, EVALUATE],
  history: [DRILLS, WATCH],
  report: [DRILLS, WATCH, REPORTS, RECORDS],
  replay: [WATCH, RECORDS],
  rank: [DRILLS, REPORTS],
  export: [DRILLS, REPORTS],
  ack: [need('table of drills', 'dynamodb:Query', 'dynamodb:PutItem')],
  drill: [
    need('schedule', 'scheduler:GetSchedule'),
    need('drill machine', 'states:ListExecutions', 'states:StartExecution'),
    FOLLOW,
    REPORTS,
  ],
  'drill --resume': [need('drill machine', 'states:ListExecutions'), FOLLOW, REPORTS],
  'drill --stop': [
    need('drill machine', 'states:ListExecutions'),
    need('executions of it', 'states:GetExecutionHistory', 'states:StopExecution'),
    need('function clean-up', 'lambda:InvokeFunction'),
    need('table of drills', 'dynamodb:Query', 'dynamodb:PutItem'),
  ],
  promote: [
    need('table of the watch', 'dynamodb:GetItem', 'dynamodb:Query'),
    PROMOTE,
    DRILLS,
    REPORTS,
  ],
  rollback: [need('table of the watch', 'dynamodb:GetItem', 'dynamodb:Query'), PROMOTE],
} as const satisfies Readonly<Record<string, readonly OperatorNeed[]>>;

export type Operating = keyof typeof OPERATORS;

/** Statements of a policy that allows one command on one service, and no more. */
export const statementsFor = (command: Operating, at: DeployedPlace) =>
  OPERATORS[command].map(({ actions, on }: OperatorNeed) => ({
    Effect: 'Allow' as const,
    Action: [...actions],
    Resource: RESOURCES[on](at),
  }));
