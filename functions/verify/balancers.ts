/**
 * An alias answers with addresses of a load balancer, which AWS changes as it likes. What proves a region is that
 * the load balancer's own name, which an alias never shows, answers with the same ones.
 */
import type { DnsAnswerShape } from '../../events/failoverEvidence.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Clock } from '../_entry.ts';
import type { Outside } from '../_outside.ts';
import { askRound, canonicalAddress } from './askRound.ts';

/** Addresses that each name was seen with in this verification: a resolver may keep those of a minute ago. */
export type Balancers = Map<string, Set<string>>;

/** Names of the load balancers that the record may be an alias of. */
export const balancersOf = ({ targets }: Pick<WatchPlan, 'targets'>): Balancers =>
  new Map(
    targets.flatMap(({ answers: { alias } }) =>
      alias === undefined ? [] : [[canonicalAddress(alias.name), new Set<string>()]],
    ),
  );

/** Asks the resolvers of the plan for each, and adds what they say. */
export const lookAtBalancers = async (
  balancers: Balancers,
  { dns: { resolvers } }: Pick<WatchPlan, 'dns'>,
  needs: { readonly clock: Pick<Clock, 'now'> } & Pick<Outside, 'askServer'>,
  signal: AbortSignal,
): Promise<void> => {
  const queries = resolvers.map((server) => ({
    ...({ server, role: 'resolver', transport: 'udp', type: 'A' } as const),
  }));
  await Promise.all(
    [...balancers].map(async ([name, addresses]) => {
      for (const { values } of await askRound({ name, queries, alias: false }, needs, signal)) {
        for (const value of values) addresses.add(value);
      }
    }),
  );
};

/** Answers with the name of a load balancer in the place of its addresses; others stay as they are. */
export const namedByBalancer = (
  answers: readonly DnsAnswerShape[],
  balancers: Balancers,
): DnsAnswerShape[] =>
  answers.map((answer) => {
    const { values } = answer;
    if (values.length === 0) return answer;
    const found = [...balancers].find(([, addresses]) => values.every((one) => addresses.has(one)));
    return found === undefined ? answer : { ...answer, values: [found[0]] };
  });
