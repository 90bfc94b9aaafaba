/** What the facts about two regions say of them as primary and standby. */
import { greatCircleKm } from './distance.ts';
import { isRegion, isRttKnown, type RegionName, regionNames, rttMs } from './regions.ts';
import { ENABLED_BY_DEFAULT, REGIONS } from './table.ts';

/**
 * Distance as a stand-in for shared disasters: rivers, faults and power grids are not in the data, and
 * a region has no one place. Cities are those that the regions are named after.
 */
export const BANDS = [
  { band: 'together', belowKm: 100, risk: 'one flood, storm or power cut can take both' },
  { band: 'near', belowKm: 300, risk: 'a large storm, earthquake or grid failure can reach both' },
  {
    band: 'apart',
    belowKm: 1_000,
    risk: 'few natural disasters reach both; one power grid or one fibre route may serve both',
  },
  {
    band: 'far',
    belowKm: Number.POSITIVE_INFINITY,
    risk: 'hardly any natural disaster reaches both',
  },
] as const;

export type Band = (typeof BANDS)[number]['band'];

export type PairJudgement = {
  readonly primary: RegionName;
  readonly standby: RegionName;
  readonly distanceKm: number;
  /** The slower of the two directions. */
  readonly rttMs: number;
  /** The round trip was not measured, and is estimated from the distance. */
  readonly rttEstimated: boolean;
  readonly band: Band;
  readonly sameCountry: boolean;
  /** The account has to enable the standby's region first. */
  readonly optIn: boolean;
  /** Sentences for people: risk, law, round trip, and what to do first. */
  readonly why: readonly string[];
};

const ROUND_TRIP_NEAR_MS = 30;
const ROUND_TRIP_FAR_MS = 100;

const roundTripText = (ms: number, estimated: boolean): string => {
  const trip = estimated
    ? `about ${ms} ms a round trip, estimated from the distance`
    : `${ms} ms a round trip`;
  if (ms <= ROUND_TRIP_NEAR_MS) return `${trip}: replication stays close behind`;
  if (ms <= ROUND_TRIP_FAR_MS) return `${trip}: replicate asynchronously`;
  return `${trip}: users of the primary will feel a failover, and replication lags`;
};

const OPT_IN = 'the account has to enable this region first';

const lawText = (primary: RegionName, standby: RegionName): string => {
  const from = REGIONS[primary];
  const to = REGIONS[standby];
  if (from.country === to.country) {
    return `both in ${from.country}: the same law, but also the same authorities and often the same grid`;
  }
  return from.area === to.area
    ? `${from.country} and ${to.country}, both under the law of ${from.area}`
    : `data moves from the law of ${from.area} to that of ${to.area}`;
};

export const judgePair = (primary: RegionName, standby: RegionName): PairJudgement => {
  const distanceKm = Math.round(greatCircleKm(REGIONS[primary], REGIONS[standby]));
  const ms = Math.max(rttMs(primary, standby), rttMs(standby, primary));
  const estimated = !isRttKnown(primary, standby);
  const optIn = !ENABLED_BY_DEFAULT.has(standby);
  const { band, risk } = BANDS.find(({ belowKm }) => distanceKm < belowKm) ?? BANDS[3];
  return {
    primary,
    standby,
    distanceKm,
    rttMs: ms,
    rttEstimated: estimated,
    optIn,
    band,
    sameCountry: REGIONS[primary].country === REGIONS[standby].country,
    why: [
      `${distanceKm} km: ${risk}`,
      lawText(primary, standby),
      roundTripText(ms, estimated),
      ...(optIn ? [OPT_IN] : []),
    ],
  };
};

/** Where something may be kept: anywhere, or in legal areas (EU), countries (DE) or single regions. */
export type Residency = 'any' | readonly string[];

/** Every word that a residency rule may use: areas and countries, then regions. */
export const residencyWords: readonly string[] = [
  ...new Set<string>(regionNames.flatMap((name) => [REGIONS[name].area, REGIONS[name].country])),
]
  .sort()
  .concat(regionNames);

/** The word of the rule that lets `region` in; undefined when none does. */
const wordFor = (region: RegionName, words: readonly string[]): string | undefined => {
  const { area, country } = REGIONS[region];
  const names = [area, country, region].map((name) => name.toLowerCase());
  return words.find((word) => names.includes(word.toLowerCase()));
};

export const mayBeIn = (region: RegionName, residency: Residency): boolean =>
  residency === 'any' || wordFor(region, residency) !== undefined;

/**
 * What a gate is told of where a region lies: the word of the rule that lets it in, else its legal
 * area; null for a name that is no region.
 */
export const areaUnder = (region: string, residency: Residency): string | null => {
  if (!isRegion(region)) return null;
  const word = residency === 'any' ? undefined : wordFor(region, residency);
  return word ?? REGIONS[region].area;
};

export type Candidate = PairJudgement & { readonly rank: number };

export type StandbyRanking = {
  readonly primary: RegionName;
  readonly candidates: readonly Candidate[];
  /** Regions that the residency rule leaves out. */
  readonly refused: readonly { readonly standby: RegionName; readonly why: string }[];
};

const isTooNear = ({ band }: PairJudgement): boolean => band === 'together' || band === 'near';

/**
 * Every other region as a standby: those far enough away first, and among them the shortest round trip.
 * Only regions that the residency rule allows are candidates.
 */
export const rankStandbys = (primary: RegionName, residency: Residency): StandbyRanking => {
  const others = regionNames.filter((name) => name !== primary);
  const candidates = others
    .filter((name) => mayBeIn(name, residency))
    .map((name) => judgePair(primary, name))
    .sort(
      (a, b) =>
        Number(isTooNear(a)) - Number(isTooNear(b)) ||
        a.rttMs - b.rttMs ||
        a.distanceKm - b.distanceKm,
    )
    .map((pair, at) => ({ ...pair, rank: at + 1 }));
  const refused = others
    .filter((name) => !mayBeIn(name, residency))
    .map((standby) => {
      const { city, country, area } = REGIONS[standby];
      const law = country === area ? country : `${country}, ${area}`;
      return { standby, why: `${city} (${law}) is outside ${[residency].flat().join(', ')}` };
    });
  return { primary, candidates, refused };
};
