/** What keeps a deployment from starting, or should be known before it does: each with what to do about it. */
import type { Answers } from '../failover/answerSets.ts';
import type { RecordVerdict } from './liveRecord.ts';
import type { Retained } from './retained.ts';
import { judgeStack, type StackFound } from './stackState.ts';

/** Names of checks are API: scripts match them in `--json` output. */
export const DEPLOY_CHECKS = [
  'no-credentials',
  'credentials-refused',
  'wrong-account',
  'region-not-enabled',
  'permission-missing',
  'permissions-unknown',
  'zone-missing',
  'zone-ambiguous',
  'record-foreign',
  'record-at-apex',
  'network-missing',
  'network-unknown',
  'probes-missing',
  'shadow-hidden',
  'subnet-missing',
  'subnet-elsewhere',
  'subnet-closed',
  'ecs-role-missing',
  'ecs-service-missing',
  'ecs-service-fixed',
  'ecs-service-unbalanced',
  'fence-listener-missing',
  'fence-listener-taken',
  'fence-listener-closed',
  'balancer-subnets',
  'certificate-missing',
  'certificate-region',
  'name-reserved',
  'variable-in-value',
  'promotion-under-way',
  'staging-left-out',
  'stack-blocked',
  'second-in-charge',
  'name-within',
  'left-over',
  'not-answered',
] as const;

export type DeployFinding = {
  readonly check: (typeof DEPLOY_CHECKS)[number];
  /** `stop`: nothing is changed. `warn`: a person should know. */
  readonly severity: 'stop' | 'warn';
  readonly what: string;
  readonly remedy: string;
};

export type Refusal = { readonly name: string; readonly message: string };

export const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError', 'ProfileNotFound'];
const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'];
const UNKNOWN_KEY = [
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidAccessKeyId',
  'AuthFailure',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
];
/** What services say to a key that is right, in a region that the account has not enabled. */
export const NOT_ENABLED = [
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'OptInRequired',
  'AuthFailure',
];
export const FORBIDDEN = [
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'Forbidden',
];

/** A person who has no keys yet, or old ones. */
const LOG_IN =
  'log in first, for example: aws sso login --profile <name>, then export AWS_PROFILE=<name>';

export const firstLine = (text: string): string => text.split('\n')[0]?.slice(0, 300) ?? '';

/** Why the account cannot be asked who we are. */
export const credentialsFinding = ({ name, message }: Refusal): DeployFinding => {
  if (NO_CREDENTIALS.includes(name)) {
    return {
      check: 'no-credentials',
      severity: 'stop',
      what: 'no credentials of AWS were found: not in the environment, not in a profile',
      remedy: LOG_IN,
    };
  }
  const refused = EXPIRED.includes(name) || UNKNOWN_KEY.includes(name) || FORBIDDEN.includes(name);
  return {
    check: refused ? 'credentials-refused' : 'not-answered',
    severity: 'stop',
    what: EXPIRED.includes(name)
      ? 'the credentials have expired'
      : `AWS ${refused ? 'refuses the credentials' : 'could not be asked'}: ${name}: ${firstLine(message)}`,
    remedy: refused ? LOG_IN : 'look whether this machine reaches AWS, and try again',
  };
};

export const accountFinding = (wanted: string | undefined, found: string): DeployFinding[] =>
  wanted === undefined || wanted === found
    ? []
    : [
        {
          check: 'wrong-account',
          severity: 'stop',
          what: `the credentials are those of account ${found}, and aws.account names ${wanted}`,
          remedy: `use credentials of ${wanted}, or correct aws.account`,
        },
      ];

/** What AWS did not show: for want of a right, or for want of an answer. */
export const unseenFinding = (
  { what, right, of }: { readonly what: string; readonly right: string; readonly of: string },
  { name, message }: Refusal,
): DeployFinding => ({
  check: FORBIDDEN.includes(name) ? 'permission-missing' : 'not-answered',
  severity: 'stop',
  what: `${what} was not seen: ${name}: ${firstLine(message)}`,
  remedy: FORBIDDEN.includes(name)
    ? `allow ${right} to whoever deploys`
    : `try again; if ${of} goes on failing, see the AWS Health Dashboard`,
});

/** Why a service in one region did not answer, where the credentials are known to be right. */
export const regionFinding = (
  region: string,
  call: string,
  { name, message }: Refusal,
): DeployFinding => {
  if (NOT_ENABLED.includes(name)) {
    return {
      check: 'region-not-enabled',
      severity: 'stop',
      what: `${region} is not enabled in this account (${name})`,
      remedy: `enable it, which takes minutes to hours: aws account enable-region --region-name ${region}. Or name another region`,
    };
  }
  return {
    check: FORBIDDEN.includes(name) ? 'permission-missing' : 'not-answered',
    severity: 'stop',
    what: `${call} in ${region}: ${name}: ${firstLine(message)}`,
    remedy: FORBIDDEN.includes(name)
      ? `allow ${call} to whoever deploys (docs/aws.md lists all that is needed)`
      : 'try again; nothing was changed',
  };
};

export const zoneFinding = (zone: string, ids: readonly string[]): DeployFinding[] => {
  if (ids.length === 1) return [];
  return [
    ids.length === 0
      ? {
          check: 'zone-missing',
          severity: 'stop',
          what: `the account has no public hosted zone ${zone}`,
          remedy: `make one and delegate the domain to it (aws route53 create-hosted-zone --name ${zone} --caller-reference ${zone}), or name the right one in dns.zone`,
        }
      : {
          check: 'zone-ambiguous',
          severity: 'stop',
          what: `the account has ${ids.length} public hosted zones ${zone}: ${ids.join(', ')}`,
          remedy: 'only one of them can be delegated to: delete the others',
        },
  ];
};

type Named = {
  readonly record: string;
  readonly zone: string;
  /** A rehearsal has a name of its own beside the record. */
  readonly showsShadow?: boolean;
};

export const recordFindings = (
  { record, zone, showsShadow = false }: Named,
  verdict: RecordVerdict,
  answers: Answers,
): DeployFinding[] => {
  const findings: DeployFinding[] = [];
  if (record === zone && answers.CNAME !== undefined) {
    findings.push({
      check: 'record-at-apex',
      severity: 'stop',
      what: `${record} is the zone itself, where DNS allows no CNAME, and ${answers.CNAME.join(' ')} is a name`,
      remedy: `let a name below it fail over, such as www.${zone}, give the endpoints by address, or leave them out with an image: the record is then an alias of our load balancers`,
    });
  }
  if (record === zone && showsShadow) {
    findings.push({
      check: 'record-at-apex',
      severity: 'stop',
      what: `a rehearsal of depth shadow answers for shadow-${record}, which is not in the zone ${zone}`,
      remedy: `let a name below it fail over, such as www.${zone}, or choose another drill.rehearsal.depth`,
    });
  }
  if (verdict.kind === 'foreign') {
    findings.push({
      check: 'record-foreign',
      severity: 'stop',
      what: `${record} exists already and is not ours: ${verdict.answers}`,
      remedy:
        'it is replaced by itself only while it answers exactly what the primary would, as one simple set. ' +
        'Make it so, delete it, or name another record',
    });
  }
  return findings;
};

type Stack = { readonly name: string; readonly region: string };

export const stackFinding = (stack: Stack, found: StackFound): DeployFinding[] => {
  const verdict = judgeStack(found, stack);
  const at = `${stack.name} in ${stack.region} is ${found.status}`;
  if (verdict.kind === 'blocked') {
    const reason = found.reason === '' ? '' : ` (${firstLine(found.reason)})`;
    return [
      { check: 'stack-blocked', severity: 'stop', what: `${at}${reason}`, remedy: verdict.remedy },
    ];
  }
  if (verdict.kind !== 'wait') return [];
  return [
    {
      check: 'stack-blocked',
      severity: 'warn',
      what: `${at}: CloudFormation is still at work on it`,
      remedy: 'it is waited for before it is changed',
    },
  ];
};

/** Another service of the account whose rights reach what is called by this one's name. */
export const nameFinding = (
  service: string,
  outer: { readonly service: string; readonly region: string },
  isDeployed: boolean,
): DeployFinding => ({
  check: 'name-within',
  // Whoever has both already must be able to deploy them.
  severity: isDeployed ? 'warn' : 'stop',
  what: `a service ${outer.service} is deployed in ${outer.region}, and what begins with ${outer.service}- is its own: fences, alarms and roles called ${service}-… too`,
  remedy: `give one of them a name that does not begin with the other's and a dash, such as ${service.replaceAll('-', '')}`,
});

/** How what it holds is kept elsewhere, for a person who wants it and a new deployment. */
const KEEP = {
  table: ({ name, region }: Retained) =>
    `aws dynamodb create-backup --table-name ${name} --backup-name ${name} --region ${region}`,
  bucket: ({ name, region }: Retained) => `aws s3 sync s3://${name} ${name} --region ${region}`,
} as const;

/** A table or bucket of a name of ours that does not say that it is ours: a new stack can neither make it nor take it over. */
export const leftOverFinding = (left: Retained, missing: readonly string[]): DeployFinding => ({
  check: 'left-over',
  severity: 'stop',
  what:
    `the ${left.kind} ${left.name} in ${left.region} is there without its stack, and is not taken over: ` +
    `it does not carry the tags of what a deployment of this service keeps (${missing.join(', ')})`,
  remedy:
    'give the service another name, and leave this as it is. If a former deployment of this service made it, give it ' +
    `these tags. If it is yours and of no use, keep what it holds: ${KEEP[left.kind](left)}. Then delete it`,
});

export const unknownRightsFinding = (arn: string, { name, message }: Refusal): DeployFinding => ({
  check: 'permissions-unknown',
  severity: 'warn',
  what: `what ${arn} may do could not be asked: ${name}: ${firstLine(message)}`,
  remedy:
    'allow iam:SimulatePrincipalPolicy and iam:GetRole to whoever deploys; without them a missing right shows in the ' +
    'middle of a stack, which CloudFormation then rolls back',
});

export const unknownLeftOversFinding = ({ name, message }: Refusal): DeployFinding => ({
  check: 'not-answered',
  severity: 'warn',
  what: `whether tables and buckets of a former deployment are there is not known: ${name}: ${firstLine(message)}`,
  remedy: 'allow s3:ListBucket and dynamodb:DescribeTable to whoever deploys',
});

export const deniedFinding = (
  action: string,
  resource: string,
  principal: string,
): DeployFinding => ({
  check: 'permission-missing',
  severity: 'stop',
  what: `${principal} may not ${action} on ${resource}`,
  remedy: `allow it to whoever deploys (docs/aws.md lists all that is needed)`,
});
