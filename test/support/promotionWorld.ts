// A service in two regions and in staging, as a promotion sees and changes it: enough of ECS and of a load
// balancer that every deed takes a while, and may fail.
import type {
  PlaceMemory,
  PromotionDeed,
  PromotionLimits,
  PromotionMemory,
  PromotionSeen,
  ServiceSeen,
} from '../../core/promotion/states.ts';
import { outcomeOf } from '../../core/promotion/states.ts';
import { stepPromotion } from '../../core/promotion/steps.ts';

export const OLD = `sha256:${'0'.repeat(64)}`;
export const NEW = `sha256:${'1'.repeat(64)}`;
export const TASKS = 2;

export const LIMITS: PromotionLimits = {
  shares: [0, 25, 100],
  holdMs: 5_000,
  soakMs: 10_000,
  deployMs: 60_000,
  gateMs: 30_000,
};

type Service = { definition: string; desired: number; readyAtMs: number; failed: boolean };

export type Place = {
  readonly role: PlaceMemory['role'];
  readonly region: string;
  main: Service;
  next: Service | null;
  percent: number | null;
};

const digestOf = (definition: string): string => (definition.startsWith('new') ? NEW : OLD);

const service = (definition: string, desired: number): Service => ({
  definition,
  desired,
  readyAtMs: 0,
  failed: false,
});

export const placeOf = (role: Place['role'], region: string): Place => ({
  ...{ role, region },
  main: service(`old-${role}`, TASKS),
  next: role === 'staging' ? null : service(`old-${role}`, 0),
  percent: role === 'staging' ? null : 0,
});

export type Trouble = Partial<Pick<PromotionSeen, 'stopper' | 'trouble' | 'undo' | 'gate'>> & {
  /** ECS gives the new version up, and goes back to the one before. */
  readonly breaks?: 'beside' | 'service';
};

const HOLDS = { verdict: 'holds', why: 'no worse', slowerPct: 0 } as const;

export const createWorld = (places: readonly Place[], startMs = 1_000) => {
  let nowMs = startMs;
  const deeds: { readonly region: string; readonly role: string; readonly deed: PromotionDeed }[] =
    [];
  const rolling = (at: number) => nowMs + at;

  const seen = ({ definition, desired, readyAtMs, failed }: Service): ServiceSeen => ({
    ...{ definition, desired, digest: digestOf(definition), said: null },
    ready: failed || nowMs < readyAtMs ? 0 : desired,
    rollout: failed ? 'failed' : nowMs < readyAtMs ? 'under-way' : 'done',
  });

  /** On the place that was looked at, which the memory may have left by now. */
  const carryOut = (at: number, memory: PromotionMemory, deed: PromotionDeed): PromotionMemory => {
    const place = places[at];
    if (place === undefined) throw new Error('a deed needs a place');
    deeds.push({ region: place.region, role: place.role, deed });
    const after = memory.places[at]?.after ?? '';
    switch (deed.do) {
      case 'register': {
        const made = `new-${place.role}`;
        const all = memory.places.map((one, n) => (n === at ? { ...one, after: made } : one));
        return { ...memory, places: all };
      }
      case 'raise':
        place.next = { ...service(after, deed.tasks), readyAtMs: rolling(3_000) };
        return memory;
      case 'share':
        place.percent = deed.percent;
        return memory;
      case 'deploy':
        place.main = { ...service(deed.definition, TASKS), readyAtMs: rolling(4_000) };
        return memory;
      case 'lower':
        if (place.next) place.next = { ...place.next, desired: 0 };
        return memory;
    }
  };

  const look = (memory: PromotionMemory, trouble: Trouble): PromotionSeen => {
    const place = places[memory.at];
    if (place === undefined) throw new Error('there is no such place');
    const { main, next, percent } = place;
    return {
      nowMs,
      main: seen(main),
      next: next && seen(next),
      percent,
      trouble: trouble.trouble ?? null,
      stopper: trouble.stopper ?? null,
      undo: trouble.undo ?? false,
      gate: trouble.gate ?? HOLDS,
    };
  };

  const broken = ({ breaks }: Trouble, memory: PromotionMemory): void => {
    const place = places[memory.at];
    if (place?.next?.definition.startsWith('new') && breaks === 'beside') {
      place.next = service(`old-${place.role}`, TASKS);
    }
    if (place?.main.definition.startsWith('new') && breaks === 'service') {
      place.main = service(`old-${place.role}`, TASKS);
    }
  };

  return {
    places,
    deeds,
    now: () => nowMs,
    /** One step a second, as the machine takes them. */
    step: (memory: PromotionMemory, trouble: Trouble = {}, killed = false): PromotionMemory => {
      nowMs += 1_000;
      broken(trouble, memory);
      const step = stepPromotion(memory, look(memory, trouble), LIMITS);
      let after = step.memory;
      for (const deed of step.deeds) after = carryOut(memory.at, after, deed);
      // Killed after its deeds and before it was written down: it is done again from the same memory.
      return killed ? memory : after;
    },
    outcome: outcomeOf,
  };
};

export type World = ReturnType<typeof createWorld>;

/** Steps until it is over. `at` says what is wrong in a step, from what is remembered before it. */
export const run = (
  world: World,
  start: PromotionMemory,
  at: (memory: PromotionMemory, step: number) => Trouble = () => ({}),
  steps = 400,
): PromotionMemory => {
  let memory = start;
  for (let n = 0; n < steps && !memory.over; n++) memory = world.step(memory, at(memory, n));
  return memory;
};
