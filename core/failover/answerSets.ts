/** The record sets that make a name answer with one region, or with two by weight. */
import type { Alias, RecordSet } from './switchRecord.ts';

/** What a name answers while one region is active. */
export type Answers = {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly CNAME?: readonly string[];
  /** At the top of a zone, where there may be no CNAME. Stands alone, as a CNAME does. */
  readonly alias?: Alias;
};

/** What Route 53 answers an alias of a load balancer with, in seconds; nobody can set it. */
export const ALIAS_TTL_S = 60;

export type Name = { readonly record: string; readonly ttlS: number };

const TYPES = ['A', 'AAAA', 'CNAME'] as const;

const typesOf = (answers: Answers): (typeof TYPES)[number][] =>
  answers.alias !== undefined
    ? ['A']
    : TYPES.filter((type) => answers[type] !== undefined && answers[type].length > 0);

/** Simple sets, one for each type of address. */
export const answerSets = ({ record, ttlS }: Name, answers: Answers): RecordSet[] => {
  const { alias } = answers;
  return alias === undefined
    ? typesOf(answers).map((type) => ({ name: record, type, ttlS, values: answers[type] ?? [] }))
    : [{ name: record, type: 'A', ttlS: ALIAS_TTL_S, values: [], alias }];
};

type Side = { readonly region: string; readonly answers: Answers };

/**
 * Sets for a share of answers, in percent, from `to`, and the rest from `from`. At 0 and at 100
 * they are simple sets. Regions with different types of addresses cannot share a name: one type
 * would be answered by one region alone; null then.
 */
export const sharedSets = (
  name: Name,
  { from, to }: { readonly from: Side; readonly to: Side },
  percent: number,
): RecordSet[] | null => {
  if (percent >= 100) return answerSets(name, to.answers);
  if (percent <= 0) return answerSets(name, from.answers);
  if (typesOf(from.answers).join() !== typesOf(to.answers).join()) return null;
  const weighted = ({ region, answers }: Side, weight: number): RecordSet[] =>
    answerSets(name, answers).map((set) => ({ ...set, share: { id: region, weight } }));
  return [...weighted(to, percent), ...weighted(from, 100 - percent)];
};
