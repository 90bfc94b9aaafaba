/** What whoever deploys must be allowed to do: by CloudFormation in their name, and by themselves. */
import { isTree, type Stack } from '../lint/model.ts';
import { ACTIONS_BY_TYPE, ADOPTED_BY_TYPE } from './handlerActions.ts';

/** osls works with change sets, and so does an import. `npm run test:peers -- deploy` notes what is called. */
export const ON_STACKS: readonly string[] = [
  'cloudformation:CreateChangeSet',
  'cloudformation:DeleteChangeSet',
  'cloudformation:DeleteStack',
  'cloudformation:DescribeChangeSet',
  'cloudformation:DescribeStackEvents',
  'cloudformation:DescribeStackResource',
  'cloudformation:DescribeStacks',
  'cloudformation:ExecuteChangeSet',
  'cloudformation:GetTemplate',
  'cloudformation:ListStackResources',
];
/** Of no stack. */
export const ON_TEMPLATES: readonly string[] = ['cloudformation:ValidateTemplate'];

const ON_ZONE = ['route53:ChangeResourceRecordSets', 'route53:ListResourceRecordSets'];
/** The second time a record is looked at, its health check tells whose it is. */
const ON_CHECKS = [
  'route53:CreateHealthCheck',
  'route53:GetHealthCheck',
  'route53:GetHealthCheckStatus',
];
/** `--destroy` calls them, too; buckets and what is in them are resources of their own. */
const ON_EMPTIED_BUCKET = ['s3:ListBucket', 's3:ListBucketVersions'];
const ON_EMPTIED_OBJECTS = ['s3:DeleteObject', 's3:DeleteObjectVersion'];
const ON_SWITCH_KEY = ['ssm:GetParameter', 'ssm:PutParameter'];

/** Actions that are asked for on one resource that stands for all of its kind. */
export type Need = { readonly actions: readonly string[]; readonly resource: string };

type Asked = {
  readonly accountId: string;
  readonly stacks: readonly (Stack & { readonly name: string })[];
  /** Logical names of what each of them takes over. */
  readonly adopted: readonly (readonly string[])[];
  /** Null where no record is touched. */
  readonly zoneId: string | null;
  /** SSM parameters of the key that signs the switch, of each controller in its region; none without a switch. */
  readonly switchKeys: readonly Parameter[];
  /** What goes with stacks that are taken away. */
  readonly removed: {
    /** Buckets that have to be emptied before. */
    readonly buckets: readonly string[];
    readonly parameters: readonly Parameter[];
  };
};

type Parameter = { readonly region: string; readonly name: string };

const arnIn = (properties: unknown): string | undefined => {
  const arn = isTree(properties) ? properties['Arn'] : undefined;
  return typeof arn === 'string' ? arn : undefined;
};

const removalNeeds = ({ accountId, removed: { buckets, parameters } }: Asked): Need[] => [
  ...buckets.flatMap((name) => [
    { actions: ON_EMPTIED_BUCKET, resource: `arn:aws:s3:::${name}` },
    { actions: ON_EMPTIED_OBJECTS, resource: `arn:aws:s3:::${name}/*` },
  ]),
  ...parameters.map((each) => ({
    actions: ['ssm:DeleteParameter'],
    resource: parameterArn(accountId, each),
  })),
];

const parameterArn = (accountId: string, { region, name }: Parameter): string =>
  `arn:aws:ssm:${region}:${accountId}:parameter${name}`;

/** One need for each type and stack: a policy often names regions, or the names that a service's things have. */
export const needsOf = (asked: Asked): Need[] => {
  const { accountId, stacks, adopted, zoneId, switchKeys } = asked;
  const needs = new Map<string, Need>();
  for (const [at, { name, region, resources }] of stacks.entries()) {
    const stackArn = `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/*`;
    needs.set(`stack ${region}`, { actions: ON_STACKS, resource: stackArn });
    for (const [id, { type, properties }] of Object.entries(resources)) {
      const actions = ACTIONS_BY_TYPE[type];
      const resource = arnIn(properties);
      const where = type === 'AWS::IAM::Role' || type === 'AWS::S3::Bucket' ? '' : region;
      if (actions === undefined || resource === undefined) continue;
      needs.set(`${type} ${where}`, { actions, resource });
      const reads = adopted[at]?.includes(id) ? ADOPTED_BY_TYPE[type] : undefined;
      if (reads) needs.set(`adopted ${type} ${where}`, { actions: reads, resource });
    }
  }
  const zone =
    zoneId === null
      ? []
      : [{ actions: ON_ZONE, resource: `arn:aws:route53:::hostedzone/${zoneId}` }];
  const key =
    switchKeys.length === 0
      ? []
      : [
          ...switchKeys.map((each) => ({
            actions: ON_SWITCH_KEY,
            resource: parameterArn(accountId, each),
          })),
          { actions: ON_CHECKS, resource: '*' },
        ];
  return [
    ...needs.values(),
    { actions: ON_TEMPLATES, resource: '*' },
    ...zone,
    ...key,
    ...removalNeeds(asked),
  ];
};
