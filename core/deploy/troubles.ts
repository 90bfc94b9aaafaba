/** Why a command cannot work on what was deployed: an error of AWS by a name, with what to do about it. */
import {
  credentialsFinding,
  FORBIDDEN,
  firstLine,
  NO_CREDENTIALS,
  NOT_ENABLED,
  type Refusal,
} from './findings.ts';

/** Names are API, as those of a deployment's checks: scripts match them in `--json` output. */
export type Trouble = {
  readonly check:
    | 'no-credentials'
    | 'credentials-refused'
    | 'wrong-account'
    | 'permission-missing'
    | 'not-deployed'
    | 'throttled'
    | 'not-answered';
  readonly what: string;
  readonly remedy: string;
};

export type Operated = {
  readonly service: string;
  readonly region: string;
  /** The command that deploys it. */
  readonly deploy: string;
};

const MISSING = ['ResourceNotFoundException', 'NoSuchBucket', 'StateMachineDoesNotExist'];
const THROTTLED = [
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'SlowDown',
];
const UNHEARD = [
  'TimeoutError',
  'NetworkingError',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'InternalFailure',
  'InternalServerError',
  'InternalServerException',
  'InternalError',
  'ServiceException',
];
/** Of the network itself, as Node names it. */
const NETWORK =
  /^E(?:CONNREFUSED|CONNRESET|NOTFOUND|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|PIPE)$/;

const DENIED = /^User: (\S+) is not authorized to perform: (\S+)(?: on resource: "?([^\s"]+)"?)?/;

const deniedTrouble = ({ name, message }: Refusal): Trouble => {
  const [, who, action, resource] = DENIED.exec(message) ?? [];
  const on = resource === undefined ? '' : ` on ${resource}`;
  return {
    check: 'permission-missing',
    what: who === undefined ? `${name}: ${firstLine(message)}` : `${who} may not ${action}${on}`,
    remedy: 'allow it: docs/aws.md, Who may operate, lists what each command needs',
  };
};

export const notDeployed = ({ service, region, deploy }: Operated, what: string): Trouble => ({
  check: 'not-deployed',
  what: `${service} is not deployed in ${region}: ${what}`,
  remedy: `deploy it with ${deploy}, or look whether the configuration and the stage are those that were deployed`,
});

/** What went wrong; null for an error that is none of AWS's answers. */
export const troubleOf = (
  error: Refusal & { readonly code?: string },
  at: Operated,
): Trouble | null => {
  const { name, code = '', message } = error;
  const { check, what, remedy } = credentialsFinding(error);
  if (NO_CREDENTIALS.includes(name)) return { check: 'no-credentials', what, remedy };
  if (FORBIDDEN.includes(name)) return deniedTrouble(error);
  if (MISSING.includes(name)) return notDeployed(at, firstLine(message));
  if (THROTTLED.includes(name)) {
    return {
      check: 'throttled',
      what: `AWS takes no more calls in ${at.region} for now: ${name}: ${firstLine(message)}`,
      remedy: 'try again in a few seconds',
    };
  }
  if (UNHEARD.includes(name) || NETWORK.test(code)) {
    return {
      check: 'not-answered',
      what: `AWS does not answer in ${at.region}, where the watch lives: ${code || name}: ${firstLine(message)}`,
      remedy: 'look whether this machine reaches AWS, and try again',
    };
  }
  if (check !== 'credentials-refused') return null;
  const orDark = NOT_ENABLED.includes(name)
    ? `, or ${at.region} is not enabled in the account`
    : '';
  return { check, what: `${what}${orDark}`, remedy };
};
