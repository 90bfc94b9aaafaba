/** What is known of one execution so far: its decision, the evidence of its steps, how it went. */
import * as z from 'zod';
import type { WatchTable } from '../aws/watchTable.ts';
import { failureText } from '../core/drill/failureText.ts';
import { type Decided, momentsOf } from '../core/evidence/moments.ts';
import type { Observation } from '../core/evidence/timeline.ts';
import { type Timings, timingsOf } from '../core/failover/timings.ts';
import type { HealthSettings } from '../core/health/settings.ts';
import type { AbstainReason } from '../core/health/vote.ts';
import { VerificationShape } from '../events/failoverEvidence.ts';
import type { StepInput } from '../events/failoverStep.ts';
import type { FailoverResult } from '../events/failoverSummary.ts';
import type { FinishInput } from '../events/finishStep.ts';
import type {
  SampleChunk,
  StepEvidence,
  StoredDecision,
  WatchState,
} from '../events/watchState.ts';

type Execution = StepInput['execution'];

/** Probes from before the suspicion, so that a replay starts at rest. */
const LEAD_MS = 60_000;
const LEAD_DOWNS = 3;
/** Longest time that one chunk of samples covers: an observer's invocation. */
const CHUNK_MS = 120_000;
const SAMPLES_MAX = 20_000;

/** How far back a replay needs probes: the soft channel remembers the longest. */
const leadMs = ({ downMs, slow }: HealthSettings): number =>
  Math.max(LEAD_MS, LEAD_DOWNS * downMs, slow === null ? 0 : 2 * slow.forMs);

/** What kept an observer from voting, and not only for want of evidence: a replay keeps it silent. */
const SILENCING: ReadonlySet<AbstainReason> = new Set(['canary-failed', 'clock-skew']);

const observationsOf = (
  chunks: readonly SampleChunk[],
  { input }: StoredDecision,
  fromMs: number,
): Observation[] => {
  const byPair = new Map<string, SampleChunk[]>();
  for (const chunk of chunks) {
    const pair = `${chunk.observer} ${chunk.target}`;
    byPair.set(pair, [...(byPair.get(pair) ?? []), chunk]);
  }
  return [...byPair.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { observer, target } = first;
    const vote = input.votes.find((one) => one.observer === observer && one.target === target);
    const reason = vote?.reason ?? null;
    const samples = [first, ...others]
      .flatMap((chunk) => chunk.samples)
      .filter(({ startMs }) => startMs >= fromMs)
      .sort((a, b) => a.startMs - b.startMs)
      .slice(-SAMPLES_MAX);
    const silenced = reason !== null && SILENCING.has(reason) ? reason : null;
    return [{ observer, target, samples, silenced }];
  });
};

/** The decision with the probes it rests on; null when it is not kept. */
const decidedOf = async (
  table: WatchTable,
  service: string,
  { decisionId }: Execution,
  nowMs: number,
  signal: AbortSignal,
): Promise<Decided | null> => {
  const stored = await table.decision(service, decisionId, signal);
  if (stored === null) return null;
  const { input } = stored;
  const suspectedMs = input.state.troubleSinceMs ?? input.nowMs;
  const fromMs = Math.max(0, Math.min(suspectedMs, input.nowMs) - leadMs(input.health));
  const span = { fromMs: Math.max(0, fromMs - CHUNK_MS), toMs: nowMs };
  const chunks = await table.samples(service, span, signal);
  return { ...stored, observations: observationsOf(chunks, stored, fromMs) };
};

const lastOf = (pieces: readonly StepEvidence[], kind: string): StepEvidence | undefined =>
  pieces.findLast((piece) => piece.kind === kind);

const verificationOf = (pieces: readonly StepEvidence[]): VerificationShape | undefined => {
  const read = VerificationShape.safeParse(lastOf(pieces, 'verification')?.body);
  return read.success ? read.data : undefined;
};

const Approval = z.looseObject({ askedAtMs: z.number() });

/** When the question was asked that a person said yes to. */
const askedMsOf = (pieces: readonly StepEvidence[]): number | null =>
  Approval.safeParse(lastOf(pieces, 'approval')?.body).data?.askedAtMs ?? null;

export type Known = {
  readonly decided: Decided | null;
  readonly pieces: readonly StepEvidence[];
  readonly timings: Timings | null;
  readonly verification: VerificationShape | undefined;
};

const timingsFrom = (
  decided: Decided | null,
  pieces: readonly StepEvidence[],
  { flips }: WatchState['state'],
  { epoch }: Execution,
): Timings | null => {
  const flip = flips.find((each) => each.epoch === epoch);
  if (decided === null || flip === undefined) return null;
  const verification = verificationOf(pieces);
  const marks = {
    askedMs: askedMsOf(pieces),
    fencedMs: lastOf(pieces, 'fence')?.atMs ?? null,
    scaledMs: lastOf(pieces, 'scale')?.atMs ?? null,
    flippedMs: flip.atMs,
    authoritativeMs: verification?.authoritativeMs ?? null,
    effectiveMs: verification?.effectiveMs ?? null,
  };
  return timingsOf(momentsOf(decided, marks));
};

/** Reads all that is kept of an execution. */
export const knownOf = async (
  table: WatchTable,
  { service, execution }: Pick<StepInput, 'service' | 'execution'>,
  state: WatchState['state'],
  nowMs: number,
  signal: AbortSignal,
): Promise<Known> => {
  const [decided, pieces] = await Promise.all([
    decidedOf(table, service, execution, nowMs, signal),
    table.evidence(execution.name, signal),
  ]);
  const timings = timingsFrom(decided, pieces, state, execution);
  return { decided, pieces, timings, verification: verificationOf(pieces) };
};

/** How it ended, and whether traffic is in the new region since. */
export const outcomeOf = (
  { flips }: WatchState['state'],
  { epoch, from }: Execution,
  verification: VerificationShape | undefined,
): { outcome: FailoverResult['outcome']; moved: boolean } => {
  const flipped = flips.some((flip) => flip.epoch === epoch);
  const back = flips.some((flip) => flip.epoch === epoch + 1 && flip.to === from);
  if (flipped && verification?.ok) return { outcome: 'done', moved: true };
  return { outcome: flipped && back ? 'rolled-back' : 'failed', moved: flipped && !back };
};

const REASON_MAX = 2_000;

/** How the execution ended, as it will be told everywhere. */
export const resultOf = (
  { service, execution, failure }: FinishInput,
  { decided, timings, verification, pieces }: Known,
  { state }: WatchState,
  leftovers: readonly string[],
  nowMs: number,
): FailoverResult => {
  const { name, ...rest } = execution;
  const { outcome, moved } = outcomeOf(state, execution, verification);
  const reason = [
    ...(failure === null ? [] : [`${failure.Error}: ${failureText(failure.Cause)}`]),
    ...(verification === undefined ? [] : [verification.why]),
    ...(outcome === 'done' || state.held === null ? [] : [state.held]),
    decided?.decision.plan.reason ?? 'its decision is not kept',
  ][0];
  const lag = decided?.decision.plan.gates.find(({ gate }) => gate === 'G3')?.value;
  return {
    ...rest,
    service,
    execution: name,
    outcome,
    active: moved ? execution.to : execution.from,
    reason: (reason ?? '').slice(0, REASON_MAX),
    startedAtMs: decided?.input.nowMs ?? pieces[0]?.atMs ?? nowMs,
    finishedAtMs: nowMs,
    timings,
    lossMs: typeof lag === 'number' ? lag : null,
    leftovers: [...leftovers],
    vantage: decided?.decision.active.vantage ?? null,
  };
};
