/** Rules for what an operator finds afterwards: failures that land somewhere, alarms, logs, traces, tags. */
import { grantsOf, ROLE } from './grants.ts';
import {
  type Found,
  listOf,
  type Resource,
  type Stack,
  type Tree,
  treeOf,
  within,
} from './model.ts';

const ALARM = 'AWS::CloudWatch::Alarm';
const FUNCTION = 'AWS::Lambda::Function';
const INVOKE_CONFIG = 'AWS::Lambda::EventInvokeConfig';
const MACHINE = 'AWS::StepFunctions::StateMachine';
const QUEUE = 'AWS::SQS::Queue';
const QUEUE_POLICY = 'AWS::SQS::QueuePolicy';
const EVENT_RULE = 'AWS::Events::Rule';
const SCHEDULE = 'AWS::Scheduler::Schedule';
const SEND = 'sqs:SendMessage';

type Named = readonly [id: string, resource: Resource];

const ofType = ({ resources }: Stack, type: string): Named[] =>
  Object.entries(resources).filter(([, one]) => one.type === type);

const arnOf = ({ properties }: Resource): string => String(properties['Arn']);

const mayWrite = (stack: Stack, roleArn: unknown, queue: string): boolean =>
  grantsOf(stack).some(
    ({ role, action, resource }) =>
      action === SEND &&
      resource === queue &&
      stack.resources[role]?.type === ROLE &&
      stack.resources[role]?.properties['Arn'] === roleArn,
  );

/** Rules have no role: the policy of the queue must name them. */
const lets = (stack: Stack, rule: string, queue: string): boolean =>
  ofType(stack, QUEUE_POLICY).some(([, { properties }]) =>
    listOf(treeOf(properties['PolicyDocument'])['Statement']).some((one) => {
      const { Action, Resource, Condition } = treeOf(one);
      const sources = treeOf(treeOf(Condition)['ArnEquals'])['aws:SourceArn'];
      return Action === SEND && Resource === queue && [sources].flat().includes(rule);
    }),
  );

type Sender = {
  readonly name: string;
  readonly resource: Resource;
  readonly way: readonly (string | number)[];
  readonly queue: unknown;
  readonly allowed: (queue: string) => boolean;
};

const targetsOf = (stack: Stack): Sender[] => [
  ...ofType(stack, EVENT_RULE).flatMap(([name, resource]) =>
    listOf(resource.properties['Targets']).map((target, n) => ({
      ...{ name, resource, way: ['Targets', n] },
      queue: treeOf(treeOf(target)['DeadLetterConfig'])['Arn'],
      allowed: (queue: string) => lets(stack, arnOf(resource), queue),
    })),
  ),
  ...ofType(stack, SCHEDULE).map(([name, resource]) => {
    const target = treeOf(resource.properties['Target']);
    return {
      ...{ name, resource, way: ['Target'] },
      queue: treeOf(target['DeadLetterConfig'])['Arn'],
      allowed: (queue: string) => mayWrite(stack, target['RoleArn'], queue),
    };
  }),
];

/** ARNs of what rules and schedules of a stack start. */
const started = (stack: Stack): Set<unknown> =>
  new Set([
    ...ofType(stack, EVENT_RULE).flatMap(([, { properties }]) =>
      listOf(properties['Targets']).map((target) => treeOf(target)['Arn']),
    ),
    ...ofType(stack, SCHEDULE).map(([, { properties }]) => treeOf(properties['Target'])['Arn']),
  ]);

/** Events reach a function asynchronously: Lambda retries them, and then drops them. */
const functionsOf = (stack: Stack): Sender[] => {
  const configs = ofType(stack, INVOKE_CONFIG);
  const arns = started(stack);
  return ofType(stack, FUNCTION).flatMap(([name, resource]) => {
    const own = configs.find(
      ([, { properties }]) => properties['FunctionName'] === resource.properties['FunctionName'],
    )?.[1];
    if (own === undefined && !arns.has(arnOf(resource))) return [];
    const destination = treeOf(treeOf(own?.properties['DestinationConfig'])['OnFailure']);
    return [
      {
        ...{ name, resource, way: [], queue: destination['Destination'] },
        allowed: (queue: string) => mayWrite(stack, resource.properties['Role'], queue),
      },
    ];
  });
};

const deadLetterFaults = (stack: Stack): Found[] =>
  [...targetsOf(stack), ...functionsOf(stack)].flatMap(
    ({ name, resource, way, queue, allowed }): Found[] => {
      const at = { ...within(resource.place, ...way), rule: 'dead-letters' };
      const isQueue = ofType(stack, QUEUE).some(([, one]) => arnOf(one) === queue);
      if (typeof queue !== 'string' || !isQueue) {
        const what = `${name} drops what fails on every try: it names no queue of its stack for that`;
        return [{ ...at, what, remedy: 'name a dead-letter queue' }];
      }
      if (allowed(queue)) return [];
      const what = `${name} may not write to ${queue}, the queue for what fails on every try`;
      return [{ ...at, what, remedy: `allow ${SEND} there` }];
    },
  );

type Metric = { readonly name: string; readonly of: readonly string[]; readonly alarm: Resource };

const metricsOf = (stack: Stack): Metric[] =>
  ofType(stack, ALARM).flatMap(([, alarm]) => {
    const { properties } = alarm;
    const inside = listOf(properties['Metrics']).map((one) =>
      treeOf(treeOf(treeOf(one)['MetricStat'])['Metric']),
    );
    return [properties, ...inside].flatMap((metric) =>
      metric['MetricName'] === undefined
        ? []
        : [
            {
              name: String(metric['MetricName']),
              of: listOf(metric['Dimensions']).map((one) => String(treeOf(one)['Value'])),
              alarm,
            },
          ],
    );
  });

const BAD_ENDS = ['ExecutionsFailed', 'ExecutionsTimedOut'];

/** Machines whose end nothing of the stack waits for: a machine that is run by another one is its matter. */
const loneMachines = (stack: Stack): Named[] => {
  const starts = grantsOf(stack).filter(({ action }) => action === 'states:StartExecution');
  return ofType(stack, MACHINE).filter(([, one]) =>
    starts.some(({ resource }) => resource === arnOf(one)),
  );
};

/** What runs by itself must be missed when it does not; where failures land, an alarm looks. */
const alarmFaults = (stack: Stack): Found[] => {
  const metrics = metricsOf(stack);
  const rule = 'alarms';
  const machines = loneMachines(stack).flatMap(([name, { properties, place }]): Found[] => {
    const missing = BAD_ENDS.filter(
      (end) =>
        !metrics.some((one) => one.name === end && one.of.includes(String(properties['Arn']))),
    );
    if (missing.length === 0) return [];
    const what = `${name} has no alarm for ${missing.join(' and ')}`;
    return [{ ...place, rule, what, remedy: 'add one' }];
  });
  const arns = new Set(
    ofType(stack, SCHEDULE).map(([, one]) => treeOf(one.properties['Target'])['Arn']),
  );
  const queues = new Map(
    ofType(stack, QUEUE).map(([, one]) => [arnOf(one), String(one.properties['QueueName'])]),
  );
  const functions = functionsOf(stack).flatMap(({ name, resource, queue }): Found[] => {
    if (!arns.has(arnOf(resource))) return [];
    const own = String(resource.properties['FunctionName']);
    const alarms = metrics.filter(({ of }) => of.includes(own));
    const letters = queues.get(String(queue)) ?? '-';
    // One of its own would hear of silence, too.
    const watched =
      alarms.length > 0
        ? alarms.some(({ alarm }) => alarm.properties['TreatMissingData'] === 'breaching')
        : metrics.some(({ of }) => of.includes(letters));
    if (watched) return [];
    const what = `${name} runs by a schedule, and no alarm would miss it`;
    return [{ ...resource.place, rule, what, remedy: 'an alarm with TreatMissingData: breaching' }];
  });
  const named = new Set([...targetsOf(stack), ...functionsOf(stack)].map(({ queue }) => queue));
  const letters = ofType(stack, QUEUE).flatMap(([name, { properties, place }]): Found[] => {
    const isSilent =
      named.has(properties['Arn']) &&
      !metrics.some(({ of }) => of.includes(String(properties['QueueName'])));
    const what = `${name} takes what fails on every try, and no alarm looks at it`;
    return isSilent ? [{ ...place, rule, what, remedy: 'add one' }] : [];
  });
  return [...machines, ...functions, ...letters];
};

const LOG_GROUP = 'AWS::Logs::LogGroup';
const PROJECT = 'AWS::CodeBuild::Project';

/** What a machine does wrong with its log, and the remedy; undefined where it is right. */
const machineLogFault = (stack: Stack, properties: Tree): [string, string] | undefined => {
  const { Level, IncludeExecutionData, Destinations } = treeOf(properties['LoggingConfiguration']);
  const group = treeOf(treeOf(listOf(Destinations)[0])['CloudWatchLogsLogGroup'])['LogGroupArn'];
  const isOwn = ofType(stack, LOG_GROUP).some(([, one]) => arnOf(one) === group);
  if (!isOwn || Level === undefined || Level === 'OFF')
    return ['writes no log to a group of its stack', 'LoggingConfiguration'];
  return IncludeExecutionData === false
    ? undefined
    : ['writes what its states say to each other into its log', 'IncludeExecutionData: false'];
};

const logFaults = (stack: Stack): Found[] =>
  Object.entries(stack.resources).flatMap(([name, { type, properties, place }]): Found[] => {
    const fault = (what: string, remedy: string): Found[] => [
      { ...place, rule: 'log-retention', what: `${name} ${what}`, remedy },
    ];
    if (type === LOG_GROUP && properties['RetentionInDays'] === undefined) {
      return fault('keeps logs for ever', 'RetentionInDays');
    }
    if (type === FUNCTION && properties['LogRetentionInDays'] === null) {
      return fault('keeps its logs for ever', 'provider.logRetentionInDays in serverless.yml');
    }
    const wrong = type === MACHINE ? machineLogFault(stack, properties) : undefined;
    if (wrong !== undefined) return fault(...wrong);
    if (type !== PROJECT) return [];
    const group = treeOf(treeOf(properties['LogsConfig'])['CloudWatchLogs'])['GroupName'];
    const own = ofType(stack, LOG_GROUP).some(
      ([, one]) => one.properties['LogGroupName'] === group,
    );
    return own
      ? []
      : fault('writes to a log that CodeBuild makes and keeps for ever', 'a LogGroup');
  });

/** Tables and logs are encrypted by AWS unless asked otherwise; these are judged by what they say. */
const encryptionFaults = (stack: Stack): Found[] =>
  Object.entries(stack.resources).flatMap(([name, { type, properties, place }]): Found[] => {
    const isOpen =
      (type === 'AWS::S3::Bucket' && properties['BucketEncryption'] === undefined) ||
      (type === 'AWS::ECR::Repository' && properties['EncryptionConfiguration'] === undefined) ||
      (type === QUEUE &&
        properties['SqsManagedSseEnabled'] !== true &&
        properties['KmsMasterKeyId'] === undefined);
    if (!isOpen) return [];
    const what = `${name} does not say that what rests in it is encrypted`;
    return [{ ...place, rule: 'encryption', what, remedy: 'name a key, or that of AWS' }];
  });

/** Functions that run all day. One trace for each run would cost more than all else of them. */
export const UNTRACED: readonly string[] = [
  'acquire-lease',
  'beat',
  'evaluate',
  'flip',
  'observe',
  'prepare',
  'scale-standby',
  'verify',
];

const TRACES = 'xray:PutTraceSegments';

const tracingFaults = (stack: Stack): Found[] => {
  const tracers = new Set(
    grantsOf(stack).flatMap(({ role, action }) =>
      action === TRACES ? [stack.resources[role]?.properties['Arn']] : [],
    ),
  );
  return Object.entries(stack.resources).flatMap(([name, { type, properties, place }]): Found[] => {
    const fault = (what: string, remedy: string): Found[] => [
      { ...place, rule: 'tracing', what: `${name} ${what}`, remedy },
    ];
    if (type !== FUNCTION && type !== MACHINE) return [];
    const asked =
      type === MACHINE
        ? treeOf(properties['TracingConfiguration'])['Enabled'] === true
        : properties['Tracing'] === 'Active';
    if (!asked && UNTRACED.includes(String(properties['Folder']))) return [];
    if (!asked) return fault('leaves no traces', 'turn X-Ray on');
    const role = properties[type === MACHINE ? 'RoleArn' : 'Role'];
    return tracers.has(role)
      ? []
      : fault('may not write the traces that it is to leave', `allow ${TRACES}`);
  });
};

const TAGS = ['project', 'service', 'stage'];

const tagFaults = ({ role, tags }: Stack): Found[] => {
  const missing = TAGS.filter((tag) => !tags[tag]);
  if (missing.length === 0) return [];
  const what = `nothing of role ${role} has the tags ${missing.join(', ')}: costs cannot be told apart`;
  const place = { file: 'serverless.yml', path: ['provider'] };
  return [{ ...place, rule: 'tags', what, remedy: 'provider.stackTags' }];
};

export const operationFaults = (stack: Stack): Found[] => [
  ...deadLetterFaults(stack),
  ...alarmFaults(stack),
  ...logFaults(stack),
  ...encryptionFaults(stack),
  ...tracingFaults(stack),
  ...tagFaults(stack),
];
