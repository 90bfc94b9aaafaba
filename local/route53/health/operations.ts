import { isDeepStrictEqual } from 'node:util';
import type {
  CreateHealthCheckRequest,
  DeleteHealthCheckRequest,
  GetHealthCheckRequest,
  GetHealthCheckStatusRequest,
  HealthCheckConfig,
  ListHealthChecksRequest,
  ResettableElementName,
  UpdateHealthCheckRequest,
} from '@aws-sdk/client-route-53';
import { AwsError, type Operations } from '../../wire/types.ts';
import { pageSize } from '../paging.ts';
import type { Route53Store } from '../store.ts';
import type { Checkers } from './checkers.ts';
import {
  type CheckConfig,
  type ConfigLimits,
  configToWire,
  type HealthCheckState,
  readConfig,
} from './config.ts';

type Needs = {
  readonly store: Route53Store;
  readonly checkers: Pick<Checkers, 'observations'>;
  readonly random: () => number;
  readonly limits: ConfigLimits;
};

const PAGE_MAX = 100;
const CHECKS_MAX = 200;
const REFERENCES_KEPT_MAX = 1_000;
const REFERENCE_LENGTH_MAX = 64;
const RESETTABLE = new Set<string>([
  'ChildHealthChecks',
  'FullyQualifiedDomainName',
  'Regions',
  'ResourcePath',
] satisfies ResettableElementName[]);

const toWire = ({ id, callerReference, version, config }: HealthCheckState) => ({
  Id: id,
  CallerReference: callerReference,
  HealthCheckVersion: version,
  HealthCheckConfig: configToWire(config),
});

const newId = (random: () => number): string => {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

const childrenOf = (config: CheckConfig): readonly string[] =>
  config.type === 'CALCULATED' ? config.children : [];

/** Throws InvalidInput for children that are not there, and for a check that watches itself. */
const checkChildren = (
  id: string,
  config: CheckConfig,
  checks: readonly HealthCheckState[],
): void => {
  const configOf = (child: string) =>
    child === id ? config : checks.find((check) => check.id === child)?.config;
  const seen = new Set<string>();
  const visit = (children: readonly string[]): void => {
    for (const child of children) {
      const found = configOf(child);
      if (!found) {
        throw new AwsError(
          'InvalidInput',
          `Invalid parameter : child health check ${child} does not exist.`,
        );
      }
      if (child === id) {
        throw new AwsError(
          'InvalidInput',
          `Invalid parameter : health check ${id} would be a child of itself.`,
        );
      }
      if (seen.has(child)) continue;
      seen.add(child);
      visit(childrenOf(found));
    }
  };
  visit(childrenOf(config));
};

/** The settings after an update: what the request names replaces what was there. */
const updated = (config: CheckConfig, request: UpdateHealthCheckRequest): HealthCheckConfig => {
  const { HealthCheckId, HealthCheckVersion, ResetElements, ...given } = request;
  const unknown = ResetElements?.find((element) => !RESETTABLE.has(element));
  if (unknown) {
    throw new AwsError('InvalidInput', `Invalid parameter : ${unknown} cannot be reset.`);
  }
  const kept = Object.entries(configToWire(config)).filter(
    ([member]) => !ResetElements?.some((element) => element === member),
  );
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { Type: config.type, ...Object.fromEntries([...kept, ...named]) };
};

const readReference = ({ CallerReference: reference }: CreateHealthCheckRequest): string => {
  if (reference && reference.length <= REFERENCE_LENGTH_MAX) return reference;
  throw new AwsError('InvalidInput', `CallerReference has 1 to ${REFERENCE_LENGTH_MAX} characters`);
};

const alreadyExists = (reference: string, why: string) =>
  new AwsError(
    'HealthCheckAlreadyExists',
    `The caller reference ${reference} belongs to ${why}; use another one`,
  );

export const healthCheckOperations = ({ store, checkers, random, limits }: Needs) => {
  const checkById = (id: string | undefined): HealthCheckState => {
    const found = store.value.healthChecks.find((check) => check.id === id);
    if (found) return found;
    throw new AwsError('NoSuchHealthCheck', `A health check with id ${id} does not exist.`);
  };
  const created = (check: HealthCheckState) => ({
    HealthCheck: toWire(check),
    Location: `https://route53.amazonaws.com/2013-04-01/healthcheck/${check.id}`,
  });

  return {
    CreateHealthCheck: async (request: CreateHealthCheckRequest) => {
      const callerReference = readReference(request);
      const config = readConfig(request.HealthCheckConfig, limits);
      const { healthChecks, usedReferences } = store.value;
      const known = healthChecks.find((check) => check.callerReference === callerReference);
      if (known && isDeepStrictEqual(known.config, config)) return created(known);
      if (known) throw alreadyExists(callerReference, `health check ${known.id} of other settings`);
      if (usedReferences.includes(callerReference)) {
        throw alreadyExists(callerReference, 'a deleted health check');
      }
      if (healthChecks.length >= CHECKS_MAX) {
        throw new AwsError(
          'TooManyHealthChecks',
          `the limit of ${CHECKS_MAX} health checks of the account is reached; delete some`,
        );
      }
      const check = { id: newId(random), callerReference, version: 1, config };
      checkChildren(check.id, config, healthChecks);
      await store.save({ healthChecks: [...healthChecks, check] });
      return created(check);
    },
    UpdateHealthCheck: async (request: UpdateHealthCheckRequest) => {
      const check = checkById(request.HealthCheckId);
      const { version } = check;
      if (request.HealthCheckVersion !== undefined && request.HealthCheckVersion !== version) {
        throw new AwsError(
          'HealthCheckVersionMismatch',
          `The health check has version ${version}, not ${request.HealthCheckVersion}`,
        );
      }
      const config = readConfig(updated(check.config, request), limits);
      const { healthChecks } = store.value;
      checkChildren(check.id, config, healthChecks);
      const changed = { ...check, version: version + 1, config };
      await store.save({
        healthChecks: healthChecks.map((other) => (other === check ? changed : other)),
      });
      return { HealthCheck: toWire(changed) };
    },
    GetHealthCheck: ({ HealthCheckId }: GetHealthCheckRequest) => ({
      HealthCheck: toWire(checkById(HealthCheckId)),
    }),
    DeleteHealthCheck: async ({ HealthCheckId }: DeleteHealthCheckRequest) => {
      const check = checkById(HealthCheckId);
      const { healthChecks, usedReferences } = store.value;
      const parent = healthChecks.find(({ config }) => childrenOf(config).includes(check.id));
      if (parent) {
        throw new AwsError(
          'HealthCheckInUse',
          `The health check is a child of the calculated health check ${parent.id}`,
        );
      }
      // As on AWS, records that use it do not keep it from being deleted.
      await store.save({
        healthChecks: healthChecks.filter((other) => other !== check),
        usedReferences: [...usedReferences, check.callerReference].slice(-REFERENCES_KEPT_MAX),
      });
      return {};
    },
    GetHealthCheckCount: () => ({ HealthCheckCount: store.value.healthChecks.length }),
    ListHealthChecks: ({ Marker, MaxItems }: ListHealthChecksRequest) => {
      const size = pageSize(MaxItems, PAGE_MAX);
      const checks = store.value.healthChecks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const rest = checks.filter(({ id }) => id >= (Marker ?? ''));
      return {
        HealthChecks: rest.slice(0, size).map(toWire),
        Marker: Marker ?? '',
        IsTruncated: rest.length > size,
        ...(rest[size] && { NextMarker: rest[size].id }),
        MaxItems: size,
      };
    },
    GetHealthCheckStatus: ({ HealthCheckId }: GetHealthCheckStatusRequest) => {
      const { id, config } = checkById(HealthCheckId);
      if (config.type === 'CALCULATED') {
        throw new AwsError(
          'InvalidInput',
          'Invalid parameter : GetHealthCheckStatus does not tell the status of calculated health checks.',
        );
      }
      return {
        HealthCheckObservations: checkers.observations(id).map((seen) => ({
          Region: seen.region,
          IPAddress: seen.sourceAddress,
          StatusReport: { Status: seen.status, CheckedTime: new Date(seen.atMs) },
        })),
      };
    },
  } satisfies Operations;
};
