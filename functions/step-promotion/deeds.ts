/** What a step of a promotion does. Each deed sets what is wanted, so that it can be done twice. */
import { DrillError } from '../../core/errors.ts';
import type { PromotionDeed, PromotionMemory } from '../../core/promotion/states.ts';
import type { PromotionPlace } from '../../events/promotion.ts';
import type { LookNeeds, PlaceLooked } from './look.ts';

type Doing = {
  readonly needs: LookNeeds;
  readonly place: PromotionPlace;
  readonly looked: PlaceLooked;
  readonly signal: AbortSignal;
};

const besideOf = ({ next, region }: PromotionPlace): NonNullable<PromotionPlace['next']> => {
  if (next !== null) return next;
  throw new DrillError('DataCorrupt', `${region} has no second service to run a version beside`);
};

const carryOut = async (
  { needs, place, looked, signal }: Doing,
  memory: PromotionMemory,
  deed: PromotionDeed,
): Promise<PromotionMemory> => {
  const { region, cluster, service } = place;
  const deployments = needs.deploymentsIn(region);
  switch (deed.do) {
    case 'register': {
      const { definition, container } = looked.main.deployed;
      const after = await deployments.withDigest(definition, container, memory.digest, signal);
      const places = memory.places.map((one, at) => (at === memory.at ? { ...one, after } : one));
      return { ...memory, places };
    }
    case 'raise': {
      const definition = memory.places[memory.at]?.after ?? '';
      const beside = { cluster, service: besideOf(place).service };
      await deployments.deploy(beside, { definition, tasks: deed.tasks }, signal);
      return memory;
    }
    case 'share': {
      const { listener, groups } = place.balancer;
      await needs.sharesIn(region).share(listener, groups, deed.percent, signal);
      return memory;
    }
    case 'deploy':
      await deployments.deploy({ cluster, service }, { definition: deed.definition }, signal);
      return memory;
    case 'lower':
      await deployments.deploy({ cluster, service: besideOf(place).service }, { tasks: 0 }, signal);
      return memory;
  }
};

/** One after the other; answers with what is to be remembered. */
export const carryOutAll = async (
  doing: Doing,
  memory: PromotionMemory,
  deeds: readonly PromotionDeed[],
): Promise<PromotionMemory> => {
  let latest = memory;
  for (const deed of deeds) latest = await carryOut(doing, latest, deed);
  return latest;
};
