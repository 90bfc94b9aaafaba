/** What differs between the service in the primary and in the standby: a failover meets it on the bad day. */

export type Service = {
  readonly name: string;
  readonly desired: number;
  readonly running: number;
  readonly digests: readonly string[];
  readonly cpu: string | null;
  readonly memoryMb: string | null;
  readonly ulimits: readonly string[];
};

export type Certificate = {
  readonly host: string;
  readonly names: readonly string[];
  readonly expiresAtMs: number;
  readonly distrust: string | null;
};

type Side = {
  readonly region: string;
  readonly service: Service | null;
  readonly certificate: Certificate | null;
};

export type EnvironmentDrift = {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly different: readonly string[];
};

export type Facts = {
  readonly checkedAtMs: number;
  readonly primary: Side;
  readonly standby: Side;
  readonly environment: EnvironmentDrift | null;
  readonly notMeasured: readonly { readonly what: string; readonly why: string }[];
};

export type Drift = {
  readonly of: 'image' | 'environment' | 'capacity' | 'limits' | 'certificate';
  readonly where: string;
  readonly what: string;
};

const DAY_MS = 86_400_000;
/** Renewals are due 30 days before the end at the common authorities: later, one has failed. */
const EXPIRY_NEAR_DAYS = 21;
const NAMES_MAX = 6;

const named = (names: readonly string[]): string =>
  names.length <= NAMES_MAX
    ? names.join(', ')
    : `${names.slice(0, NAMES_MAX).join(', ')} and ${names.length - NAMES_MAX} more`;

/** A value with its own region taken out of it, since that has to differ. */
const withoutRegion = (value: string, region: string): string => value.replaceAll(region, '*');

/** Names of variables that the standby lacks, has beside, or has with another value. */
export const environmentDrift = (
  primary: { readonly region: string; readonly values: Readonly<Record<string, string>> },
  standby: { readonly region: string; readonly values: Readonly<Record<string, string>> },
): { missing: string[]; extra: string[]; different: string[] } => {
  const own = Object.keys(primary.values).sort();
  const other = Object.keys(standby.values).sort();
  const value = (side: typeof primary, name: string): string =>
    withoutRegion(side.values[name] ?? '', side.region);
  return {
    missing: own.filter((name) => !other.includes(name)),
    extra: other.filter((name) => !own.includes(name)),
    different: own.filter(
      (name) => other.includes(name) && value(primary, name) !== value(standby, name),
    ),
  };
};

const shortDigest = (digest: string): string => digest.replace('sha256:', '').slice(0, 12);

const imageDrift = (from: Service, to: Service, region: string): Drift[] => {
  if (from.digests.length === 0 || to.digests.length === 0) return [];
  const [a, b] = [[...from.digests].sort().join(), [...to.digests].sort().join()];
  if (a === b) return [];
  const run = `runs ${to.digests.map(shortDigest).join(', ')}, the primary ${from.digests.map(shortDigest).join(', ')}`;
  return [{ of: 'image', where: region, what: `${run}: deploy the same image to both` }];
};

const capacityDrift = (from: Service, to: Service, region: string): Drift[] => {
  if (to.running < to.desired) {
    const what = `${to.running} of ${to.desired} tasks run: look at the events of service ${to.name}`;
    return [{ of: 'capacity', where: region, what }];
  }
  if (to.desired >= from.desired) return [];
  const tasks = `${to.desired} ${to.desired === 1 ? 'task' : 'tasks'}`;
  const what = `${tasks}, the primary has ${from.desired}: a failover has to start ${from.desired - to.desired} first`;
  return [{ of: 'capacity', where: region, what }];
};

const limitsDrift = (from: Service, to: Service, region: string): Drift[] => {
  const sides: [string, string, string][] = [
    ['cpu', from.cpu ?? 'unset', to.cpu ?? 'unset'],
    ['memory', from.memoryMb ?? 'unset', to.memoryMb ?? 'unset'],
    ['ulimits', from.ulimits.join(' ') || 'none', to.ulimits.join(' ') || 'none'],
  ];
  return sides
    .filter(([, a, b]) => a !== b)
    .map(([name, a, b]) => ({
      of: 'limits',
      where: region,
      what: `${name} ${b}, the primary has ${a}: register one task definition for both`,
    }));
};

const environmentDrifts = ({ environment, standby: { region } }: Facts): Drift[] => {
  if (!environment) return [];
  const lists: [readonly string[], string][] = [
    [environment.missing, 'lacks'],
    [environment.extra, 'has, and the primary does not,'],
    [environment.different, 'has other values of'],
  ];
  return lists
    .filter(([names]) => names.length > 0)
    .map(([names, verb]) => ({
      of: 'environment',
      where: region,
      what: `${verb} ${named(names)}`,
    }));
};

/** Whether a name of a certificate stands for a host: equal, or a wildcard for its first label (RFC 6125). */
export const covers = (name: string, host: string): boolean => {
  const [own, wanted] = [name.toLowerCase(), host.toLowerCase()];
  if (own === wanted) return true;
  return (
    own.startsWith('*.') &&
    wanted.includes('.') &&
    own.slice(1) === wanted.slice(wanted.indexOf('.'))
  );
};

const expiryDrift = (
  { host, expiresAtMs }: Certificate,
  region: string,
  nowMs: number,
): Drift[] => {
  const leftDays = Math.floor((expiresAtMs - nowMs) / DAY_MS);
  if (leftDays >= EXPIRY_NEAR_DAYS) return [];
  const days = Math.abs(leftDays) === 1 ? '1 day' : `${Math.abs(leftDays)} days`;
  const when = leftDays < 0 ? `expired ${days} ago` : `expires in ${days}`;
  return [{ of: 'certificate', where: region, what: `that of ${host} ${when}: renew it` }];
};

const certificateDrifts = (
  { region, certificate }: Side,
  wanted: readonly string[],
  nowMs: number,
): Drift[] => {
  if (!certificate) return [];
  const { host, names, distrust } = certificate;
  const lacking = wanted.filter((one) => !names.some((name) => covers(name, one)));
  return [
    ...expiryDrift(certificate, region, nowMs),
    ...(distrust === null
      ? []
      : [
          {
            of: 'certificate' as const,
            where: region,
            what: `that of ${host} is not trusted: ${distrust}`,
          },
        ]),
    ...(lacking.length === 0
      ? []
      : [
          {
            of: 'certificate' as const,
            where: region,
            what: `that of ${host} is not for ${named(lacking)}: clients would refuse it after a failover`,
          },
        ]),
  ];
};

/**
 * Every drift. `record` is the name that fails over: both certificates must be for it, and that of the
 * standby for all that the primary's is for but its own host.
 */
export const driftsOf = (facts: Facts, record: string | null): Drift[] => {
  const { primary, standby, checkedAtMs, notMeasured } = facts;
  const [from, to] = [primary.service, standby.service];
  const must = record === null ? [] : [record];
  const besides = (primary.certificate?.names ?? []).filter(
    (name) => !name.startsWith('*.') && name !== primary.certificate?.host,
  );
  const services =
    from && to
      ? [
          ...imageDrift(from, to, standby.region),
          ...capacityDrift(from, to, standby.region),
          ...limitsDrift(from, to, standby.region),
        ]
      : [];
  const absent: Drift[] =
    from && !to && !notMeasured.some(({ what }) => what.startsWith('running service'))
      ? [
          {
            of: 'capacity',
            where: standby.region,
            what: `no service ${from.name} runs here: a failover would have nothing to switch to`,
          },
        ]
      : [];
  return [
    ...absent,
    ...services,
    ...environmentDrifts(facts),
    ...certificateDrifts(primary, must, checkedAtMs),
    ...certificateDrifts(standby, [...new Set([...must, ...besides])], checkedAtMs),
  ];
};
