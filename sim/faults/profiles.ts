/** Which faults a simulation draws, and how often: one table. */
import { darkInTurn } from './controllerRecipes.ts';
import type { Places } from './fault.ts';
import type { Draft } from './ground.ts';
import type { RecipeName } from './recipes.ts';

type Weights = Readonly<Partial<Record<RecipeName, number>>>;

export type Profile = {
  /** What an incident is about. */
  readonly main: Weights;
  /** What else is wrong meanwhile. */
  readonly around: Weights;
  /** How many of those at most. */
  readonly aroundMax: number;
  /** Where it happens, and how long an incident with its surroundings is, if not as usual. */
  readonly places?: Places;
  readonly incidentMs?: number;
  /** What of all that was drawn really comes; everything unless given. */
  readonly chosen?: (drafts: readonly Draft[], places: Places) => Draft[];
};

/** As usual, but for a witness of the standby's set: there are two controllers, where a table is shared. */
export const TWO_CONTROLLERS: Places = {
  home: 'eu-west-1',
  standby: 'eu-central-1',
  witness: 'eu-west-3',
  observers: ['us-east-2', 'ap-northeast-1', 'sa-east-1', 'eu-west-2', 'ca-central-1'],
};

const AROUND: Weights = {
  observers: 4,
  links: 3,
  hiccup: 6,
  events: 3,
  clock: 2,
  replication: 2,
  executors: 2,
  switches: 1,
  capacity: 1,
  standbyDown: 1,
  alarm: 1,
  platform: 0.5,
  deploy: 1,
  calls: 1,
  drill: 0.5,
};

const focus = (main: Weights, around: Weights = AROUND, aroundMax = 2): Profile => ({
  main,
  around,
  aroundMax,
});

export const PROFILES = {
  default: focus(
    {
      regionDown: 4,
      serviceDown: 4,
      brownout: 2,
      errorShare: 2,
      errorBursts: 3,
      loss: 2,
      links: 3,
      betweenRegions: 1,
      flapping: 3,
      observers: 2,
      platform: 1,
      both: 2,
      standbyDown: 1,
      deploy: 2,
      replication: 1,
      clock: 1,
      events: 1,
    },
    AROUND,
    3,
  ),
  /** Nothing but a clean loss of the primary: a standby that is well must take over, always. */
  outage: focus({ regionDown: 1, serviceDown: 1 }, { hiccup: 1 }, 1),
  flapping: focus({ flapping: 4, errorBursts: 2 }),
  partition: focus({ links: 4, betweenRegions: 2, platform: 1 }, { ...AROUND, links: 8 }, 3),
  brownout: focus({ brownout: 3, loss: 2, errorShare: 2 }),
  observers: focus(
    { regionDown: 1, observers: 3, platform: 2 },
    { observers: 6, clock: 2, links: 2 },
    4,
  ),
  both: focus({ both: 3, deploy: 2 }),
  replication: focus({ regionDown: 2, betweenRegions: 1 }, { replication: 5, hiccup: 1 }),
  clock: focus({ regionDown: 2, serviceDown: 2, flapping: 1 }, { clock: 6, events: 1 }, 3),
  events: focus({ regionDown: 2, serviceDown: 2, flapping: 1 }, { events: 6, hiccup: 1 }, 3),
  standby: focus({ regionDown: 2, serviceDown: 1 }, { standbyDown: 3, capacity: 3, errorShare: 1 }),
  calls: focus({ regionDown: 2, serviceDown: 2 }, { calls: 4, executors: 3, switches: 3 }, 4),
  drills: focus({ regionDown: 1, serviceDown: 1, flapping: 1 }, { drill: 5, hiccup: 1 }, 3),
  /** Regions of controllers are lost and cut off, and what they share is slow: a takeover alone takes four minutes. */
  controllers: {
    ...focus(
      {
        controllerLost: 3,
        inTurn: 4,
        controllerIsland: 2,
        controllersApart: 1,
        regionDown: 2,
        lease: 2,
      },
      {
        ...{ lease: 4, controllerClock: 3, controllerLost: 2, controllersApart: 1, regionDown: 2 },
        ...{ serviceDown: 2, executors: 2, events: 1, calls: 1, hiccup: 1, drill: 2 },
      },
      4,
    ),
    ...{ places: TWO_CONTROLLERS, incidentMs: 2_700_000, chosen: darkInTurn },
  },
  /** What a quiet year looks like: hiccups of single links, and little else. */
  quiet: focus({ hiccup: 8, observers: 1, links: 1 }, { hiccup: 1 }, 2),
} satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;

export const profileOf = (name: ProfileName): Profile => PROFILES[name];

export const PROFILE_NAMES: readonly ProfileName[] = Object.keys(PROFILES).filter(
  (name): name is ProfileName => Object.hasOwn(PROFILES, name),
);
