/**
 * What the templates ask of AWS and the embedded cloud does not run, each with its reason. Whatever else it
 * does not know is refused, so that the list is whole.
 */

/** Types of which nothing is made. */
export const TYPES_LEFT_OUT: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm':
    'nobody watches the pipeline here but who started it: faults are printed',
  'AWS::EC2::SecurityGroup': 'there are no private networks here: loopback is the only way in',
  'AWS::Lambda::EventInvokeConfig':
    'two retries are the rule here too; an event that is given up is printed and not kept',
  'AWS::Lambda::Permission':
    'only what roles may do is judged here, not what functions let others do',
  'AWS::Lambda::Url': 'functions have no URL here',
  'AWS::SNS::Subscription': 'there is no SNS here: alarms are not run',
  'AWS::SNS::Topic': 'there is no SNS here: alarms are not run',
  'AWS::SQS::Queue': 'there is no SQS here: what could not be delivered is printed and not kept',
  'AWS::SQS::QueuePolicy': 'there is no SQS here',
};

/** Properties that are taken off, by type; a dot leads into a mapping, or into each of a list. */
export const PROPERTIES_LEFT_OUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'AWS::CodeBuild::Project': {
    LogsConfig: 'builds always write to the group of their project',
  },
  'AWS::DynamoDB::Table': {
    PointInTimeRecoverySpecification: 'no backups: the data folder is what there is',
  },
  'AWS::ECR::Repository': {
    EncryptionConfiguration: 'nothing is encrypted in a data folder: it belongs to its owner alone',
    ImageTagMutability: 'tags move, as the templates want it',
    LifecyclePolicy: 'images stay until the data folder is deleted',
  },
  'AWS::ECS::Cluster': {
    CapacityProviders: 'there is no Fargate: tasks run as containers or processes of this machine',
  },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    SecurityGroups: 'there are no security groups: loopback is the only way in',
  },
  'AWS::Events::Rule': {
    'Targets.DeadLetterConfig': 'there is no SQS here',
  },
  'AWS::S3::Bucket': {
    BucketEncryption: 'nothing is encrypted in a data folder: it belongs to its owner alone',
    LifecycleConfiguration: 'objects stay until the data folder is deleted',
    PublicAccessBlockConfiguration: 'loopback is the only way in',
    VersioningConfiguration: 'the last version is what there is',
  },
  'AWS::Scheduler::Schedule': {
    'Target.DeadLetterConfig': 'there is no SQS here',
  },
  'AWS::StepFunctions::StateMachine': {
    LoggingConfiguration: 'the history of an execution is there as long as the data folder',
    TracingConfiguration: 'there is no X-Ray: the history of an execution has the times',
  },
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const without = (value: unknown, [key = '', ...rest]: readonly string[]): unknown => {
  if (Array.isArray(value)) return value.map((one) => without(one, [key, ...rest]));
  if (!isRecord(value)) return value;
  const { [key]: found, ...others } = value;
  if (found === undefined || rest.length === 0) return others;
  return { ...others, [key]: without(found, rest) };
};

/** The properties of a resource but those that the embedded cloud leaves out. */
export const withoutLeftOut = (type: string, properties: unknown): unknown =>
  Object.keys(PROPERTIES_LEFT_OUT[type] ?? {}).reduce(
    (left, way) => without(left, way.split('.')),
    properties,
  );
