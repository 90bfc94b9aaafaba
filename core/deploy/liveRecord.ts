/** What stands at the name that is to fail over, and whether a deployment may put its own sets there. */

import type { Answers } from '../failover/answerSets.ts';

export type RecordSetFound = {
  readonly type: string;
  readonly values: readonly string[];
  readonly alias: string | null;
  readonly failover: string | null;
  readonly identifier: string | null;
  readonly checkReference: string | null;
};

export type RecordVerdict =
  /** Nobody is answered yet. */
  | { readonly kind: 'absent' }
  /** A former deployment made it. */
  | { readonly kind: 'ours' }
  /** Answers what the primary would: replacing it moves nobody. */
  | { readonly kind: 'same-answer'; readonly values: readonly string[] }
  | { readonly kind: 'foreign'; readonly answers: string };

/** Ends the reference of the health check that our PRIMARY sets name. */
export const MAY_SERVE = 'primary may serve';

const ADDRESSES = ['A', 'AAAA', 'CNAME'];

type Wanted = {
  readonly service: string;
  readonly driver: 'quorum' | 'record';
  /** What the record answers while the primary serves, by type. */
  readonly answers: Answers;
  /** Whether a TXT record holds the epoch of driver `record`. */
  readonly hasEpoch: boolean;
};

const same = (left: readonly string[], right: readonly string[]): boolean => {
  const plain = (values: readonly string[]) =>
    values
      .map((value) => value.toLowerCase().replace(/\.$/, ''))
      .sort()
      .join('\n');
  return plain(left) === plain(right);
};

const answersTo = (type: string, { A, AAAA, CNAME }: Answers): readonly string[] =>
  ({ A, AAAA, CNAME })[type] ?? [];

const shown = ({ type, values, alias }: RecordSetFound): string =>
  `${type} ${alias === null ? values.join(' ') : `alias of ${alias}`}`;

const isOurs = (sets: readonly RecordSetFound[], { service, driver, hasEpoch }: Wanted): boolean =>
  driver === 'record'
    ? hasEpoch
    : sets.some(
        ({ failover, checkReference }) =>
          failover === 'PRIMARY' &&
          checkReference?.startsWith(`${service} `) === true &&
          checkReference.endsWith(MAY_SERVE),
      );

/** Judges all sets of the name; those that are no addresses, such as MX, are nobody's business. */
export const judgeRecord = (found: readonly RecordSetFound[], wanted: Wanted): RecordVerdict => {
  const sets = found.filter(({ type }) => ADDRESSES.includes(type));
  if (sets.length === 0) return { kind: 'absent' };
  if (isOurs(sets, wanted)) return { kind: 'ours' };
  const [only] = sets;
  // One set with one value: what the set-up can tell from another hand's work when it replaces it.
  if (
    sets.length === 1 &&
    only !== undefined &&
    only.alias === null &&
    only.identifier === null &&
    same(only.values, answersTo(only.type, wanted.answers))
  ) {
    return { kind: 'same-answer', values: only.values };
  }
  return { kind: 'foreign', answers: [...new Set(sets.map(shown))].join(', ') };
};
