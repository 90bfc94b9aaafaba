/** Fault traces from a seed: the same seed and profile give the same trace, byte for byte. */
import { canonicalJson } from '../../core/evidence/canonical.ts';
import { type Random, seededRandom } from '../../core/random.ts';
import { between, chance, waitMs, weighted } from './draws.ts';
import type { Fault, Places, Trace } from './fault.ts';
import type { Draft } from './ground.ts';
import { type ProfileName, profileOf } from './profiles.ts';
import { draft, RECIPE_NAMES } from './recipes.ts';
import type { Span } from './rhythm.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const PLACES: Places = {
  home: 'eu-west-1',
  standby: 'eu-central-1',
  witness: 'eu-north-1',
  observers: ['us-east-2', 'ap-northeast-1', 'sa-east-1', 'eu-north-1', 'ca-central-1'],
};

/** An incident with its surroundings: quiet first, then trouble, then time to settle. */
export const INCIDENT_MS = 20 * MINUTE_MS;
const WARM_UP_MS = 3 * MINUTE_MS;

const sorted = (drafts: readonly Draft[]): Fault[] =>
  drafts
    .filter(({ fromMs, untilMs }) => untilMs > fromMs)
    .map((each, index) => ({ ...each, index }))
    .sort((a, b) => a.fromMs - b.fromMs || a.index - b.index)
    .map(({ index: _, ...each }, place) => ({ ...each, id: `f${place + 1}` }));

/** The main trouble in `span`, and what else goes wrong from a little before it to its end. */
const incident = (profile: ProfileName, random: Random, places: Places, span: Span): Draft[] => {
  const { main, around, aroundMax, chosen } = profileOf(profile);
  const drafts = draft(weighted(random, main, RECIPE_NAMES), { random, places, span });
  for (let i = random.below(aroundMax + 1); i > 0; i--) {
    const wide = { fromMs: Math.max(0, span.fromMs - MINUTE_MS), untilMs: span.untilMs };
    drafts.push(...draft(weighted(random, around, RECIPE_NAMES), { random, places, span: wide }));
  }
  return chosen === undefined ? drafts : chosen(drafts, places);
};

type Options = { readonly seed: string; readonly profile: ProfileName; readonly places?: Places };

const placesOf = (profile: ProfileName): Places => profileOf(profile).places ?? PLACES;

/** About twenty minutes with one incident in them, unless the profile has it otherwise. */
export const incidentTrace = ({ seed, profile, places = placesOf(profile) }: Options): Trace => {
  const { incidentMs = INCIDENT_MS } = profileOf(profile);
  const random = seededRandom('incident', profile, seed);
  const fromMs = between(random, WARM_UP_MS, WARM_UP_MS + MINUTE_MS);
  // Half of them last to the end, the others end in time to be seen to be over.
  const untilMs = chance(random, 0.5) ? incidentMs : between(random, fromMs + 5_000, incidentMs);
  const faults = sorted(incident(profile, random, places, { fromMs, untilMs }));
  return { seed, profile, places, untilMs: incidentMs, faults };
};

/** Incidents come so often, and hiccups of single links so much more often. */
export type Frequency = { readonly incidentMs: number; readonly hiccupMs: number };

/** An incident a day and a hiccup an hour: far more than a service should have. */
export const BUSY: Frequency = { incidentMs: DAY_MS, hiccupMs: 3_600_000 };

/** Incidents of half a minute to an hour, at random times over some days. */
export const daysTrace = (
  { seed, profile, places = placesOf(profile) }: Options,
  days: number,
  often: Frequency = BUSY,
): Trace => {
  const random = seededRandom('days', profile, seed);
  const untilMs = Math.round(days * DAY_MS);
  const drafts: Draft[] = [];
  for (let atMs = WARM_UP_MS + waitMs(random, often.incidentMs); atMs < untilMs; ) {
    const endMs = Math.min(untilMs, atMs + 30_000 * Math.round(120 ** random.unit()));
    drafts.push(...incident(profile, random, places, { fromMs: atMs, untilMs: endMs }));
    atMs += waitMs(random, often.incidentMs);
  }
  for (let atMs = waitMs(random, often.hiccupMs); atMs < untilMs; ) {
    const span = { fromMs: atMs, untilMs };
    drafts.push(...draft('hiccup', { random, places, span }));
    atMs += waitMs(random, often.hiccupMs);
  }
  return { seed, profile, places, untilMs, faults: sorted(drafts) };
};

/** The bytes of a trace: what must be the same on any machine. */
export const traceText = (trace: Trace): string => canonicalJson(trace);
