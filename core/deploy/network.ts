/** Whether tasks have a place, and whether whoever probes them reaches it. */
import type { DeployFinding } from './findings.ts';

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
};

/** What the configuration leaves out; AWS is not asked. */
export const networkFindings = ({ network, probes, serving, probing }: Asked): DeployFinding[] => {
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
  ];
};
