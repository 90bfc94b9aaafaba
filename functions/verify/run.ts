/**
 * Proves a flip from outside: asks every name server and resolver, and the service itself by its
 * name, round after round, until all say so or the time is over.
 */
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import {
  type Expected,
  type Judgement,
  judgeVerification,
  oldSideNoWorse,
  type ProofMoments,
  planVerification,
  proofMoments,
  type VerificationPlan,
} from '../../core/failover/verification.ts';
import { judgeRegion } from '../../core/health/verdict.ts';
import type {
  DnsAnswerShape,
  RequestShape,
  VerificationShape,
} from '../../events/failoverEvidence.ts';
import type {
  PreflightInput,
  PreflightOutput,
  StepInput,
  VerifyOutput,
} from '../../events/failoverStep.ts';
import { type Answers, targetOf, type WatchPlan } from '../../events/watchPlan.ts';
import type { WatchState } from '../../events/watchState.ts';
import type { Base } from '../_entry.ts';
import type { Outside } from '../_outside.ts';
import type { Transitions } from '../_transition.ts';
import { askRound, canonicalAddress } from './askRound.ts';
import { type Balancers, balancersOf, lookAtBalancers, namedByBalancer } from './balancers.ts';
import { ownerOf, requestByName } from './request.ts';

type Needs = Base & Outside & { table: WatchTable; transitions: Transitions };

/** The pause before the next round grows; who waits for a long TTL need not ask every second. */
const PAUSE_MS = { first: 50, most: 1_000, later: 5_000, laterFromMs: 120_000, growth: 1.5 };
/** Below the time limit of the function and of its state, so that the result is still told. */
const PROOF_MS_MAX = 540_000;

/** Both types are always asked for; one that the region does not have must be gone. */
const expectedOf = ({ A, AAAA, CNAME, alias }: Answers): Expected => ({
  A: (CNAME ?? (alias === undefined ? A : [alias.name]) ?? []).map(canonicalAddress),
  AAAA: (CNAME ?? AAAA ?? []).map(canonicalAddress),
});

type Seen = {
  readonly balancers: Balancers;
  answers: DnsAnswerShape[];
  requests: RequestShape[];
  rounds: number;
};

type Verifying = Needs & {
  readonly watch: WatchPlan;
  readonly execution: StepInput['execution'];
  readonly plan: VerificationPlan;
  readonly signal: AbortSignal;
};

/** The value of the record that most clients would now use, if it belongs to a region of ours. */
const answeredValue = (
  asWritten: readonly DnsAnswerShape[],
  named: readonly DnsAnswerShape[],
  watch: WatchPlan,
) => {
  for (const [at, { role, values }] of named.entries()) {
    const [value] = role === 'authoritative' ? values : [];
    const owner = value === undefined ? undefined : ownerOf(watch.targets, value);
    const address = asWritten[at]?.values[0];
    if (address !== undefined && owner !== undefined) return { address, owner };
  }
  return undefined;
};

/** One round: what was asked and answered is written down before it is judged. */
const lookOnce = async (verifying: Verifying, seen: Seen): Promise<void> => {
  const { table, clock, watch, execution, plan, signal } = verifying;
  const { record, targets } = watch;
  const alias = targetOf(watch, execution.to).answers.CNAME !== undefined;
  const [asWritten] = await Promise.all([
    askRound({ name: record, queries: plan.queries, alias }, verifying, signal),
    lookAtBalancers(seen.balancers, watch, verifying, signal),
  ]);
  const answers = namedByBalancer(asWritten, seen.balancers);
  seen.rounds += 1;
  seen.answers.push(...answers);
  const body = { round: seen.rounds, name: record, answers };
  const put = (kind: string, evidence: typeof body | RequestShape) =>
    table.putEvidence(execution.name, { kind, atMs: clock.now(), body: evidence }, signal);
  const value = answeredValue(asWritten, answers, watch);
  const asked = value && (await requestByName({ record, targets, ...value }, verifying, signal));
  await put('dns', body);
  if (asked === undefined) return;
  seen.requests.push(asked);
  await put('request', asked);
};

const lookUntilJudged = async (
  verifying: Verifying,
): Promise<{ judgement: Judgement; cut: boolean; seen: Seen; moments: ProofMoments }> => {
  const { clock, plan, signal, watch } = verifying;
  const seen: Seen = { balancers: balancersOf(watch), answers: [], requests: [], rounds: 0 };
  const beganMs = clock.now();
  let pauseMs = PAUSE_MS.first;
  for (;;) {
    await lookOnce(verifying, seen);
    const judgement = judgeVerification(plan, seen.answers, seen.requests, clock.now());
    const tookMs = clock.now() - beganMs;
    const cut = judgement.outcome === 'waiting' && tookMs >= PROOF_MS_MAX;
    if (judgement.outcome !== 'waiting' || cut) {
      const moments = proofMoments(plan, seen.answers, seen.requests);
      return { judgement, cut, seen, moments };
    }
    await clock.sleep(pauseMs, signal);
    const mostMs = tookMs >= PAUSE_MS.laterFromMs ? PAUSE_MS.later : PAUSE_MS.most;
    pauseMs = Math.min(mostMs, pauseMs * PAUSE_MS.growth);
  }
};

const planOf = async (
  { delegatedServers }: Outside,
  watch: WatchPlan,
  stored: WatchState,
  { to, epoch }: StepInput['execution'],
  nowMs: number,
): Promise<VerificationPlan> => {
  const { nameServers, resolvers } = watch.dns;
  const flip = stored.state.flips.findLast((each) => each.epoch === epoch);
  return planVerification({
    authoritative:
      nameServers.length > 0 ? nameServers : await delegatedServers(watch.zone, resolvers),
    resolvers,
    expected: expectedOf(targetOf(watch, to).answers),
    expectedRegion: to,
    epoch,
    flippedAtMs: flip?.atMs ?? nowMs,
    ttlMs: watch.failover.ttlMs,
  });
};

/** Whether the region that was left is at least as well as the new one, by the votes of now. */
const judgeOldSide = (
  { observers, health }: WatchPlan,
  votes: WatchState['votes'],
  { from, to }: StepInput['execution'],
  nowMs: number,
): boolean => {
  const stateOf = (region: string) => judgeRegion(region, votes, observers, nowMs, health).state;
  return oldSideNoWorse(stateOf(from), stateOf(to));
};

const loaded = async <T>(what: string, found: Promise<T | null>): Promise<T> => {
  const value = await found;
  if (value !== null) return value;
  throw new DrillError('InputInvalid', `${what} is not there: start the watch first`);
};

const prove = async (
  needs: Needs,
  { service, execution }: StepInput,
  signal: AbortSignal,
): Promise<VerifyOutput> => {
  const { table, transitions, clock } = needs;
  const watch = await loaded(`the plan of ${service}`, table.plan(service, signal));
  const state = () => loaded(`the state of ${service}`, table.state(service, signal));
  const plan = await planOf(needs, watch, await state(), execution, clock.now());
  const verifying = { ...needs, watch, execution, plan, signal };
  const { judgement, cut, seen, moments } = await lookUntilJudged(verifying);
  const ok = judgement.outcome === 'verified';
  const nowMs = clock.now();
  // A proof that was not waited for to the end is none, but it speaks for no way back either.
  const noWorse = !ok && !cut && judgeOldSide(watch, (await state()).votes, execution, nowMs);
  const { authoritative, resolvers, stragglers } = judgement;
  const why = cut ? `${judgement.why}; the TTL is longer than can be waited for` : judgement.why;
  const body: VerificationShape = {
    ok,
    outcome: ok ? 'verified' : 'failed',
    why,
    expected: { A: [...(plan.expected.A ?? [])], AAAA: [...(plan.expected.AAAA ?? [])] },
    expectedRegion: plan.expectedRegion,
    rounds: seen.rounds,
    authoritative,
    resolvers,
    stragglers: [...stragglers],
    ...moments,
    oldSideNoWorse: noWorse,
  };
  await table.putEvidence(execution.name, { kind: 'verification', atMs: nowMs, body }, signal);
  const result = { ok, oldSideNoWorse: noWorse, why };
  const event = { kind: 'verified' as const, nowMs, execution: execution.name, ...result };
  await transitions.apply(service, event, signal);
  return { ...result, ...moments };
};

/** Reads what a proof begins with, so that the clients are there when it does. */
const preflight = async (
  { transitions }: Needs,
  service: string,
  signal: AbortSignal,
): Promise<PreflightOutput> => {
  await transitions.situationOf(service, signal);
  return { ok: true, why: 'ready to ask', writable: 1, needed: 1, of: 1 };
};

export const verify =
  (needs: Needs) =>
  async (
    input: StepInput | PreflightInput,
    signal: AbortSignal,
  ): Promise<VerifyOutput | PreflightOutput> =>
    'preflight' in input ? preflight(needs, input.service, signal) : prove(needs, input, signal);
