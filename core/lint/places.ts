/** Rules for where things are, and for what Route 53 would make of a switch and its records. */
import { areaUnder, mayBeIn } from '../regions/judge.ts';
import { isRegion, regionNames } from '../regions/regions.ts';
import {
  type Found,
  type HealthCheck,
  listOf,
  type Resource,
  type Setup,
  type Stack,
  treeOf,
  within,
} from './model.ts';

type Kind = keyof Setup['residency'];

/** What each type of resource holds. */
const HOLDS: Readonly<Record<string, Kind>> = {
  'AWS::DynamoDB::Table': 'data',
  'AWS::DynamoDB::GlobalTable': 'data',
  'AWS::S3::Bucket': 'data',
  'AWS::Lambda::Function': 'logs',
  'AWS::Logs::LogGroup': 'logs',
  'AWS::CodeBuild::Project': 'logs',
  'AWS::ECR::Repository': 'images',
};

const WORDS: Readonly<Record<Kind, string>> = {
  data: 'keeps data',
  logs: 'keeps logs',
  images: 'keeps images',
};

/** Roles that only look on: what they keep are latencies, verdicts and the state of a switch. */
const LOOKING = ['observer', 'watcher', 'switch'];

/** Regions of the copies of a global table; the stack's own for anything else. */
const regionsOf = ({ type, properties }: Resource, stack: Stack): string[] =>
  type === 'AWS::DynamoDB::GlobalTable'
    ? listOf(properties['Replicas']).map((copy) => String(treeOf(copy)['Region']))
    : [stack.region];

export const residencyFaults = (stack: Stack, { residency }: Setup): Found[] =>
  Object.entries(stack.resources).flatMap(([name, resource]) => {
    const kind = HOLDS[resource.type];
    if (kind === undefined) return [];
    return regionsOf(resource, stack).flatMap((region) => {
      if (!isRegion(region) || mayBeIn(region, residency[kind])) return [];
      const looking = LOOKING.includes(stack.role);
      const area = areaUnder(region, residency[kind]);
      const rule = `residency.${kind} [${[residency[kind]].flat().join(', ')}]`;
      const what = `${name} of ${stack.role} ${WORDS[kind]} in ${region} (${area}), outside ${rule}`;
      return [
        looking
          ? {
              ...resource.place,
              rule: 'residency-of-lookers',
              what: `${what}: latencies, verdicts and switches only, nothing of users`,
              remedy: 'name a region inside, or know of it',
            }
          : {
              ...resource.place,
              rule: 'residency',
              what,
              remedy: `name a region inside, or change residency.${kind}`,
            },
      ];
    });
  });

/** The region that a host name speaks of, such as that of a load balancer. */
const regionIn = (text: string): string | undefined =>
  regionNames.find((region) => new RegExp(`(?:^|[^a-z0-9])${region}(?:[^0-9]|$)`).test(text));

/** An endpoint whose own name says that it is the other side's. */
export const swapFaults = ({ primary, standby, endpoints, placeOf }: Setup): Found[] =>
  (['primary', 'standby'] as const).flatMap((side) => {
    const other = side === 'primary' ? standby : primary;
    const url = endpoints[side];
    if (url === null || regionIn(url) !== other) return [];
    const what = `the endpoint of the ${side}, ${url}, is one of ${other}: primary and standby look swapped`;
    return [
      {
        ...placeOf('regions', side),
        rule: 'regions-swapped',
        what,
        remedy: 'exchange the endpoints, or the regions',
      },
    ];
  });

const RECORDS = 'AWS::Route53::RecordSet';

/** Failover records of a template that answer with the wrong side, or that nothing can take out. */
export const recordFaults = ({ resources }: Stack, { primary, standby }: Setup): Found[] =>
  Object.entries(resources).flatMap(([name, { type, properties, place }]) => {
    const role = properties['Failover'];
    if (type !== RECORDS || (role !== 'PRIMARY' && role !== 'SECONDARY')) return [];
    const found: Found[] = [];
    const answers = [
      treeOf(properties['AliasTarget'])['DNSName'],
      ...listOf(properties['ResourceRecords']),
    ];
    const other = role === 'PRIMARY' ? standby : primary;
    const wrong = answers.map(String).find((answer) => regionIn(answer) === other);
    if (wrong !== undefined) {
      const what = `${name} is the ${role} record and answers ${wrong}, which is in ${other}: primary and secondary look swapped`;
      found.push({ ...place, rule: 'regions-swapped', what, remedy: 'exchange the answers' });
    }
    if (role === 'PRIMARY' && properties['HealthCheckId'] === undefined) {
      const what = `${name} is the PRIMARY record and has no health check: nothing can take it out`;
      found.push({
        ...within(place, 'Failover'),
        rule: 'primary-unchecked',
        what,
        remedy: 'add HealthCheckId',
      });
    }
    return found;
  });

const CHECK = 'AWS::Route53::HealthCheck';

/** Health checks that a template makes. */
const checksOf = ({ resources }: Stack): HealthCheck[] =>
  Object.values(resources).flatMap(({ type, properties, place }) => {
    if (type !== CHECK) return [];
    const config = treeOf(properties['HealthCheckConfig']);
    const text = (key: string): string | null =>
      config[key] === undefined ? null : String(config[key]);
    return [
      {
        type: String(config['Type']),
        host: text('FullyQualifiedDomainName'),
        searchString: text('SearchString'),
        disabled: config['Disabled'] === true,
        place: within(place, 'HealthCheckConfig'),
      },
    ];
  });

const GLOBAL_S3 = /(?:^|\.)s3\.amazonaws\.com$/;

export const checkFaults = (stacks: readonly Stack[], planned: readonly HealthCheck[]): Found[] =>
  [...stacks.flatMap(checksOf), ...planned].flatMap(
    ({ type, host, searchString, disabled, place }) => {
      const found: Found[] = [];
      const fault = (rule: string, what: string, remedy: string) =>
        found.push({ ...place, rule, what, remedy });
      const name = `the ${type} check${host === null ? '' : ` of ${host}`}`;
      if (disabled) {
        fault(
          'check-disabled',
          `${name} is Disabled, which Route 53 takes for healthy for ever`,
          'remove Disabled; to force a failover, invert a check',
        );
      }
      if (host !== null && GLOBAL_S3.test(host)) {
        fault(
          'check-redirected',
          `${name} asks the global endpoint of S3, which may answer 3xx: Route 53 takes that for healthy`,
          'ask <bucket>.s3.<region>.amazonaws.com',
        );
      }
      if (host?.includes('.s3.') && searchString === null) {
        fault(
          'check-redirected',
          `${name} looks for no text: whatever 2xx or 3xx S3 answers is a vote`,
          'a type that ends in _STR_MATCH, with SearchString',
        );
      }
      return found;
    },
  );

const BUCKET = 'AWS::S3::Bucket';

/** Buckets of switch objects: an object that is gone says "home", so nothing may remove one. */
export const switchFaults = (stack: Stack, { primary }: Setup): Found[] => {
  if (stack.role !== 'switch') return [];
  return Object.entries(stack.resources).flatMap(
    ([name, { type, properties, retained, place }]) => {
      if (type !== BUCKET) return [];
      const found: Found[] = [];
      const fault = (rule: string, what: string, remedy: string, at = place) =>
        found.push({ ...at, rule, what, remedy });
      if (properties['LifecycleConfiguration'] !== undefined) {
        const at = within(place, 'LifecycleConfiguration');
        fault(
          'switch-expires',
          `${name} has a lifecycle rule: a switch object that expires sends traffic back`,
          'remove it; versions are small',
          at,
        );
      }
      if (!retained) {
        fault(
          'switch-expires',
          `${name} goes with its stack: a stranger could take its name, and vote`,
          'DeletionPolicy: Retain',
        );
      }
      if (treeOf(properties['VersioningConfiguration'])['Status'] !== 'Enabled') {
        fault(
          'switch-expires',
          `${name} keeps no versions: who moved traffic could not be told`,
          'VersioningConfiguration: { Status: Enabled }',
        );
      }
      if (stack.region === primary) {
        fault(
          'switch-in-primary',
          `${name} would stand in ${primary}: losing it uses up the one failure that is tolerated`,
          'name a witness or observers elsewhere',
        );
      }
      return found;
    },
  );
};
