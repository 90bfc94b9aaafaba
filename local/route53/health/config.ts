import { isIP } from 'node:net';
import type { HealthCheckConfig } from '@aws-sdk/client-route-53';
import * as z from 'zod';
import { AwsError } from '../../wire/types.ts';

/** Regions with health checkers. */
export const CHECKER_REGIONS = [
  'ap-northeast-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'eu-west-1',
  'sa-east-1',
  'us-east-1',
  'us-west-1',
  'us-west-2',
] as const;
export type CheckerRegion = (typeof CHECKER_REGIONS)[number];

const ENDPOINT_TYPES = ['HTTP', 'HTTPS', 'HTTP_STR_MATCH', 'HTTPS_STR_MATCH', 'TCP'] as const;

const common = { inverted: z.boolean(), disabled: z.boolean() };

const endpointConfig = z.strictObject({
  ...common,
  type: z.enum(ENDPOINT_TYPES),
  ipAddress: z.string().optional(),
  port: z.int(),
  resourcePath: z.string().optional(),
  domainName: z.string().optional(),
  searchString: z.string().optional(),
  requestIntervalS: z.number(),
  failureThreshold: z.int(),
  measureLatency: z.boolean(),
  enableSni: z.boolean(),
  /** Left out: all. */
  regions: z.array(z.enum(CHECKER_REGIONS)).optional(),
});

const calculatedConfig = z.strictObject({
  ...common,
  type: z.literal('CALCULATED'),
  children: z.array(z.string()),
  healthThreshold: z.int(),
});

const checkConfig = z.discriminatedUnion('type', [endpointConfig, calculatedConfig]);
export type CheckConfig = z.infer<typeof checkConfig>;
export type EndpointConfig = z.infer<typeof endpointConfig>;

export const healthCheckState = z.strictObject({
  id: z.string(),
  callerReference: z.string(),
  version: z.int(),
  config: checkConfig,
});
export type HealthCheckState = z.infer<typeof healthCheckState>;

/** What differs from AWS for tests: which values of RequestInterval are taken, in seconds. */
export type ConfigLimits = { readonly requestIntervalsS: readonly number[] };

const CHILDREN_MAX = 255;
const REGIONS_MIN = 3;
const FAILURE_THRESHOLD_MAX = 10;
const FAILURE_THRESHOLD = 3;
const REQUEST_INTERVAL_S = 30;
const TEXT_LENGTH_MAX = 255;

const invalid = (message: string) => new AwsError('InvalidInput', `Invalid parameter : ${message}`);

/** Members that a kind of check must leave out. */
const refuse = (config: HealthCheckConfig, members: (keyof HealthCheckConfig)[], what: string) => {
  const extra = members.find((member) => {
    const value = config[member];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  });
  if (extra) throw invalid(`${what} must not have ${extra} specified.`);
};

const wholeNumber = (value: number, min: number, max: number, member: string): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`${member} must be a whole number from ${min} to ${max}, not ${value}.`);
};

const readCalculated = (config: HealthCheckConfig): CheckConfig => {
  refuse(
    config,
    ['IPAddress', 'Port', 'ResourcePath', 'FullyQualifiedDomainName', 'SearchString', 'Regions'],
    'Calculated health checks',
  );
  refuse(config, ['AlarmIdentifier', 'RoutingControlArn'], 'Calculated health checks');
  const children = config.ChildHealthChecks ?? [];
  if (children.length > CHILDREN_MAX) {
    throw invalid(`a calculated health check has at most ${CHILDREN_MAX} child health checks.`);
  }
  if (new Set(children).size !== children.length) throw invalid('a child health check is twice.');
  if (config.HealthThreshold === undefined) {
    throw invalid('Calculated health checks must have a health threshold specified.');
  }
  return {
    type: 'CALCULATED',
    children,
    healthThreshold: wholeNumber(config.HealthThreshold, 0, CHILDREN_MAX + 1, 'HealthThreshold'),
    inverted: config.Inverted ?? false,
    disabled: config.Disabled ?? false,
  };
};

const readRegions = (given: readonly string[] | undefined): CheckerRegion[] | undefined => {
  if (given === undefined || given.length === 0) return undefined;
  const regions = CHECKER_REGIONS.filter((region) => given.includes(region));
  if (regions.length !== given.length) {
    throw invalid(`Regions are different ones of ${CHECKER_REGIONS.join(', ')}.`);
  }
  if (regions.length >= REGIONS_MIN) return regions;
  throw invalid(`Regions must name at least ${REGIONS_MIN} regions.`);
};

const readSearch = (config: HealthCheckConfig): string | undefined => {
  const matches = /_STR_MATCH$/.test(config.Type ?? '');
  const { SearchString } = config;
  if (matches === (SearchString !== undefined && SearchString !== '')) {
    if ((SearchString?.length ?? 0) <= TEXT_LENGTH_MAX) return SearchString;
    throw invalid(`SearchString has at most ${TEXT_LENGTH_MAX} characters.`);
  }
  throw invalid(
    matches
      ? `Health checks of type ${config.Type} must have a search string specified.`
      : `Health checks of type ${config.Type} must not have a search string specified.`,
  );
};

const readPath = (config: HealthCheckConfig): string | undefined => {
  const { ResourcePath: path, Type } = config;
  if (path === undefined || path === '') return undefined;
  if (Type === 'TCP') throw invalid('TCP health checks must not have a resource path specified.');
  if (path.length <= TEXT_LENGTH_MAX && /^[\x21-\x7e]+$/.test(path)) {
    return path.startsWith('/') ? path : `/${path}`;
  }
  throw invalid(
    `ResourcePath has at most ${TEXT_LENGTH_MAX} characters, no spaces and none to encode.`,
  );
};

const readEndpoint = (
  config: HealthCheckConfig,
  type: EndpointConfig['type'],
  limits: ConfigLimits,
): EndpointConfig => {
  if (config.AlarmIdentifier) {
    throw invalid('Basic health checks must not have an metric region specified.');
  }
  refuse(
    config,
    ['ChildHealthChecks', 'HealthThreshold', 'InsufficientDataHealthStatus', 'RoutingControlArn'],
    'Basic health checks',
  );
  const { IPAddress: ipAddress, FullyQualifiedDomainName: domainName } = config;
  if (!ipAddress && !domainName) {
    throw invalid('Basic health checks must have an IP address or a domain name specified.');
  }
  if (ipAddress && !isIP(ipAddress)) throw invalid(`IPAddress ${ipAddress} is no IP address.`);
  const port = config.Port ?? (type.startsWith('HTTPS') ? 443 : type === 'TCP' ? undefined : 80);
  if (port === undefined) throw invalid('TCP health checks must have a port specified.');
  const interval = config.RequestInterval ?? REQUEST_INTERVAL_S;
  if (!limits.requestIntervalsS.includes(interval)) {
    const allowed = limits.requestIntervalsS.join(' or ');
    throw invalid(`RequestInterval must be ${allowed}, not ${interval}.`);
  }
  const threshold = config.FailureThreshold ?? FAILURE_THRESHOLD;
  const resourcePath = readPath(config);
  const searchString = readSearch(config);
  const regions = readRegions(config.Regions);
  return {
    type,
    ...(ipAddress && { ipAddress }),
    port: wholeNumber(port, 1, 65_535, 'Port'),
    ...(resourcePath !== undefined && { resourcePath }),
    ...(domainName && { domainName }),
    ...(searchString && { searchString }),
    requestIntervalS: interval,
    failureThreshold: wholeNumber(threshold, 1, FAILURE_THRESHOLD_MAX, 'FailureThreshold'),
    measureLatency: config.MeasureLatency ?? false,
    enableSni: config.EnableSNI ?? type.startsWith('HTTPS'),
    ...(regions && { regions }),
    inverted: config.Inverted ?? false,
    disabled: config.Disabled ?? false,
  };
};

/** The settings of a health check as the API gives them. Throws InvalidInput. */
export const readConfig = (
  config: HealthCheckConfig | undefined,
  limits: ConfigLimits,
): CheckConfig => {
  if (!config?.Type) throw invalid('HealthCheckConfig with a Type is required.');
  if (config.Type === 'CALCULATED') return readCalculated(config);
  const type = ENDPOINT_TYPES.find((known) => known === config.Type);
  if (type) return readEndpoint(config, type, limits);
  throw invalid(
    `health checks of type ${config.Type} are not offered here, only ${ENDPOINT_TYPES.join(', ')} and CALCULATED.`,
  );
};

/** The settings of a health check as the API shows them. */
export const configToWire = (config: CheckConfig): HealthCheckConfig => {
  const both = { Type: config.type, Inverted: config.inverted, Disabled: config.disabled };
  if (config.type === 'CALCULATED') {
    return {
      ...both,
      HealthThreshold: config.healthThreshold,
      ChildHealthChecks: config.children,
    };
  }
  return {
    ...both,
    IPAddress: config.ipAddress,
    Port: config.port,
    ResourcePath: config.resourcePath,
    FullyQualifiedDomainName: config.domainName,
    SearchString: config.searchString,
    RequestInterval: config.requestIntervalS,
    FailureThreshold: config.failureThreshold,
    MeasureLatency: config.measureLatency,
    EnableSNI: config.enableSni,
    Regions: config.regions,
  };
};
