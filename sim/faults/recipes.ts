/** What can go wrong, one recipe each: it draws the details and gives the faults. */
import type { Random } from '../../core/random.ts';
import type { FaultKind } from '../../local/network/faults.ts';
import { CONTROLLER_RECIPES } from './controllerRecipes.ts';
import { between, chance, magnitude, pick, some } from './draws.ts';
import { type ObserverTrouble, STEADY } from './fault.ts';
import { type Draft, type Ground, network, part, type Recipe } from './ground.ts';

/** Hard faults as a client meets them. */
const hard = (random: Random): FaultKind =>
  pick<FaultKind>(random, [
    { kind: 'refuse' },
    { kind: 'blackhole' },
    { kind: 'error-rate', share: 1, status: 500 },
    { kind: 'error-rate', share: 1, status: 503 },
  ]);

const island = ({ random, places }: Ground): string[] =>
  some(random, places.observers, between(random, 1, places.observers.length));

const troubled = ({ random, places, span }: Ground, hows: readonly ObserverTrouble[]): Draft[] =>
  // Most often one, at times as many as it takes to be no quorum any more.
  some(random, places.observers, chance(random, 0.7) ? 1 : between(random, 2, 3)).map(
    (observer) => ({ kind: 'observer', observer, how: pick(random, hows), ...part(random, span) }),
  );

const RECIPES = {
  /** The whole region is gone, its endpoints with it; at times it comes back in mid-flip. */
  regionDown: ({ random, places, span }) => [
    {
      ...network({ kind: 'down' }, { region: places.home }, STEADY, {
        plane: chance(random, 0.5) ? null : 'service',
        returnsAfterFlipMs: chance(random, 0.3) ? between(random, 0, 20_000) : null,
      }),
      ...span,
    },
  ],
  serviceDown: ({ random, places, span }) => [
    { ...network(hard(random), { region: places.home }), ...part(random, span, 2_000) },
  ],
  brownout: ({ random, places, span }) => [
    {
      ...network({ kind: 'slow', addMs: magnitude(random, 100, 3_000) }, { region: places.home }),
      ...span,
    },
  ],
  errorShare: ({ random, places, span }) => [
    {
      ...network(
        { kind: 'error-rate', share: magnitude(random, 2, 95) / 100 },
        { region: pick(random, [places.home, places.home, places.standby]) },
      ),
      ...span,
    },
  ],
  errorBursts: ({ random, places, span }) => [
    {
      ...network(
        hard(random),
        { region: places.home },
        {
          kind: 'bursts',
          meanMs: magnitude(random, 200, 20_000),
          share: between(random, 5, 60) / 100,
          seed: `${random.uint32()}`,
        },
      ),
      ...span,
    },
  ],
  loss: ({ random, places, span }) => [
    {
      ...network({ kind: 'loss', share: between(random, 3, 60) / 100 }, { region: places.home }),
      ...span,
    },
  ],
  /** Links of some observers to one region, one way or both. */
  links: (ground) => {
    const { random, places, span } = ground;
    const to = pick(random, [places.home, places.home, places.standby]);
    const what: FaultKind = pick<FaultKind>(random, [
      { kind: 'one-way-cut' },
      { kind: 'down' },
      { kind: 'loss', share: 0.4 },
    ]);
    const when = part(random, span, 5_000);
    return island(ground).map((from) => ({
      ...network(
        what,
        chance(random, 0.5) || what.kind !== 'one-way-cut' ? { from, to } : { from: to, to: from },
        STEADY,
        { plane: null },
      ),
      ...when,
    }));
  },
  /** The two regions do not reach each other, one way or both; observers reach both. */
  betweenRegions: ({ random, places, span }) => [
    {
      ...network(
        { kind: chance(random, 0.5) ? 'one-way-cut' : 'down' },
        { from: places.home, to: places.standby },
        STEADY,
        { plane: null },
      ),
      ...span,
    },
    { kind: 'replication', how: 'pause', ...span },
  ],
  flapping: ({ random, places, span }) => [
    {
      ...network(
        hard(random),
        { region: chance(random, 0.8) ? places.home : places.standby },
        {
          kind: 'flapping',
          periodMs: magnitude(random, 2_000, 240_000),
          duty: between(random, 10, 90) / 100,
        },
      ),
      ...span,
    },
  ],
  observers: (ground) =>
    troubled(ground, ['lost', 'blind', 'half-blind', 'half-blind', 'lies-down', 'lies-up']),
  platform: ({ random, places, span }) => [
    {
      kind: 'platform',
      observers: some(
        random,
        places.observers,
        between(random, Math.ceil(places.observers.length / 2), places.observers.length),
      ),
      ...part(random, span, 10_000),
    },
  ],
  both: ({ random, places, span }) => {
    const what = hard(random);
    const lateMs = chance(random, 0.5) ? 0 : between(random, 0, 60_000);
    return [
      { ...network(what, { region: places.home }), ...span },
      {
        ...network(what, { region: places.standby }),
        fromMs: span.fromMs + lateMs,
        untilMs: Math.max(span.untilMs, span.fromMs + lateMs + 1_000),
      },
    ];
  },
  standbyDown: ({ random, places, span }) => [
    { ...network(hard(random), { region: places.standby }), ...part(random, span, 5_000) },
  ],
  deploy: ({ random, places, span }) => [
    {
      kind: 'deploy',
      regions: chance(random, 0.6) ? [places.home, places.standby] : [places.home],
      brokenShare: chance(random, 0.7) ? 1 : between(random, 10, 90) / 100,
      underWayMs: between(random, 10_000, 120_000),
      ...span,
    },
  ],
  replication: ({ random, span }) => [
    chance(random, 0.6)
      ? { kind: 'replication', how: 'lag', lagMs: magnitude(random, 1_000, 600_000), ...span }
      : { kind: 'replication', how: pick(random, ['pause', 'unreadable']), ...span },
  ],
  clock: ({ random, places, span }) => [
    {
      kind: 'clock',
      who: chance(random, 0.25) ? 'controller' : pick(random, places.observers),
      aheadMs: (chance(random, 0.5) ? 1 : -1) * magnitude(random, 500, 300_000),
      ...part(random, span, 5_000),
    },
  ],
  events: ({ random, span }) => [
    {
      kind: 'events',
      how: pick(random, ['lost', 'duplicated', 'delayed', 'reordered']),
      share: between(random, 5, 80) / 100,
      delayMs: magnitude(random, 500, 60_000),
      ...part(random, span, 10_000),
    },
  ],
  capacity: ({ random, span }) => [
    { kind: 'capacity', how: pick(random, ['cold', 'refused', 'empty']), ...span },
  ],
  switches: ({ random, span }) => [
    {
      kind: 'switch',
      objects: some(random, [0, 1, 2], between(random, 1, 3)).sort(),
      how: pick(random, ['unreachable', 'throttled', 'unseen']),
      ...span,
    },
  ],
  calls: ({ random, span }) => [
    {
      kind: 'calls',
      service: pick(random, ['dynamodb', 's3', 'lambda', 'events', 'states', 'route53', '*']),
      how: pick(random, ['throttled', 'failing', 'after-effect', 'invisible']),
      share: between(random, 5, 100) / 100,
      ...part(random, span, 5_000),
    },
  ],
  executors: ({ random, span }) => [
    chance(random, 0.5)
      ? { kind: 'executor', how: 'pause', ms: magnitude(random, 1_000, 120_000), ...span }
      : { kind: 'executor', how: 'kill', ...span },
  ],
  ...CONTROLLER_RECIPES,
  alarm: ({ random, places, span }) => [
    {
      kind: 'alarm',
      region: chance(random, 0.8) ? places.home : places.standby,
      ...part(random, span, 5_000),
    },
  ],
  drill: ({ random, span }) => [
    { kind: 'drill', depth: pick(random, ['shadow', 'canary', 'full']), ...span },
  ],
  /** A second or three in which one observer does not reach one region: it happens every day. */
  hiccup: ({ random, places, span }) => [
    {
      ...network(
        { kind: 'down' },
        { from: pick(random, places.observers), to: pick(random, [places.home, places.standby]) },
      ),
      fromMs: span.fromMs,
      untilMs: span.fromMs + between(random, 300, 3_000),
    },
  ],
} satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;

export const RECIPE_NAMES: readonly RecipeName[] = Object.keys(RECIPES).filter(
  (name): name is RecipeName => Object.hasOwn(RECIPES, name),
);

export const draft = (name: RecipeName, ground: Ground): Draft[] => RECIPES[name](ground);
