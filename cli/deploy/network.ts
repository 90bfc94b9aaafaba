/** Whether the networks that the configuration names are as tasks and probes need them. */
import type { Account } from '../../aws/account.ts';
import { openSubnets } from '../../aws/subnets.ts';
import { type DeployFinding, FORBIDDEN, regionFinding } from '../../core/deploy/findings.ts';
import {
  ecsRoleFinding,
  networkFindings,
  subnetFindings,
  unknownNetworkFinding,
} from '../../core/deploy/network.ts';
import type { Config } from '../../events/config.ts';
import { refusalOf } from './refusal.ts';
import type { DeploySetup } from './setup.ts';

const lookAtSubnets = async ({ aws }: Config, region: string): Promise<DeployFinding[]> => {
  const network = aws.network[region];
  if (network === undefined) return [];
  const subnets = openSubnets(region);
  try {
    return subnetFindings(region, network, await subnets.find(network.subnets));
  } catch (error) {
    const refusal = refusalOf(error);
    return FORBIDDEN.includes(refusal.name)
      ? [unknownNetworkFinding(region, refusal)]
      : [regionFinding(region, 'ec2:DescribeSubnets', refusal)];
  } finally {
    subnets.close();
  }
};

/** Of tasks of drills; nothing where nothing is drilled. */
export const lookAtNetworks = async (
  account: Pick<Account, 'hasEcsRole'>,
  { planned, homeRegion, checked: { config } }: DeploySetup,
): Promise<DeployFinding[]> => {
  const at = (role: string): string[] =>
    planned.filter((each) => each.role === role).map(({ region }) => region);
  const serving = at('serving');
  if (serving.length === 0) return [];
  const named = networkFindings({
    ...config.aws,
    serving,
    probing: [...at('observer'), homeRegion],
    showsShadow: config.drill.rehearsal?.depth === 'shadow',
  });
  const [hasRole, ...found] = await Promise.all([
    account.hasEcsRole(),
    ...serving.map((region) => lookAtSubnets(config, region)),
  ]);
  return [...named, ...ecsRoleFinding(hasRole !== false), ...found.flat()];
};
