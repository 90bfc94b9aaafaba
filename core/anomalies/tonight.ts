/** What is wrong tonight, over all series of a service: each change once, with its cause and its place. */
import { PRIMARY_METRIC } from '../drill/rankDrill.ts';
import { ALL_UP } from '../ranking/scenarios.ts';
import { benjaminiHochberg } from '../statistics/multiplicity.ts';
import { type Cause, causeOf } from './attribute.ts';
import { EVERYWHERE, FLOOR, type Unit } from './points.ts';
import { levelsAround, membersOf, moveSince, type Series, type Who, watchedOf } from './series.ts';
import {
  type Alert,
  FALSE_SHARE_MAX,
  type Method,
  SAME_DAYS,
  type Watched,
  watchTonight,
} from './watch.ts';

export type Word = Cause['word'];

/** The series that shows a change best. */
export type Lead = {
  readonly scope: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly role: Who['role'];
  /** The variant, where it is a candidate. */
  readonly variant: string | null;
};

export type Finding = {
  readonly word: Word;
  /** Whose image, where it is the image of one variant. */
  readonly of: string | null;
  readonly why: string;
  /** Where, when not everywhere alike: `in eu-west-1`. */
  readonly where: string | null;
  /** Number of the day of the first bad night. */
  readonly since: number;
  readonly lead: Lead;
  /** Medians before and since: of the reference in the unit, otherwise ratios to the reference. */
  readonly before: number;
  readonly after: number;
  readonly method: Method;
  readonly p: number;
  /** Every series that shows it. */
  readonly members: readonly string[];
};

type Judged = { readonly series: Series; readonly who: Who; readonly alert: Alert };
type Found = Judged & { readonly cause: Cause; readonly of: string | null; readonly size: number };

/** The prober's own noise has to grow by so much before it is told of. */
const FLOOR_EFFECT_MS = 1;
const SHARE = 0.5;
/** Less than this is not a place where anything moved. */
const PLACE_MIN = Math.log1p(0.025);
/** More cells than this are counted instead of named. */
const CELLS_NAMED_MAX = 2;

export const seriesId = ({ scope, metric }: Pick<Series, 'scope' | 'metric'>, who: Who): string =>
  `${scope} | ${metric} | ${who.role === 'candidate' ? `candidate ${who.id}` : who.role}`;

const REFERENCE: Who = { role: 'reference' };
const CONTROL: Who = { role: 'control' };
const STILL = { logChange: 0, alert: false };

const candidatesOf = (series: Series): Who[] =>
  membersOf(series).filter(({ role }) => role === 'candidate');

const hasArms = (series: Series): boolean => membersOf(series).length > 1;

/** What began later explains nothing; the first bad night is known to a night or two. */
export const SLACK_DAYS = 2;

/** Whether a fault that began then may be behind what began at `since`. */
const mayExplain = (fault: number | undefined, since: number): boolean =>
  fault !== undefined && fault <= since + SLACK_DAYS && fault >= since - SAME_DAYS;

/** Cause of an alert by the moves of all that belong to its series. */
const causeIn = (
  { series, who, alert }: Judged,
  alertedSince: ReadonlyMap<string, number>,
): Cause | undefined => {
  if (series.metric === FLOOR) {
    return { word: 'measurement', of: null, why: "the probers' own noise on loopback moved" };
  }
  if (!hasArms(series)) {
    return { word: 'environment', of: null, why: 'no image takes part in it' };
  }
  const move = (one: Who) =>
    moveSince(
      series,
      one,
      alert.since,
      mayExplain(alertedSince.get(seriesId(series, one)), alert.since),
    );
  const reference = move(REFERENCE);
  const others = candidatesOf(series)
    .map((one) => moveSince(series, one, alert.since, false))
    .sort((a, b) => Math.abs(a.logChange) - Math.abs(b.logChange));
  // For what is not about one candidate, the one that kept closest to the reference stands for all.
  const relative = (who.role === 'candidate' ? move(who) : others[0]) ?? STILL;
  const candidate = { logChange: reference.logChange + relative.logChange, alert: false };
  const twice = move(CONTROL);
  // Where the reference is measured wrongly, the control moves against it, and so do the candidates.
  const own = who.role === 'candidate' ? relative.logChange : -reference.logChange;
  const explains = twice.logChange * Math.sign(own) >= SHARE * Math.abs(own);
  const told = who.role === 'control' || (twice.alert && explains);
  const cause = causeOf({ reference, candidate, relative, control: { ...twice, alert: told } });
  if (cause?.word === 'environment' && series.unit === 'bytes') {
    return { word: 'image', of: null, why: 'all images moved alike: look at what they share' };
  }
  return cause;
};

/** Whether the noise of the probers went as far, in milliseconds, as what they measured. */
const isNoise = (floor: Series | undefined, { series, alert }: Judged): boolean => {
  if (!floor || series.unit !== 'ms') return false;
  const gone = (one: Series): number => {
    const { before, after } = levelsAround(one, REFERENCE, alert.since);
    return before === null || after === null ? 0 : Math.exp(after) - Math.exp(before);
  };
  const [noise, measured] = [gone(floor), gone(series)];
  return Math.abs(noise) >= SHARE * Math.abs(measured) && noise * measured > 0;
};

const cellIn = (scope: string): { region: string; vantage: string } | undefined => {
  const [region, vantage] = scope.split(' from ');
  return region !== undefined && vantage !== undefined ? { region, vantage } : undefined;
};

const only = (names: readonly string[]): string | undefined =>
  new Set(names).size === 1 ? names[0] : undefined;

/** Where a change of the environment is: one region, one vantage, some cells, or everywhere (null). */
const placeOf = (all: readonly Series[], { series, alert }: Judged): string | null => {
  const metric = cellIn(series.scope) ? series.metric : `${PRIMARY_METRIC}.p50`;
  const cells = all.flatMap((one) => {
    const cell = one.metric === metric ? cellIn(one.scope) : undefined;
    const size = Math.abs(moveSince(one, REFERENCE, alert.since, false).logChange);
    return cell ? [{ ...cell, scope: one.scope, size }] : [];
  });
  const farthest = Math.max(0, ...cells.map(({ size }) => size));
  const moved = cells.filter(({ size }) => size >= Math.max(PLACE_MIN, SHARE * farthest));
  if (moved.length === 0 || moved.length === cells.length) return null;
  const region = only(moved.map((cell) => cell.region));
  if (region !== undefined && only(cells.map((cell) => cell.region)) === undefined) {
    return moved.length === 1 ? `in ${moved[0]?.scope}` : `in ${region}`;
  }
  const vantage = only(moved.map((cell) => cell.vantage));
  if (vantage !== undefined) return `seen from ${vantage}`;
  if (moved.length > CELLS_NAMED_MAX) return `in ${moved.length} of ${cells.length} cells`;
  return `in ${moved.map(({ scope }) => scope).join(', ')}`;
};

const prefer = ({ series: { scope, metric } }: Judged): number => {
  if (scope === ALL_UP) return metric === `${PRIMARY_METRIC}.p50` ? 0 : 1;
  return scope === EVERYWHERE ? 2 : 3;
};

const directionOf = ({ alert }: Judged): string => (alert.after > alert.before ? 'up' : 'down');

const keyOf = (one: Found): string =>
  one.cause.word === 'environment'
    ? `environment ${directionOf(one)}`
    : `${one.cause.word} ${one.of}`;

/** The same arm, moved in the same direction: in another place or metric, but no other change. */
const whoKey = (one: Found): string =>
  `${one.who.role} ${one.who.role === 'candidate' ? one.who.id : ''} ${directionOf(one)}`;

/**
 * What has one cause, or is about one arm, and began within a week of each other, is one change. Its
 * cause is that of the series that comes first.
 */
const grouped = (found: readonly Found[]): Found[][] => {
  const groups: Found[][] = [];
  for (const one of found) {
    const home = groups.find(([lead, ...others]) => {
      if (!lead || Math.abs(lead.alert.since - one.alert.since) > SAME_DAYS) return false;
      const isOfArm = [lead, ...others].some((other) => whoKey(other) === whoKey(one));
      return keyOf(lead) === keyOf(one) || isOfArm;
    });
    if (home) home.push(one);
    else groups.push([one]);
  }
  return groups;
};

/** Levels of what shows a change, before a day and from it on; null where it was not measured. */
export const levelsOf = (
  all: readonly Series[],
  { scope, metric, role, variant }: Lead,
  since: number,
): { before: number; after: number } | null => {
  const series = all.find((one) => one.scope === scope && one.metric === metric);
  const who: Who = role === 'candidate' ? { role, id: variant ?? '' } : { role };
  if (!series) return null;
  const { before, after } = levelsAround(series, who, since);
  return before === null || after === null
    ? null
    : { before: Math.exp(before), after: Math.exp(after) };
};

const findingOf = (all: readonly Series[], group: readonly Found[]): Finding[] => {
  const [lead] = group;
  if (!lead) return [];
  const { series, who, alert, cause, of } = lead;
  const { scope, metric, unit } = series;
  const shown: Lead = {
    ...{ scope, metric, unit, role: who.role },
    variant: who.role === 'candidate' ? who.id : null,
  };
  const levels = levelsOf(all, shown, alert.since);
  if (!levels) return [];
  return [
    {
      ...{ word: cause.word, of, why: cause.why },
      where: cause.word === 'environment' ? placeOf(all, lead) : null,
      since: alert.since,
      lead: shown,
      ...levels,
      method: alert.method,
      p: Math.min(...group.map((one) => one.alert.p)),
      members: group.map((one) => one.alert.series).sort(),
    },
  ];
};

const ofWhom = (cause: Cause, who: Who, referenceId: string): string | null => {
  if (cause.of === 'reference') return referenceId;
  return cause.of === 'candidate' && who.role === 'candidate' ? who.id : null;
};

/**
 * One change shows in many series and would make room among the alerts for as many false ones. So changes
 * are counted once more, against all series (Benjamini and Hochberg).
 */
const sure = (findings: readonly Finding[], series: number): Finding[] => {
  const rest = new Array<number>(Math.max(0, series - findings.length)).fill(1);
  const adjusted = benjaminiHochberg([...findings.map(({ p }) => p), ...rest]);
  return findings.filter((_, at) => (adjusted[at] ?? 1) <= FALSE_SHARE_MAX);
};

type WatchedMember = { readonly series: Series; readonly who: Who; readonly watched: Watched };

const watchedMembers = (all: readonly Series[], floorMs: number): WatchedMember[] =>
  all.flatMap((series) => {
    const smallest = series.metric === FLOOR ? FLOOR_EFFECT_MS : floorMs;
    return membersOf(series).map((who) => ({
      series,
      who,
      watched: watchedOf(series, who, seriesId(series, who), series.unit === 'ms' ? smallest : 0),
    }));
  });

/** Every change of tonight. The order of the series does not matter. */
export const findingsOf = (all: readonly Series[], referenceId: string): Finding[] => {
  const floor = all.find(({ metric }) => metric === FLOOR);
  const floorMs = floor?.nights.at(-1)?.night?.reference ?? 0;
  const members = watchedMembers(all, floorMs);
  const alerts = watchTonight(members.map(({ watched }) => watched));
  const alertedSince = new Map(alerts.map(({ series, since }) => [series, since]));
  const found = alerts.flatMap((alert): Found[] => {
    const member = members.find(({ watched }) => watched.id === alert.series);
    if (!member) return [];
    const { series, who } = member;
    const judged = { series, who, alert };
    const cause = causeIn(judged, alertedSince);
    if (!cause) return [];
    const noisy = cause.word === 'environment' && isNoise(floor, judged);
    const real: Cause = noisy
      ? { word: 'measurement', of: null, why: "the probers' own noise moved as far" }
      : cause;
    const { logChange } = moveSince(series, who, alert.since, true);
    return [
      { ...judged, cause: real, of: ofWhom(real, who, referenceId), size: Math.abs(logChange) },
    ];
  });
  const inOrder = found.sort(
    (a, b) =>
      prefer(a) - prefer(b) || b.size - a.size || (a.alert.series < b.alert.series ? -1 : 1),
  );
  return sure(
    grouped(inOrder).flatMap((group) => findingOf(all, group)),
    members.length,
  );
};
