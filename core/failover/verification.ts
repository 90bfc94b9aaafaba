/**
 * Proof from outside that a flip took effect. No API is trusted: every authoritative server is
 * asked twice, several resolvers once, for A and AAAA; and one request must come back from the new
 * region.
 */

export type RecordType = 'A' | 'AAAA';

/** Values expected for each type; a type the service does not have is left out. */
export type Expected = Readonly<Partial<Record<RecordType, readonly string[]>>>;

export type Query = {
  readonly server: string;
  readonly role: 'authoritative' | 'resolver';
  readonly transport: 'udp' | 'tcp';
  readonly type: RecordType;
};

export type VerificationPlan = {
  readonly queries: readonly Query[];
  readonly expected: Expected;
  readonly expectedRegion: string;
  readonly epoch: number;
  /** Good answers in a row that each authoritative server must give. */
  readonly answersNeeded: number;
  readonly resolversNeeded: number;
  readonly deadlineMs: number;
};

const AUTHORITATIVE_ANSWERS = 2;
const RESOLVER_SHARE = 2 / 3;
/** On top of the TTL: a resolver fetches anew when its copy ends, and may be asked just before. */
const GRACE_MS = 30_000;
const TYPES: readonly RecordType[] = ['A', 'AAAA'];

type Verifying = {
  readonly authoritative: readonly string[];
  readonly resolvers: readonly string[];
  readonly expected: Expected;
  readonly expectedRegion: string;
  readonly epoch: number;
  readonly flippedAtMs: number;
  readonly ttlMs: number;
};

/**
 * What to ask. Both types are always asked for: a AAAA record that nobody moved answers with the
 * old region to half of the clients.
 */
export const planVerification = (verifying: Verifying): VerificationPlan => {
  const { authoritative, resolvers, expected, expectedRegion, epoch } = verifying;
  const ask = (server: string, role: Query['role'], transports: Query['transport'][]): Query[] =>
    TYPES.flatMap((type) => transports.map((transport) => ({ server, role, transport, type })));
  return {
    queries: [
      ...authoritative.flatMap((server) => ask(server, 'authoritative', ['udp', 'tcp'])),
      ...resolvers.flatMap((server) => ask(server, 'resolver', ['udp'])),
    ],
    expected,
    expectedRegion,
    epoch,
    answersNeeded: AUTHORITATIVE_ANSWERS,
    resolversNeeded: Math.ceil(RESOLVER_SHARE * resolvers.length - 1e-9),
    deadlineMs: verifying.flippedAtMs + verifying.ttlMs + GRACE_MS,
  };
};

export type DnsObservation = {
  readonly server: string;
  readonly transport: Query['transport'];
  readonly type: RecordType;
  readonly rcode: string;
  readonly values: readonly string[];
  readonly ttlS: number | null;
  readonly atMs: number;
};

export type RequestProof = {
  readonly atMs: number;
  /**
   * What the answer names; null when there was none. A service that names no region cannot prove
   * it.
   */
  readonly region: string | null;
  readonly ok: boolean;
};

export type Judgement = {
  readonly outcome: 'verified' | 'waiting' | 'failed';
  readonly authoritative: { readonly good: number; readonly of: number };
  readonly resolvers: { readonly good: number; readonly of: number };
  readonly requestProves: boolean;
  /** Resolvers that still give another answer, for an honest word on who is not moved yet. */
  readonly stragglers: readonly string[];
  readonly why: string;
};

const isGood = (observation: DnsObservation, expected: Expected): boolean => {
  const wanted = expected[observation.type] ?? [];
  const found = [...observation.values].sort().join(' ');
  return observation.rcode === 'NOERROR' && found === [...wanted].sort().join(' ');
};

const inARow = (observations: readonly DnsObservation[], expected: Expected): number => {
  const latestFirst = [...observations].sort((a, b) => b.atMs - a.atMs);
  const firstBad = latestFirst.findIndex((each) => !isGood(each, expected));
  return firstBad === -1 ? latestFirst.length : firstBad;
};

/** What the answers so far say, at `nowMs`. */
export const judgeVerification = (
  plan: VerificationPlan,
  observations: readonly DnsObservation[],
  requests: readonly RequestProof[],
  nowMs: number,
): Judgement => {
  const serversOf = (role: Query['role']) => [
    ...new Set(plan.queries.filter((query) => query.role === role).map(({ server }) => server)),
  ];
  const settled = (server: string, times: number): boolean =>
    plan.queries
      .filter((query) => query.server === server)
      .every(({ transport, type }) => {
        const own = observations.filter(
          (seen) => seen.server === server && seen.transport === transport && seen.type === type,
        );
        return inARow(own, plan.expected) >= times;
      });
  const authorities = serversOf('authoritative');
  const resolvers = serversOf('resolver');
  const goodAuthorities = authorities.filter((server) => settled(server, plan.answersNeeded));
  const goodResolvers = resolvers.filter((server) => settled(server, 1));
  const latest = requests.reduce<RequestProof | null>(
    (best, request) => (best === null || request.atMs >= best.atMs ? request : best),
    null,
  );
  const requestProves = latest?.ok === true && latest.region === plan.expectedRegion;
  const all =
    authorities.length > 0 &&
    goodAuthorities.length === authorities.length &&
    goodResolvers.length >= plan.resolversNeeded &&
    requestProves;
  const proof = requestProves
    ? `request answered by ${plan.expectedRegion}`
    : `no request was answered by ${plan.expectedRegion}`;
  return {
    outcome: all ? 'verified' : nowMs >= plan.deadlineMs ? 'failed' : 'waiting',
    authoritative: { good: goodAuthorities.length, of: authorities.length },
    resolvers: { good: goodResolvers.length, of: resolvers.length },
    requestProves,
    stragglers: resolvers.filter((server) => !goodResolvers.includes(server)),
    why: [
      `${goodAuthorities.length} of ${authorities.length} name servers`,
      `${goodResolvers.length} of ${resolvers.length} resolvers`,
      proof,
    ].join(', '),
  };
};

/** A verification that failed is rolled back only to a side that is at least as well. */
export const oldSideNoWorse = (oldState: string, newState: string): boolean => {
  const rank: Readonly<Record<string, number>> = { UP: 0, DEGRADED: 1, UNKNOWN: 2, DOWN: 3 };
  const worst = 3;
  return (rank[oldState] ?? worst) <= (rank[newState] ?? worst) && oldState !== 'DOWN';
};
