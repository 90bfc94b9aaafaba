/** Alerts over nights: each change is told once, again when it changes, and not while it is acknowledged. */
import { type Finding, type Lead, SLACK_DAYS, type Word } from './tonight.ts';
import { SAME_DAYS } from './watch.ts';

/** What of an alert a person was told of, or acknowledged. */
export type Seen = {
  readonly word: Word;
  readonly of: string | null;
  /** Logarithm of after by before. */
  readonly logChange: number;
};

export type AlertState = 'new' | 'changed' | 'known' | 'acknowledged';

export type StoredAlert = Finding & {
  readonly id: string;
  readonly firstDrill: string;
  readonly lastDrill: string;
  /** Number of the day on which it was last seen. */
  readonly lastDay: number;
  readonly told: Seen & { readonly drillId: string; readonly state: 'new' | 'changed' };
};

export type Acknowledged = Seen & { readonly alertId: string };

export type Judged = { readonly alert: StoredAlert; readonly state: AlertState };

type Levels = { readonly before: number; readonly after: number };

type Tonight = {
  readonly service: string;
  readonly drillId: string;
  readonly day: number;
  /** Date of a day, for ids. */
  readonly dateOf: (day: number) => string;
  /** Levels of a series before a day and from it on; null where it was not measured. */
  readonly levelsOf: (lead: Lead, since: number) => Levels | null;
};

/** A change is told again when it went this much further or back, or half of its own size if that is more. */
const CHANGED_MIN = Math.log(1.1);
/** A cause may be corrected once as many nights as this speak of it. */
const CAUSE_NIGHTS = 3;
/** An alert not seen for so many days is over: the next one is another. */
const OVER_DAYS = 14;

export const logChangeOf = ({ before, after }: Levels): number => Math.log(after / before);

const isFar = (log: number, from: Levels): boolean =>
  Math.abs(log) >= Math.max(CHANGED_MIN, Math.abs(logChangeOf(from)) / 2);

/**
 * Whether a finding dated anew is the change that was known: it left the same level, in the same
 * direction. Otherwise it is a further one.
 */
const isRedated = (one: Finding, stored: StoredAlert, { levelsOf }: Tonight): boolean => {
  const levels = levelsOf(stored.lead, one.since);
  if (!levels) return true;
  // The average goes on to alarm until the nights before are used to the change: no new date.
  if (one.method === 'ewma') return !isFar(Math.log(levels.after / stored.after), stored);
  const distance = (level: number): number => Math.abs(Math.log(levels.before / level));
  const nearer = distance(stored.before) <= distance(stored.after);
  return nearer && logChangeOf(levels) > 0 === logChangeOf(stored) > 0;
};

/** A change point a few nights after the known one, to quite another level: one more change. */
const isFurther = (one: Finding, stored: StoredAlert, { levelsOf }: Tonight): boolean => {
  if (one.method !== 'edivisive' || one.since <= stored.since + SLACK_DAYS) return false;
  const levels = levelsOf(stored.lead, one.since);
  return levels !== null && isFar(Math.log(levels.after / stored.after), stored);
};

const isSame = (one: Finding, stored: StoredAlert, tonight: Tonight): boolean => {
  const shares = one.members.some((member) => stored.members.includes(member));
  const sameCause = one.word === stored.word && one.of === stored.of;
  if (!shares && (!sameCause || one.word === 'environment')) return false;
  if (tonight.day - stored.lastDay > OVER_DAYS) return false;
  if (Math.abs(one.since - stored.since) <= SAME_DAYS) {
    if (isFurther(one, stored, tonight)) return false;
    const levels = levelsOf(tonight, stored, one);
    return logChangeOf(levels) > 0 === logChangeOf(stored) > 0;
  }
  return isRedated(one, stored, tonight);
};

/** What the known series shows tonight; where it was not measured, what the finding says. */
const levelsOf = (tonight: Tonight, stored: StoredAlert, one: Finding): Levels =>
  tonight.levelsOf(stored.lead, stored.since) ?? one;

const differs = (one: Finding, seen: Seen, nights: number): boolean => {
  const cause = one.word !== seen.word || one.of !== seen.of;
  if (cause && nights >= CAUSE_NIGHTS) return true;
  const further = Math.abs(logChangeOf(one) - seen.logChange);
  return further >= Math.max(CHANGED_MIN, Math.abs(seen.logChange) / 2);
};

const seenOf = (one: Finding): Seen => ({
  word: one.word,
  of: one.of,
  logChange: logChangeOf(one),
});

const newAlert = (one: Finding, taken: ReadonlySet<string>, tonight: Tonight): Judged => {
  const { service, drillId, day, dateOf } = tonight;
  const stem = `${service}-${dateOf(one.since).replaceAll('-', '')}`;
  let number = 1;
  while (taken.has(`${stem}-${number}`)) number += 1;
  const told = { ...seenOf(one), drillId, state: 'new' as const };
  const id = `${stem}-${number}`;
  const alert = { ...one, id, firstDrill: drillId, lastDrill: drillId, lastDay: day, told };
  return { alert, state: 'new' };
};

/** The known alert with what tonight says of it. Id, series and, once settled, the date stay. */
const goOn = (
  one: Finding,
  stored: StoredAlert,
  ack: Acknowledged | undefined,
  tonight: Tonight,
): Judged => {
  const { drillId, day } = tonight;
  const nights = day - stored.since + 1;
  const sameDate = Math.abs(one.since - stored.since) <= SLACK_DAYS;
  const { word, of, why, where } = sameDate && nights >= CAUSE_NIGHTS ? one : stored;
  const since = sameDate && one.method === 'edivisive' ? one.since : stored.since;
  const levels = tonight.levelsOf(stored.lead, since) ?? stored;
  const next: StoredAlert = {
    ...stored,
    ...{ word, of, why, where, since },
    ...{ before: levels.before, after: levels.after, method: one.method, p: one.p },
    members: [...new Set([...stored.members, ...one.members])].sort(),
    lastDrill: drillId,
    lastDay: day,
  };
  if (stored.told.drillId === drillId) return { alert: next, state: stored.told.state };
  if (ack && !differs(next, ack, nights)) return { alert: next, state: 'acknowledged' };
  if (!differs(next, stored.told, nights)) return { alert: next, state: 'known' };
  const told = { ...seenOf(next), drillId, state: 'changed' as const };
  return { alert: { ...next, told }, state: 'changed' };
};

/**
 * Tonight's findings as alerts: those that are known keep their id. The same findings, alerts and
 * acknowledgements give the same answer, also when the drill is judged again.
 */
export const alertsOf = (
  findings: readonly Finding[],
  stored: readonly StoredAlert[],
  acknowledged: readonly Acknowledged[],
  tonight: Tonight,
): Judged[] => {
  const newest = [...stored].sort((a, b) => b.lastDay - a.lastDay || (a.id < b.id ? -1 : 1));
  const taken = new Set(stored.map(({ id }) => id));
  const judged = new Map<string, Judged>();
  for (const one of findings) {
    const known = newest.find((alert) => isSame(one, alert, tonight));
    if (!known) {
      const fresh = newAlert(one, taken, tonight);
      taken.add(fresh.alert.id);
      judged.set(fresh.alert.id, fresh);
    } else if (!judged.has(known.id)) {
      const ack = acknowledged.find(({ alertId }) => alertId === known.id);
      judged.set(known.id, goOn(one, known, ack, tonight));
    }
  }
  return [...judged.values()];
};
