/** The services of ECS that the configuration names, as they are there. */
import { openServices } from '../../aws/services.ts';
import {
  ecsServiceFindings,
  type NamedService,
  unknownServiceFinding,
} from '../../core/deploy/ecsServices.ts';
import type { DeployFinding } from '../../core/deploy/findings.ts';
import { ecsServicesIn } from '../../events/ecsService.ts';
import { refusalOf } from './refusal.ts';
import type { DeploySetup } from './setup.ts';

const LOOK_MS = 10_000;

const lookAt = async (named: NamedService): Promise<DeployFinding[]> => {
  const services = openServices(named.region);
  try {
    return ecsServiceFindings(named, await services.find(named, AbortSignal.timeout(LOOK_MS)));
  } catch (error) {
    return [unknownServiceFinding(named, refusalOf(error))];
  } finally {
    services.close();
  }
};

/** Nothing where none is named, or nothing is watched. */
export const lookAtServices = async ({ checked }: DeploySetup): Promise<DeployFinding[]> => {
  const { record, regions } = checked.config;
  if (record === undefined) return [];
  const named = ecsServicesIn([regions.primary, regions.standby]);
  return (await Promise.all(named.map(lookAt))).flat();
};
