/** Where a deployed watch is asked: in the region of the controller that is in charge. */
import { openLeaseTable } from '../../aws/leases.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import { leaseTableOf } from '../../core/deploy/deployed.ts';
import type { Config } from '../../events/config.ts';
import { controllersIn } from '../../events/watchPlanOf.ts';

/**
 * The standby, unless there is a second controller and the lease that both share says that it is in charge. Either
 * copy of the lease tells; where none does, the standby is asked and says why.
 */
export const regionInCharge = async (
  config: Config,
  sdkIn: (region: string) => SdkSettings,
): Promise<string> => {
  const standby = config.regions.standby.name;
  const { controllers } = controllersIn(config);
  if (config.record === undefined || controllers === null) return standby;
  for (const region of [controllers.second, controllers.first]) {
    const leases = openLeaseTable(leaseTableOf(config.service), sdkIn(region));
    const lease = await leases.lease(config.service).catch(() => null);
    leases.close();
    if (lease?.controller !== undefined) return lease.controller;
  }
  return standby;
};
