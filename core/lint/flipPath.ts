/**
 * What must answer for traffic to move: the functions of the failover machine up to the flip, the
 * machine itself, and whoever starts it. None of it may need what an outage takes along: the primary,
 * us-east-1 (where Route 53 and IAM are changed), or anything that is made or edited only then.
 */
import { type Grant, grantsOf, ROLE, roleOfFunction } from './grants.ts';
import { functionsUpTo, kebab } from './machine.ts';
import type { Found, Machine, Setup, Stack } from './model.ts';

const FAILOVER_FILE = /(?:^|\/)failover\.asl\.yaml$/;
const MACHINE = 'AWS::StepFunctions::StateMachine';

/** Services whose API stands in one region for the whole world. Route 53's DNS itself does not. */
const GLOBAL_SERVICES = [
  'account',
  'cloudfront',
  'globalaccelerator',
  'iam',
  'organizations',
  'route53',
  'route53-recovery-control-config',
  'shield',
];
const MAKES_CHECKS = /^route53:(?:Create|Update|Delete)HealthCheck$/;
const WRITES_IAM = /^iam:(?!PassRole$|Get|List)/;
const SHADOW = /^(?:_failover\.)?shadow-/;
const NAMES = 'route53:ChangeResourceRecordSetsNormalizedRecordNames';

type Exception = {
  readonly role: string;
  readonly action: RegExp;
  readonly when: 'always' | 'quorum';
  readonly why: string;
};

/** What is granted on the path and is not what the flip rests on. */
export const FLIP_PATH_EXCEPTIONS: readonly Exception[] = [
  {
    role: 'FlipRole',
    action: /^route53:(?:ListResourceRecordSets|GetChange)$/,
    when: 'quorum',
    why: 'read only for the shadow name of a rehearsal: driver quorum never asks Route 53',
  },
  {
    role: 'FenceRole',
    action: /^lambda:InvokeFunction$/,
    when: 'always',
    why: 'tells the old side, if it can be told: a hook that does not answer is waited out',
  },
  {
    role: 'FenceRole',
    action: /^elasticloadbalancing:(?:CreateRule|DeleteRule)$/,
    when: 'always',
    why: 'closes the listener of the old side, if it can be reached: nothing waits for it beyond seconds',
  },
  {
    role: 'ScaleStandbyRole',
    action: /^(?:ecs:(?:DescribeServices|UpdateService)|dynamodb:GetItem)$/,
    when: 'always',
    why: 'of the region that takes over: the standby, or the primary when traffic goes home',
  },
];

/** Names that a right to change records is bound to; undefined where it is bound to none. */
const boundNames = ({ condition }: Grant): string[] | undefined => {
  const names = Object.entries(condition)
    .filter(([operator]) => operator.startsWith('ForAllValues:String'))
    .flatMap(([, keys]) => Reflect.get(Object(keys), NAMES) ?? []);
  return names.length === 0 ? undefined : names.map(String);
};

const isShadowOnly = (grant: Grant): boolean =>
  grant.action === 'route53:ChangeResourceRecordSets' &&
  (boundNames(grant)?.every((name) => SHADOW.test(name)) ?? false);

const isExcepted = ({ role, action }: Grant, { driver }: Setup): boolean =>
  FLIP_PATH_EXCEPTIONS.some(
    (one) =>
      one.role === role &&
      one.action.test(action) &&
      (one.when === 'always' || driver === 'quorum'),
  );

const starts = (arn: unknown) => (grant: Grant) =>
  grant.action === 'states:StartExecution' && grant.resource === arn;

/** Logical names of the roles that a flip rests on. */
export const flipPathRoles = (stack: Stack, machines: readonly Machine[]): string[] => {
  const machine = machines.find(({ file }) => FAILOVER_FILE.test(file));
  if (machine === undefined) return [];
  const own = Object.entries(stack.resources).find(
    ([, { type, properties }]) =>
      type === MACHINE && String(properties['StateMachineName']).endsWith('-failover'),
  )?.[1];
  if (own === undefined) return [];
  const folders = functionsUpTo(machine, 'Flip').map(kebab);
  const machineRole = Object.entries(stack.resources).find(
    ([, { type, properties }]) => type === ROLE && properties['Arn'] === own.properties['RoleArn'],
  )?.[0];
  const starters = grantsOf(stack)
    .filter(starts(own.properties['Arn']))
    .map(({ role }) => role);
  const roles = [
    ...starters,
    machineRole,
    ...folders.map((folder) => roleOfFunction(stack, folder)),
  ];
  return [...new Set(roles.flatMap((role) => role ?? []))];
};

const serviceOf = (action: string): string => action.slice(0, action.indexOf(':'));

/** Region of an ARN, or that at the end of a bucket's name; '' for none. */
const regionsOf = (resource: string): string => {
  const [, , service, region = '', , name = ''] = resource.split(':');
  if (service !== 's3') return region;
  return /-\d{12}-([a-z0-9-]+|\*)(?:\/|$)/.exec(name)?.[1] ?? '';
};

const faultOf = (grant: Grant, stack: Stack, setup: Setup): Found | undefined => {
  const { role, action, resource, place } = grant;
  const found = (rule: string, why: string, remedy: string): Found => ({
    ...place,
    rule,
    what: `${role} is on the flip path and may call ${action} on ${resource}: ${why}`,
    remedy,
  });
  if (MAKES_CHECKS.test(action)) {
    const why = 'a new check is healthy until it has looked, and making one needs us-east-1';
    return found(
      'flip-makes-checks',
      why,
      'make health checks beforehand, and flip what they read',
    );
  }
  if (WRITES_IAM.test(action)) {
    const why = 'IAM is changed in us-east-1, and takes effect when it does';
    return found('flip-writes-iam', why, 'deploy the role beforehand');
  }
  if (isExcepted(grant, setup)) return undefined;
  if (GLOBAL_SERVICES.includes(serviceOf(action)) && action !== 'iam:PassRole') {
    if (setup.driver === 'record' || isShadowOnly(grant)) return undefined;
    const why = 'its API stands in one region for the whole world, mostly us-east-1';
    return found(
      'flip-needs-us-east-1',
      why,
      'flip by data that health checks read: driver quorum',
    );
  }
  const region = regionsOf(resource);
  const isSwitch = /-switch-\d{12}-/.test(resource);
  if (region === 'us-east-1' && stack.region !== 'us-east-1') {
    return found('flip-needs-us-east-1', 'that region may be what is down', 'keep it at home');
  }
  if (region === setup.primary || (region === '*' && !isSwitch)) {
    const why = region === '*' ? 'in any region, the primary too' : 'in the primary';
    return found('flip-needs-primary', `that is ${why}`, `keep it in ${stack.region}`);
  }
  return undefined;
};

export const flipPathFaults = (
  stack: Stack,
  machines: readonly Machine[],
  setup: Setup,
): Found[] => {
  const roles = flipPathRoles(stack, machines);
  return grantsOf(stack).flatMap((grant) =>
    roles.includes(grant.role) ? (faultOf(grant, stack, setup) ?? []) : [],
  );
};

/** Said, not held against anybody: the driver is a choice. */
export const driverFaults = ({ driver, placeOf }: Setup): Found[] =>
  driver === 'quorum'
    ? []
    : [
        {
          ...placeOf('dns', 'driver'),
          rule: 'flip-by-record',
          what: 'driver record: a flip edits records through the API of Route 53 in us-east-1, and waits while that is down',
          remedy: 'driver: quorum moves traffic without any control plane',
        },
      ];

/** What a lost standby would leave nobody to do. */
export const controllerFaults = ({ oneController, standby, placeOf }: Setup): Found[] =>
  oneController === null
    ? []
    : [
        {
          ...(oneController.isAsked
            ? placeOf('failover', 'controllers')
            : placeOf('regions', 'witness')),
          rule: 'one-controller',
          what: `no second controller: ${oneController.why}. While ${standby} is lost nobody moves traffic, also where it serves`,
          remedy: oneController.isAsked
            ? 'leave failover.controllers out: docs/failover.md'
            : 'name a witness, and observers or a primary, of one set with the standby: docs/failover.md',
        },
      ];

const REPOSITORY = 'AWS::ECR::Repository';

const keepsImages = ({ resources }: Stack): boolean =>
  Object.values(resources).some(({ type }) => type === REPOSITORY);

/**
 * Stacks that the flip rests on, or the tasks after it, and that stand in the region it is to survive; images may
 * stand there, too.
 */
export const homeFaults = (
  stacks: readonly Stack[],
  machines: readonly Machine[],
  { primary, placeOf }: Setup,
): Found[] =>
  stacks.flatMap((stack) => {
    if (stack.region !== primary) return [];
    const moves = flipPathRoles(stack, machines).length > 0;
    const pulled =
      keepsImages(stack) && !stacks.some((one) => one.region !== primary && keepsImages(one));
    if (!moves && !pulled) return [];
    const what = moves
      ? `the stack ${stack.role} would stand in ${primary}, whose loss it is there for`
      : `images would be kept in ${primary} alone, and after its loss the standby could start no task`;
    return [
      {
        ...placeOf('regions', 'primary'),
        rule: 'flip-needs-primary',
        what,
        remedy: 'place it in the standby',
      },
    ];
  });
