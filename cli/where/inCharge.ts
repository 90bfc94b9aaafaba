/** Which of two controllers is in charge, and so whom a command asks. */
import { openLeaseTable } from '../../aws/leases.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import { leaseTableOf } from '../../core/deploy/deployed.ts';
import type { Lease } from '../../core/failover/lease.ts';
import type { Config } from '../../events/config.ts';
import type { SharedLease } from '../../events/watchPlan.ts';
import { controllersIn } from '../../events/watchPlanOf.ts';

/** A region that does not answer by then is gone on without. */
export const PATIENCE_MS = 4_000;

type SdkIn = (region: string) => SdkSettings;

/** Either copy of the lease tells, whichever is the first to answer. Null where none does, or nobody has begun. */
export const sharedLease = async (
  service: string,
  { first, second, leaseTable }: SharedLease,
  sdkIn: SdkIn,
): Promise<Lease | null> => {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const copies = [first, second].map((region) =>
    openLeaseTable(leaseTable, { ...sdkIn(region), maxAttempts: 1 }),
  );
  try {
    return await Promise.any(copies.map((copy) => copy.lease(service, signal)));
  } catch {
    return null;
  } finally {
    over.abort();
    for (const copy of copies) copy.close();
  }
};

/** Regions of the controllers: first the one in charge, which is the standby's as long as nothing else is known. */
export const regionsByCharge = async (
  service: string,
  shared: SharedLease,
  sdkIn: SdkIn,
): Promise<[string, string]> => {
  const { first, second } = shared;
  const lease = await sharedLease(service, shared, sdkIn);
  return lease?.controller === second ? [second, first] : [first, second];
};

/** As a configuration has it; null where it has one controller. */
export const sharedLeaseOf = (config: Config): SharedLease | null => {
  const { controllers } = controllersIn(config);
  if (config.record === undefined || controllers === null) return null;
  const { first, second } = controllers;
  return { first, second, leaseTable: leaseTableOf(config.service) };
};

/**
 * What a command works on: what only the standby has, whoever is in charge, what either controller knows, or what is
 * kept by both.
 */
export type Wanted = 'home' | 'in-charge' | 'known' | 'kept';

/** Regions to ask, in this order until one answers. */
export const regionsFor = async (
  config: Config,
  wanted: Wanted,
  sdkIn: SdkIn,
): Promise<readonly [string, ...string[]]> => {
  const shared = sharedLeaseOf(config);
  if (shared === null || wanted === 'home') return [config.regions.standby.name];
  if (wanted === 'kept') return [shared.first, shared.second];
  const [inCharge, other] = await regionsByCharge(config.service, shared, sdkIn);
  return wanted === 'in-charge' ? [inCharge] : [inCharge, other];
};
