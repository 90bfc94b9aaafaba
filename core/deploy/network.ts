/** Whether tasks have a place, and whether whoever probes them reaches it. */
import { type DeployFinding, firstLine } from './findings.ts';

export type TaskNetwork = {
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly access: 'public' | 'private';
};

export type Networks = {
  readonly network: Readonly<Record<string, TaskNetwork | undefined>>;
  readonly probes: Readonly<Record<string, object | undefined>>;
};

type Asked = Networks & {
  /** Regions where tasks of drills are placed; none where nothing is drilled. */
  readonly serving: readonly string[];
  /** Regions of functions that speak to tasks: vantages, and the home, where it is looked whether a task is ready. */
  readonly probing: readonly string[];
  /** Whether a shadow of the service is to be seen by observers. */
  readonly showsShadow: boolean;
};

/** What the configuration leaves out; AWS is not asked. */
export const networkFindings = (asked: Asked): DeployFinding[] => {
  const { network, probes, serving, probing } = asked;
  const nowhere = serving.filter((region) => network[region] === undefined);
  const hidden = serving.filter((region) => network[region]?.access === 'private');
  const outside =
    hidden.length === 0 ? [] : probing.filter((region) => probes[region] === undefined);
  return [
    ...nowhere.map(
      (region): DeployFinding => ({
        check: 'network-missing',
        severity: 'stop',
        what: `drills place tasks in ${region}, and no network of it is named`,
        remedy: `name one: aws: { network: { ${region}: { vpc: vpc-…, subnets: [subnet-…] } } }`,
      }),
    ),
    ...[...new Set(outside)].map(
      (region): DeployFinding => ({
        check: 'probes-missing',
        severity: 'stop',
        what: `tasks in ${hidden.join(' and ')} have private addresses only, which functions in ${region} cannot reach`,
        remedy:
          `attach them to a network that is joined to theirs: aws: { probes: { ${region}: ` +
          '{ subnets: [subnet-…], securityGroups: [sg-…] } } }, or give tasks access: public',
      }),
    ),
    ...(asked.showsShadow && hidden.length > 0 ? [hiddenShadow(hidden)] : []),
  ];
};

const hiddenShadow = (hidden: readonly string[]): DeployFinding => ({
  check: 'shadow-hidden',
  severity: 'stop',
  what: `a rehearsal places a shadow in ${hidden.join(' and ')}, where tasks have private addresses only, and observers look from outside`,
  remedy: 'give tasks access: public, or rehearse with depth: replay',
});

export type SubnetFound = {
  readonly id: string;
  readonly vpc: string;
  /** Whether its routes lead to an internet gateway. */
  readonly isOpen: boolean;
};

/** What AWS tells of the subnets that a region's network names. */
export const subnetFindings = (
  region: string,
  { vpc, subnets, access }: TaskNetwork,
  found: readonly SubnetFound[],
): DeployFinding[] => {
  const absent = subnets.filter((id) => !found.some((one) => one.id === id));
  const strange = found.filter((one) => one.vpc !== vpc);
  const closed = access === 'public' ? found.filter(({ isOpen }) => !isOpen) : [];
  const at = `aws.network.${region}`;
  return [
    ...absent.map(
      (id): DeployFinding => ({
        check: 'subnet-missing',
        severity: 'stop',
        what: `${region} has no subnet ${id}`,
        remedy: `name one that is there in ${at}.subnets`,
      }),
    ),
    ...strange.map(
      (one): DeployFinding => ({
        check: 'subnet-elsewhere',
        severity: 'stop',
        what: `${one.id} in ${region} is of ${one.vpc}, and ${at} names ${vpc}`,
        remedy: `correct vpc or subnets in ${at}`,
      }),
    ),
    ...closed.map(
      ({ id }): DeployFinding => ({
        check: 'subnet-closed',
        severity: 'stop',
        what: `${id} in ${region} has no route to an internet gateway: a public address there reaches nothing`,
        remedy: `name a public subnet in ${at}, or set access: private`,
      }),
    ),
  ];
};

export const unknownNetworkFinding = (
  region: string,
  { name, message }: { readonly name: string; readonly message: string },
): DeployFinding => ({
  check: 'network-unknown',
  severity: 'warn',
  what: `the subnets of ${region} could not be looked at: ${name}: ${firstLine(message)}`,
  remedy: 'allow ec2:DescribeSubnets and ec2:DescribeRouteTables to whoever deploys',
});

/** ECS makes it with the first cluster of an account, a moment too late for the stack that asks for the cluster. */
export const ecsRoleFinding = (isThere: boolean): DeployFinding[] =>
  isThere
    ? []
    : [
        {
          check: 'ecs-role-missing',
          severity: 'stop',
          what: 'the account has no role AWSServiceRoleForECS: a first cluster made by CloudFormation fails without it',
          remedy:
            'make it: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com',
        },
      ];
