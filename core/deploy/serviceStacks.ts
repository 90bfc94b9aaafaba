/** What keeps the service itself from being made, where it is ours to run: told before anything is changed. */
import type { DeployFinding } from './findings.ts';
import type { TaskNetwork } from './network.ts';

type ServiceNetwork = TaskNetwork & { readonly balancerSubnets?: readonly string[] | undefined };

export type ServiceAsked = {
  readonly service: string;
  /** Regions in which it is ours to run. */
  readonly serves: readonly string[];
  readonly network: Readonly<Record<string, ServiceNetwork | undefined>>;
  readonly certificates: Readonly<Record<string, string | undefined>>;
  /** Variables of its container. */
  readonly env: Readonly<Record<string, string>>;
  /** `promotion.staging`. */
  readonly staging: boolean;
};

/** An Application Load Balancer stands in at least this many zones, with a subnet in each. */
export const ZONES_MIN = 2;
/** What osls would take for a variable of its own. */
const VARIABLE = /\$\{[\w-]+[:(]/;

/** Where the load balancer of a region stands; undefined where no subnet is known to have a way in. */
export const balancerSubnetsOf = (network: ServiceNetwork): readonly string[] | undefined =>
  network.balancerSubnets ?? (network.access === 'public' ? network.subnets : undefined);

const subnetFindings = ({ serves, network }: ServiceAsked): DeployFinding[] =>
  serves.flatMap((region): DeployFinding[] => {
    const own = network[region];
    // That there is none at all is told of by the drill's finding.
    if (own === undefined) return [];
    const subnets = new Set(balancerSubnetsOf(own) ?? []);
    if (subnets.size >= ZONES_MIN) return [];
    return [
      {
        check: 'balancer-subnets',
        severity: 'stop',
        what: `the load balancer in ${region} needs subnets of two zones that the internet reaches, and ${subnets.size} of them are named`,
        remedy: `name them: aws: { network: { ${region}: { …, balancerSubnets: [subnet-…, subnet-…] } } }`,
      },
    ];
  });

const certificateFindings = ({ serves, certificates }: ServiceAsked): DeployFinding[] =>
  serves.flatMap((region): DeployFinding[] => {
    const arn = certificates[region];
    if (arn === undefined) {
      return [
        {
          check: 'certificate-missing',
          severity: 'warn',
          what: `the service in ${region} is reached by HTTP only, as no certificate is named`,
          remedy: `ask ACM in ${region} for one of the record, and name it: aws: { certificates: { ${region}: "arn:aws:acm:…" } }`,
        },
      ];
    }
    const found = arn.split(':')[3];
    if (found === region) return [];
    return [
      {
        check: 'certificate-region',
        severity: 'stop',
        what: `the certificate for ${region} is one of ${found}, where no load balancer of ${region} can use it`,
        remedy: `ask ACM in ${region} for one of the record`,
      },
    ];
  });

const nameFindings = ({ service, serves }: ServiceAsked): DeployFinding[] =>
  serves.length === 0 || !service.startsWith('internal-')
    ? []
    : [
        {
          check: 'name-reserved',
          severity: 'stop',
          what: `a load balancer cannot be called ${service}: AWS keeps names that begin with internal-`,
          remedy: 'give the service another name',
        },
      ];

const environmentFindings = ({ serves, env }: ServiceAsked): DeployFinding[] =>
  serves.length === 0
    ? []
    : Object.entries(env)
        .filter(([, value]) => VARIABLE.test(value))
        .map(([name]) => ({
          check: 'variable-in-value',
          severity: 'stop',
          what: `run.env.${name} holds \${…:, which the template would take for a variable of its own`,
          remedy: 'write it otherwise, or have the service read it from elsewhere',
        }));

const stagingFindings = ({ service, serves, staging }: ServiceAsked): DeployFinding[] =>
  serves.length === 0 || !staging
    ? []
    : [
        {
          check: 'staging-left-out',
          severity: 'warn',
          what: `promotion.staging is of the embedded cloud: no service ${service}-staging is made, and promotions begin in the standby`,
          remedy:
            'promote in a stage of its own first: deploy --stage staging, then promote … --on aws --stage staging',
        },
      ];

/** What the configuration leaves out or has wrong; AWS is not asked. */
export const serviceFindings = (asked: ServiceAsked): DeployFinding[] => [
  ...nameFindings(asked),
  ...subnetFindings(asked),
  ...certificateFindings(asked),
  ...environmentFindings(asked),
  ...stagingFindings(asked),
];

/** A deployment would put an image under what a promotion is at work on. */
export const promotionFinding = (promotionId: string): DeployFinding => ({
  check: 'promotion-under-way',
  severity: 'stop',
  what: `the promotion ${promotionId} is under way: a deployment would change the services that it is at work on`,
  remedy: 'wait for its end: it is over within an hour or two, or takes itself back',
});
