/** How the place stands that a promotion works on: both services, their tasks, and who gets traffic. */
import type { Deployed, Deployments } from '../../aws/deployments.ts';
import type { ListenerShares } from '../../aws/listenerShares.ts';
import type { Place } from '../../aws/services.ts';
import type { TargetGroups } from '../../aws/targetGroups.ts';
import type { ServiceSeen } from '../../core/promotion/states.ts';
import type { PromotionPlace } from '../../events/promotion.ts';

export type LookNeeds = {
  readonly deploymentsIn: (region: string) => Deployments;
  readonly targetGroupsIn: (region: string) => Pick<TargetGroups, 'healthyAddresses'>;
  readonly sharesIn: (region: string) => ListenerShares;
};

/** A service, as it was seen and as it is deployed. */
export type Looked = { readonly seen: ServiceSeen; readonly deployed: Deployed };

export const lookAtService = async (
  { deploymentsIn, targetGroupsIn }: LookNeeds,
  region: string,
  place: Place,
  signal: AbortSignal,
): Promise<Looked> => {
  const deployments = deploymentsIn(region);
  const deployed = await deployments.look(place, signal);
  const { definition, desired, rollout, said, container } = deployed;
  const [running, digest, ...healthy] = await Promise.all([
    deployments.addresses(place, definition, signal),
    deployments.digest(definition, container, signal),
    ...deployed.targetGroups.map((arn) => targetGroupsIn(region).healthyAddresses(arn, signal)),
  ]);
  const ready = running.filter((one) => healthy.every((group) => group.includes(one))).length;
  return {
    seen: { definition, digest, desired, ready, rollout, said },
    deployed,
  };
};

export type PlaceLooked = {
  readonly main: Looked;
  readonly next: Looked | null;
  readonly percent: number | null;
};

export const lookAtPlace = async (
  needs: LookNeeds,
  { region, cluster, service, next, balancer }: PromotionPlace,
  signal: AbortSignal,
): Promise<PlaceLooked> => {
  const [main, beside, percent] = await Promise.all([
    lookAtService(needs, region, { cluster, service }, signal),
    next && lookAtService(needs, region, { cluster, service: next.service }, signal),
    next && needs.sharesIn(region).percent(balancer.listener, balancer.groups, signal),
  ]);
  return { main, next: beside, percent };
};
