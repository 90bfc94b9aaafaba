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

/** The latest good answers without a bad one between them, the newest first. */
const lastRun = (
  observations: readonly DnsObservation[],
  expected: Expected,
): readonly DnsObservation[] => {
  const latestFirst = [...observations].sort((a, b) => b.atMs - a.atMs);
  const firstBad = latestFirst.findIndex((each) => !isGood(each, expected));
  return firstBad === -1 ? latestFirst : latestFirst.slice(0, firstBad);
};

const isAnswerTo =
  ({ server, transport, type }: Query) =>
  (seen: DnsObservation): boolean =>
    seen.server === server && seen.transport === transport && seen.type === type;

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
      .every((query) => {
        const own = observations.filter(isAnswerTo(query));
        return lastRun(own, plan.expected).length >= times;
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

/** When what was seen became true for good; null for what is not. In epoch milliseconds. */
export type ProofMoments = {
  /** Since then every authoritative server has given the new answer to every question. */
  readonly authoritativeMs: number | null;
  /** Since then enough resolvers have, too, and a request has come back from the new region. */
  readonly effectiveMs: number | null;
};

const latestOf = (moments: readonly (number | null)[]): number | null =>
  moments.reduce<number | null>(
    (latest, ms) => (latest === null || ms === null ? null : Math.max(latest, ms)),
    Number.NEGATIVE_INFINITY,
  );

/**
 * The first of the good answers that were not followed by a bad one: what a client could have got
 * at that moment, not when it was believed. Resolvers that keep an old answer do not count as moved
 * before they give the new one, however long that takes.
 */
export const proofMoments = (
  plan: VerificationPlan,
  observations: readonly DnsObservation[],
  requests: readonly RequestProof[],
): ProofMoments => {
  const settledMs = (server: string): number | null =>
    latestOf(
      plan.queries
        .filter((query) => query.server === server)
        .map((query) => {
          const run = lastRun(observations.filter(isAnswerTo(query)), plan.expected);
          return run.at(-1)?.atMs ?? null;
        }),
    );
  const settledOf = (role: Query['role']): (number | null)[] =>
    [...new Set(plan.queries.filter((query) => query.role === role).map((query) => query.server))]
      .map(settledMs)
      .sort((a, b) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY));
  const authorities = settledOf('authoritative');
  const authoritativeMs = authorities.length === 0 ? null : latestOf(authorities);
  const proofs = [...requests].sort((a, b) => b.atMs - a.atMs);
  const unproven = proofs.findIndex(({ ok, region }) => !ok || region !== plan.expectedRegion);
  const provenMs = (unproven === -1 ? proofs : proofs.slice(0, unproven)).at(-1)?.atMs ?? null;
  const resolvers = settledOf('resolver').slice(0, plan.resolversNeeded);
  return { authoritativeMs, effectiveMs: latestOf([authoritativeMs, provenMs, ...resolvers]) };
};

/** A verification that failed is rolled back only to a side that is at least as well. */
export const oldSideNoWorse = (oldState: string, newState: string): boolean => {
  const rank: Readonly<Record<string, number>> = { UP: 0, DEGRADED: 1, UNKNOWN: 2, DOWN: 3 };
  const worst = 3;
  return (rank[oldState] ?? worst) <= (rank[newState] ?? worst) && oldState !== 'DOWN';
};
