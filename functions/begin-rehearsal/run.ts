/**
 * Decides whether and how deep tonight's failover is rehearsed. A replay is carried out at once: the
 * gates are asked as if the primary were lost at this moment.
 */
import * as z from 'zod';
import type { DnsRecord } from '../../aws/dnsRecord.ts';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import type { RehearsalRecords } from '../../aws/rehearsalRecords.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { decide } from '../../core/evidence/decision.ts';
import { type Depth, mayRehearse } from '../../core/failover/rehearsal.ts';
import { depthTonight } from '../../core/failover/rehearsalNights.ts';
import { startRehearsal } from '../../core/failover/rehearsalSteps.ts';
import { EvaluateOutputShape } from '../../events/evaluation.ts';
import type {
  BeginRehearsalOutput,
  RehearsalInput,
  RehearsalResult,
} from '../../events/rehearsal.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { WatchState } from '../../events/watchState.ts';
import { inputOf } from '../_advance.ts';
import { configHash } from '../_configHash.ts';
import type { Base } from '../_entry.ts';
import { lostPrimary } from './lostPrimary.ts';

type Needs = Base & {
  table: WatchTable;
  rehearsals: RehearsalRecords;
  dnsRecord: DnsRecord;
  functions: FunctionCalls;
  evaluateFunction: string;
  prepareFunction: string;
};

/** Longest rehearsal; another drill may start one after that. */
const HOLD_MS = 3_600_000;

type Ending = Pick<RehearsalResult, 'depth' | 'outcome' | 'why'> & Partial<RehearsalResult>;

const resultOf = (
  { service, drillId }: RehearsalInput,
  nowMs: number,
  ending: Ending,
): RehearsalResult => ({
  service,
  drillId,
  startedAtMs: nowMs,
  finishedAtMs: nowMs,
  rtoMs: null,
  timings: null,
  lossMs: null,
  executions: [],
  gates: [],
  ...ending,
});

/** The decision of this moment with every observer's voice against the primary. */
const replay = async (
  { table, clock, functions, prepareFunction }: Needs,
  input: RehearsalInput,
  plan: WatchPlan,
  stored: WatchState,
  signal: AbortSignal,
): Promise<RehearsalResult> => {
  const { service } = input;
  await functions.call(prepareFunction, { service }, z.unknown(), signal);
  const facts = await table.facts(service, signal);
  const nowMs = clock.now();
  const { active, other } = stored.state;
  const asked: WatchPlan = { ...plan, failover: { ...plan.failover, mode: 'auto' } };
  const { state, votes } = lostPrimary(stored, plan, nowMs);
  const { plan: decided } = decide(inputOf({ plan: asked, facts, nowMs }, state, votes));
  const moves = decided.plan === 'flip' || decided.plan === 'restore';
  const lag = decided.gates.find(({ gate }) => gate === 'G3')?.value;
  return resultOf(input, nowMs, {
    depth: 'replay',
    outcome: moves ? 'SUCCEEDED' : 'FAILED',
    why: moves
      ? `were ${active} lost now, traffic would go to ${other}: all gates hold`
      : `were ${active} lost now, traffic would not move: ${decided.reason}`,
    lossMs: typeof lag === 'number' ? lag : null,
    gates: [...decided.gates],
  });
};

/** Why no more than this can be done tonight; null when it can. */
const obstacle = async (
  needs: Needs,
  input: RehearsalInput,
  depth: Depth,
  { plan, stored }: { readonly plan: WatchPlan; readonly stored: WatchState | null },
  signal: AbortSignal,
): Promise<Ending | null> => {
  const { service, drillId, wanted } = input;
  const { table, rehearsals, clock } = needs;
  if (stored === null && depth !== 'shadow') {
    return { depth, outcome: 'SKIPPED', why: `nobody watches ${service}: run failover watch` };
  }
  if (depth === 'canary' && plan.switch.driver !== 'record') {
    const why = 'a share of traffic can be moved with driver record only';
    return { depth, outcome: 'SKIPPED', why };
  }
  const nowMs = clock.now();
  const facts = await table.facts(service, signal);
  const otherRehearsal =
    depth === 'replay'
      ? null
      : await rehearsals.hold(service, { drillId, nowMs, untilMs: nowMs + HOLD_MS }, signal);
  const start = mayRehearse({
    nowMs,
    depth,
    state: stored?.state ?? { phase: 'STEADY' },
    blockingAlarms: stored?.state.alarm ? [stored.state.alarm.source] : [],
    window: wanted.window,
    maintenance: plan.failover.maintenance,
    timeZone: wanted.timeZone,
    deployInProgress: facts.deployInProgress?.value ?? false,
    otherRehearsal,
    standbyCapacity: depth === 'shadow' ? null : (facts.capacity?.value ?? null),
  });
  if (start.start) return null;
  if (otherRehearsal === null && depth !== 'replay') await rehearsals.release(service, signal);
  return { depth, outcome: start.outcome, why: start.why };
};

export const beginRehearsal =
  (needs: Needs) =>
  async (input: RehearsalInput, signal: AbortSignal): Promise<BeginRehearsalOutput> => {
    const { table, clock, log, rehearsals, functions, evaluateFunction } = needs;
    const { service, wanted } = input;
    const ended = async (ending: Ending | RehearsalResult): Promise<BeginRehearsalOutput> => {
      const result = resultOf(input, clock.now(), ending);
      await rehearsals.put(result, signal);
      log.info('rehearsal ended at once', { service, outcome: result.outcome, why: result.why });
      return { start: false, result, memory: null, configHash: '' };
    };
    const depth = depthTonight(wanted, clock.now(), wanted.timeZone);
    if (depth === null) {
      const why = `none is due tonight (every ${wanted.every})`;
      return ended({ depth: wanted.depth, outcome: 'SKIPPED', why });
    }
    const plan = await table.plan(service, signal);
    if (plan === null) {
      const why = `no watch of ${service} is installed: run failover watch`;
      return ended({ depth, outcome: 'SKIPPED', why });
    }
    const stored = await table.state(service, signal);
    if (stored !== null) {
      // Judged anew: the stored verdicts may be of long ago.
      const tick = { kind: 'tick', service };
      await functions.call(evaluateFunction, tick, EvaluateOutputShape, signal);
    }
    const fresh = stored && (await table.state(service, signal));
    const kept = await obstacle(needs, input, depth, { plan, stored: fresh }, signal);
    if (kept !== null) return ended(kept);
    if (depth === 'replay' && fresh !== null) {
      return ended(await replay(needs, input, plan, fresh, signal));
    }
    if (depth === 'replay') throw new RangeError('a replay needs a stored state');
    return {
      start: true,
      result: null,
      memory: startRehearsal(depth, clock.now()),
      configHash: await configHash(needs.dnsRecord, plan, signal),
    };
  };
