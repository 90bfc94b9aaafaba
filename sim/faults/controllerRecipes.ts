/** What can go wrong with two controllers and what they share. */
import { between, chance, magnitude, pick, some } from './draws.ts';
import { type Places, STEADY } from './fault.ts';
import { type Draft, network, part, type Recipe } from './ground.ts';
import type { Span } from './rhythm.ts';

/** Nothing passes to a region or from it, and nothing is started there. */
export const dark = (region: string, span: Span): Draft[] => [
  { ...network({ kind: 'down' }, { region }, STEADY, { plane: null }), ...span },
  { kind: 'platform', observers: [region], ...span },
];

const isDark = (draft: Draft): boolean =>
  draft.kind === 'platform' ||
  (draft.kind === 'network' && 'region' in draft.scope && draft.plane === null);

const regionOf = (draft: Draft): string =>
  draft.kind === 'platform'
    ? draft.observers.join(' ')
    : draft.kind === 'network' && 'region' in draft.scope
      ? draft.scope.region
      : '';

/** The checks of a switch object follow its region within this. */
const CHECKED_MS = 120_000;

/**
 * Of the regions of the two controllers never both are dark at once, the later one is left out: each has one of three
 * objects of the switch, which goes on without any one of them and not without two.
 */
export const darkInTurn = (drafts: readonly Draft[], { home }: Places): Draft[] => {
  const kept: Draft[] = [];
  const ofControllers = (draft: Draft): boolean => isDark(draft) && regionOf(draft) !== home;
  for (const draft of drafts) {
    const meets = kept.some(
      (each) =>
        ofControllers(each) &&
        regionOf(each) !== regionOf(draft) &&
        draft.fromMs < each.untilMs + CHECKED_MS &&
        each.fromMs < draft.untilMs + CHECKED_MS,
    );
    if (!ofControllers(draft) || !meets) kept.push(draft);
  }
  return kept;
};

export const CONTROLLER_RECIPES = {
  /** One region of a controller is gone with all that runs there. */
  controllerLost: ({ random, places, span }) =>
    dark(
      pick(random, [places.standby, places.standby, places.witness]),
      part(random, span, 60_000),
    ),
  /** Regions are lost one after the other, whoever is in charge by then; at times the next before the last is back. */
  inTurn: ({ random, places, span }) => {
    const order = some(
      random,
      [places.home, places.standby, places.witness],
      between(random, 2, 3),
    );
    const eachMs = (span.untilMs - span.fromMs) / order.length;
    return order.flatMap((region, turn) => {
      const fromMs = Math.round(span.fromMs + turn * eachMs + between(random, -20_000, 60_000));
      const untilMs = Math.round(fromMs + eachMs * (0.3 + random.unit() * 0.75));
      return dark(region, { fromMs, untilMs: Math.max(fromMs + 1_000, untilMs) });
    });
  },
  /** A controller goes on in a region that reaches no other, nor the other copies of the lease. */
  controllerIsland: ({ random, places, span }) => {
    const region = pick(random, [places.standby, places.witness]);
    const when = part(random, span, 60_000);
    const others = new Set([places.home, places.standby, places.witness, ...places.observers]);
    others.delete(region);
    return [
      ...[...others].map(
        (other): Draft => ({
          ...network({ kind: 'down' }, { from: region, to: other }, STEADY, { plane: null }),
          ...when,
        }),
      ),
      { kind: 'lease', regions: [region], how: 'cut', share: 1, ms: 0, ...when },
    ];
  },
  /** The two controllers do not reach each other, one way or both; the lease goes on with its third copy. */
  controllersApart: ({ random, places, span }) => [
    {
      ...network(
        { kind: chance(random, 0.5) ? 'one-way-cut' : 'down' },
        chance(random, 0.5)
          ? { from: places.standby, to: places.witness }
          : { from: places.witness, to: places.standby },
        STEADY,
        { plane: null },
      ),
      ...part(random, span, 60_000),
    },
  ],
  lease: ({ random, places, span }) => [
    {
      kind: 'lease',
      regions: some(random, [places.standby, places.witness], between(random, 1, 2)).sort(),
      how: pick(random, ['cut', 'slow', 'slow', 'conflict', 'after-effect', 'after-effect']),
      share: between(random, 20, 100) / 100,
      ms: magnitude(random, 500, 90_000),
      ...part(random, span, 30_000),
    },
  ],
  controllerClock: ({ random, places, span }) => [
    {
      kind: 'clock',
      who: pick(random, [places.standby, places.witness]),
      aheadMs: (chance(random, 0.5) ? 1 : -1) * magnitude(random, 500, 600_000),
      ...part(random, span, 5_000),
    },
  ],
} satisfies Record<string, Recipe>;
