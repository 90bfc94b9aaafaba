/**
 * Driver `record`: one Route 53 change batch. A batch is carried out whole or not at all, and a
 * DELETE in it names the exact current values or the batch fails, so it is a compare-and-swap. The
 * epoch stands in a TXT record that the same batch replaces: a stale executor deletes an epoch that
 * is no longer there, and changes nothing.
 */

/** A load balancer, and the hosted zone that its name is in. */
export type Alias = { readonly zoneId: string; readonly name: string };

export type RecordSet = {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME' | 'TXT';
  readonly ttlS: number;
  readonly values: readonly string[];
  /** In place of values: the load balancer whose addresses Route 53 answers with. */
  readonly alias?: Alias;
  /** One of several sets that answers are drawn from by weight; absent in a simple set. */
  readonly share?: { readonly id: string; readonly weight: number };
};

export type RecordChange = { readonly action: 'DELETE' | 'CREATE'; readonly set: RecordSet };

export type RecordPlan =
  | { readonly kind: 'change'; readonly batch: readonly RecordChange[] }
  | { readonly kind: 'already'; readonly why: string }
  | { readonly kind: 'superseded' | 'refused'; readonly why: string };

/** Where the epoch of a record is kept. */
export const epochRecordName = (record: string): string => `_failover.${record}`;

const EPOCH_TTL_S = 60;

/** The record set that keeps an epoch. */
export const epochSet = (record: string, epoch: number): RecordSet => ({
  name: epochRecordName(record),
  type: 'TXT',
  ttlS: EPOCH_TTL_S,
  values: [`"epoch=${epoch}"`],
});

/** The epoch in the zone, or null when there is none, or when a hand has written something else. */
export const epochOf = (set: RecordSet | null): number | null => {
  const match = /^"epoch=(\d{1,15})"$/.exec(set?.values[0] ?? '');
  return set?.values.length === 1 && match?.[1] !== undefined ? Number(match[1]) : null;
};

type Wanted = {
  readonly record: string;
  readonly epoch: number;
  /** Address records of the region to serve from. */
  readonly sets: readonly RecordSet[];
  /** What an earlier step of the same epoch left, where a move takes several. */
  readonly previous?: readonly RecordSet[];
};

export type FoundRecord = { readonly sets: readonly RecordSet[]; readonly epoch: RecordSet | null };

/** Names in values are the same with and without the dot at their end. */
const valuesOf = ({ values, alias }: RecordSet): string =>
  (alias === undefined ? values : [`alias ${alias.zoneId} ${alias.name}`])
    .map((value) => value.toLowerCase().replace(/\.$/, ''))
    .sort()
    .join('\n');

const sameSet = (a: RecordSet, b: RecordSet): boolean =>
  a.name === b.name &&
  a.type === b.type &&
  a.ttlS === b.ttlS &&
  a.share?.id === b.share?.id &&
  a.share?.weight === b.share?.weight &&
  valuesOf(a) === valuesOf(b);

/** Whether two lists are the same record sets, in whatever order. */
const sameSets = (some: readonly RecordSet[], others: readonly RecordSet[]): boolean =>
  some.length === others.length && some.every((set) => others.some((other) => sameSet(set, other)));

/**
 * The batch that makes the zone answer as wanted. It is never empty of answers, before or after.
 */
export const planRecordChange = (found: FoundRecord, wanted: Wanted): RecordPlan => {
  const { record, epoch, sets } = wanted;
  if (
    sets.length === 0 ||
    sets.some(({ values, alias }) => values.length === 0 && alias === undefined)
  ) {
    return { kind: 'refused', why: `${record} would have no answer` };
  }
  if (found.sets.length === 0) {
    return {
      kind: 'refused',
      why: `${record} has no address record in the zone: create it first, with a low TTL`,
    };
  }
  const current = epochOf(found.epoch);
  if (found.epoch !== null && current === null) {
    return {
      kind: 'refused',
      why: `${epochRecordName(record)} holds ${found.epoch.values.join(' ')} and no epoch`,
    };
  }
  if (current !== null && current > epoch) {
    return { kind: 'superseded', why: `${record} is at epoch ${current}, this flip is ${epoch}` };
  }
  if (current === epoch && sameSets(found.sets, sets)) {
    return { kind: 'already', why: `${record} answers so at epoch ${epoch}` };
  }
  const isNextStep = wanted.previous !== undefined && sameSets(found.sets, wanted.previous);
  if (current === epoch && !isNextStep) {
    return { kind: 'refused', why: `${record} was edited by another hand at epoch ${epoch}` };
  }
  const remove = (set: RecordSet): RecordChange => ({ action: 'DELETE', set });
  const create = (set: RecordSet): RecordChange => ({ action: 'CREATE', set });
  return {
    kind: 'change',
    batch: [
      ...found.sets.map(remove),
      ...(found.epoch === null ? [] : [remove(found.epoch)]),
      ...sets.map(create),
      create(epochSet(record, epoch)),
    ],
  };
};

/**
 * The batch that leaves everything as it is, and fails unless the epoch is still as it was read:
 * proof that the zone can be written. A zone without an epoch gets `epoch`.
 */
export const planRecordProof = (
  found: FoundRecord,
  { record, epoch }: { readonly record: string; readonly epoch: number },
): RecordPlan => {
  if (found.sets.length === 0) {
    return { kind: 'refused', why: `${record} has no address record in the zone` };
  }
  if (found.epoch !== null && epochOf(found.epoch) === null) {
    return { kind: 'refused', why: `${epochRecordName(record)} holds no epoch` };
  }
  return {
    kind: 'change',
    batch:
      found.epoch === null
        ? [{ action: 'CREATE', set: epochSet(record, epoch) }]
        : [
            { action: 'DELETE', set: found.epoch },
            { action: 'CREATE', set: found.epoch },
          ],
  };
};

export type ChangeProgress = {
  readonly submits: number;
  /** Answers in a row that were no progress. */
  readonly refusals: number;
  readonly elapsedMs: number;
};

export type ChangeAnswer =
  | 'INSYNC'
  | 'PENDING'
  | 'NoSuchChange'
  | 'PriorRequestNotComplete'
  | 'Throttling'
  | 'InvalidChangeBatch'
  /** No answer: the change may have been made. */
  | 'Unreachable';

export type ChangeStep =
  | { readonly do: 'done' }
  | { readonly do: 'poll'; readonly inMs: number }
  /** Read the zone again, plan again, submit again. The epoch in it keeps that from doubling. */
  | { readonly do: 'resubmit'; readonly inMs: number }
  | { readonly do: 'give-up'; readonly why: string };

const SUBMITS_MAX = 5;
const CHANGE_MS_MAX = 600_000;
/** Route 53 allows five calls a second for a whole account; this leaves four to others. */
const POLL_MS = 1_000;
const BACKOFF_MS_MAX = 20_000;

/** Exponential backoff with full jitter; `chance` is from 0 up to 1. */
export const backoffMs = (refusals: number, chance: number): number =>
  Math.round(chance * Math.min(BACKOFF_MS_MAX, POLL_MS * 2 ** refusals));

/** What to do after an answer of ChangeResourceRecordSets or GetChange. */
export const nextChangeStep = (
  answer: ChangeAnswer,
  progress: ChangeProgress,
  chance: number,
): ChangeStep => {
  if (answer === 'INSYNC') return { do: 'done' };
  if (progress.elapsedMs >= CHANGE_MS_MAX) {
    return { do: 'give-up', why: `not in sync after ${progress.elapsedMs} ms: ${answer}` };
  }
  if (answer === 'PENDING') return { do: 'poll', inMs: POLL_MS };
  if (progress.submits >= SUBMITS_MAX) {
    return { do: 'give-up', why: `refused ${progress.submits} times, last with ${answer}` };
  }
  return { do: 'resubmit', inMs: backoffMs(progress.refusals, chance) };
};
