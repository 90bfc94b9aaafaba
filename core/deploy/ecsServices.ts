/** Whether the services of ECS that the configuration names are there, and can be scaled: told before anything is changed. */
import { nearest } from '../nearest.ts';
import { type DeployFinding, type Refusal, unseenFinding } from './findings.ts';

export type NamedService = {
  readonly region: string;
  readonly cluster: string;
  readonly service: string;
};

/** What ECS says of one. Lists of what else is there are null where nobody may ask for them. */
export type ServiceFound =
  | { readonly kind: 'no-cluster'; readonly clusters: readonly string[] | null }
  | {
      readonly kind: 'no-service';
      /** As ECS keeps one for a while that was deleted; null for none. */
      readonly status: string | null;
      readonly services: readonly string[] | null;
    }
  | {
      readonly kind: 'there';
      /** `REPLICA` has a number of tasks; `DAEMON` has one on each instance. */
      readonly strategy: string;
      readonly targetGroups: number;
    };

const NAMES_MAX = 10;

const othersText = (names: readonly string[] | null, wanted: string): string => {
  if (names === null) return '';
  if (names.length === 0) return '; there is none';
  const shown = names.toSorted().slice(0, NAMES_MAX);
  const guess = nearest(wanted, names);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return `; there are ${shown.join(', ')}${more}${guess === undefined ? '' : `. Did you mean ${guess}?`}`;
};

/** Of one service, by what ECS said of it. */
export const ecsServiceFindings = (
  { region, cluster, service }: NamedService,
  found: ServiceFound,
): DeployFinding[] => {
  switch (found.kind) {
    case 'no-cluster':
      return [
        {
          check: 'ecs-service-missing',
          severity: 'stop',
          what: `${region} has no cluster ${cluster} of ECS${othersText(found.clusters, cluster)}`,
          remedy: `correct ecs.cluster of ${region}, or leave ecs out: capacity is then not looked at`,
        },
      ];
    case 'no-service':
      return [
        {
          check: 'ecs-service-missing',
          severity: 'stop',
          what:
            found.status === null
              ? `cluster ${cluster} in ${region} has no service ${service}${othersText(found.services, service)}`
              : `service ${service} of cluster ${cluster} in ${region} is ${found.status}${othersText(found.services, service)}`,
          remedy: `correct ecs.service of ${region}, or leave ecs out: capacity is then not looked at`,
        },
      ];
    case 'there': {
      if (found.strategy !== 'REPLICA') {
        return [
          {
            check: 'ecs-service-fixed',
            severity: 'stop',
            what: `service ${service} of cluster ${cluster} in ${region} has the strategy ${found.strategy}: a failover cannot order tasks of it`,
            remedy: `leave ecs of ${region} out: capacity is then not looked at`,
          },
        ];
      }
      if (found.targetGroups > 0) return [];
      return [
        {
          check: 'ecs-service-unbalanced',
          severity: 'warn',
          what: `service ${service} of cluster ${cluster} in ${region} has no target group: a failover counts tasks that run, whether they answer or not`,
          remedy: 'give it one, if it stands behind a load balancer',
        },
      ];
    }
  }
};

/** Nobody could look. */
export const unknownServiceFinding = (
  { region, cluster, service }: NamedService,
  refusal: Refusal,
): DeployFinding =>
  unseenFinding(
    {
      what: `service ${service} of cluster ${cluster} in ${region}`,
      right: 'ecs:DescribeServices on it',
      of: 'ECS',
    },
    refusal,
  );
