/** Alerts over nights: each change is told once, again when it changes, and not while it is acknowledged. */
import type { Finding, Word } from './tonight.ts';
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

type Tonight = {
  readonly service: string;
  readonly drillId: string;
  readonly day: number;
  /** Date of a day, for ids. */
  readonly dateOf: (day: number) => string;
};

/** A change is told again when it went this much further or back, or half of its own size if that is more. */
const CHANGED_MIN = Math.log(1.1);
/** A cause may be corrected once as many nights as this speak of it. */
const CAUSE_NIGHTS = 3;
/** An alert not seen for so many days is over: the next one is another. */
const OVER_DAYS = 14;

export const logChangeOf = ({ before, after }: Pick<Finding, 'before' | 'after'>): number =>
  Math.log(after / before);

const leadId = ({ lead }: Finding): string =>
  [lead.scope, lead.metric, lead.role, lead.variant ?? ''].join('|');

/** Whether what was dated anew is the change that was known, and not a further one. */
const isRedated = (one: Finding, stored: StoredAlert): boolean => {
  if (leadId(one) !== leadId(stored)) return true;
  const distance = (level: number): number => Math.abs(Math.log(one.before / level));
  return distance(stored.before) <= distance(stored.after);
};

const isSame = (one: Finding, stored: StoredAlert, day: number): boolean => {
  if (logChangeOf(one) > 0 !== logChangeOf(stored) > 0 && leadId(one) === leadId(stored)) {
    return false;
  }
  const shares = one.members.some((member) => stored.members.includes(member));
  const sameCause = one.word === stored.word && one.of === stored.of && one.word !== 'environment';
  if (!shares && !sameCause) return false;
  if (Math.abs(one.since - stored.since) <= SAME_DAYS) return true;
  return shares && day - stored.lastDay <= OVER_DAYS && isRedated(one, stored);
};

const differs = (one: Finding, seen: Seen, nights: number, comparable: boolean): boolean => {
  const cause = one.word !== seen.word || one.of !== seen.of;
  if (cause && nights >= CAUSE_NIGHTS) return true;
  const further = Math.abs(logChangeOf(one) - seen.logChange);
  return comparable && further >= Math.max(CHANGED_MIN, Math.abs(seen.logChange) / 2);
};

const seenOf = (one: Finding): Seen => ({
  word: one.word,
  of: one.of,
  logChange: logChangeOf(one),
});

const newId = (one: Finding, taken: ReadonlySet<string>, { service, dateOf }: Tonight): string => {
  const stem = `${service}-${dateOf(one.since).replaceAll('-', '')}`;
  let number = 1;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
};

/** The known alert with what tonight says of it. Its cause and date are corrected, its id stays. */
const goOn = (
  one: Finding,
  stored: StoredAlert,
  ack: Acknowledged | undefined,
  { drillId, day }: Tonight,
): Judged => {
  const nights = day - stored.since + 1;
  const comparable = leadId(one) === leadId(stored);
  const keepsDate = Math.abs(one.since - stored.since) > SAME_DAYS;
  const settled = one.word === stored.word && one.of === stored.of ? true : nights >= CAUSE_NIGHTS;
  const cause = settled ? {} : { word: stored.word, of: stored.of, why: stored.why };
  const next: StoredAlert = {
    ...stored,
    ...one,
    ...cause,
    since: keepsDate ? stored.since : one.since,
    members: [...new Set([...stored.members, ...one.members])].sort(),
    lastDrill: drillId,
    lastDay: day,
  };
  if (stored.told.drillId === drillId) return { alert: next, state: stored.told.state };
  if (ack && !differs(next, ack, nights, comparable)) {
    return { alert: next, state: 'acknowledged' };
  }
  if (!differs(next, stored.told, nights, comparable)) return { alert: next, state: 'known' };
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
  const left = [...stored].sort((a, b) => b.lastDay - a.lastDay || (a.id < b.id ? -1 : 1));
  const taken = new Set(stored.map(({ id }) => id));
  return findings.map((one): Judged => {
    const at = left.findIndex((known) => isSame(one, known, tonight.day));
    const [known] = at < 0 ? [] : left.splice(at, 1);
    if (known) {
      const ack = acknowledged.find(({ alertId }) => alertId === known.id);
      return goOn(one, known, ack, tonight);
    }
    const id = newId(one, taken, tonight);
    taken.add(id);
    const { drillId, day } = tonight;
    const told = { ...seenOf(one), drillId, state: 'new' as const };
    const alert = { ...one, id, firstDrill: drillId, lastDrill: drillId, lastDay: day, told };
    return { alert, state: 'new' };
  });
};
