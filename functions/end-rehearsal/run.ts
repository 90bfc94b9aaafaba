/** Says how a rehearsal ended, keeps that, and leaves nothing behind. */
import type { DnsRecord } from '../../aws/dnsRecord.ts';
import type { RehearsalRecords } from '../../aws/rehearsalRecords.ts';
import type { Tasks } from '../../aws/tasks.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { CHARGE_TAKEN, isPassedOn } from '../../core/failover/charge.ts';
import { judgeRehearsal } from '../../core/failover/rehearsal.ts';
import { rtoFromFault } from '../../core/failover/rehearsalRto.ts';
import { FailoverSummary } from '../../events/failoverSummary.ts';
import type { EndRehearsalInput, RehearsalResult } from '../../events/rehearsal.ts';
import { shadowOf } from '../../events/watchPlan.ts';
import { configHash, ofPlan } from '../_configHash.ts';
import type { Base } from '../_entry.ts';
import { stopStarted } from '../_starter.ts';

type Needs = Base & {
  table: WatchTable;
  rehearsals: RehearsalRecords;
  dnsRecord: DnsRecord;
  tasks: Tasks;
};

const MOVES_MAX = 10;

const clear = async (
  { tasks, log }: Needs,
  { drillId, placements }: EndRehearsalInput,
  signal: AbortSignal,
): Promise<void> => {
  for (const region of new Set(placements.map((placement) => placement.region))) {
    const stopped = await stopStarted(tasks, { drillId, region, why: 'end of rehearsal' }, signal);
    log.info('shadow stopped', { region, tasks: stopped });
  }
};

export const endRehearsal =
  (needs: Needs) =>
  async (input: EndRehearsalInput, signal: AbortSignal): Promise<RehearsalResult> => {
    const { table, clock, rehearsals, dnsRecord, log } = needs;
    const { service, drillId, memory, wanted } = input;
    const { depth, failure } = memory;
    const watch = depth === 'shadow' ? shadowOf(service) : service;
    if (depth === 'shadow') await clear(needs, input, signal);
    const [plan, live, stored, summaries] = await Promise.all([
      table.plan(service, signal),
      table.state(service, signal),
      table.state(watch, signal),
      table.summaries(watch, FailoverSummary, MOVES_MAX, signal),
    ]);
    const moves = summaries
      .filter(({ startedAtMs }) => startedAtMs >= memory.startedAtMs)
      .reverse();
    const flip = moves.find(({ to }) => to !== plan?.primary);
    const measured = flip?.timings ? rtoFromFault(flip.timings, flip.startedAtMs, memory) : null;
    const hashAfter = plan === null ? null : await configHash(dnsRecord, plan, signal);
    const isMoved = depth !== 'full' && live !== null && live.state.active !== plan?.primary;
    const compared = (hash: string): string => (isMoved ? ofPlan(hash) : hash);
    const isReverted =
      depth === 'canary' || stored === null || stored.state.active === plan?.primary;
    const isTaken = depth === 'full' && live !== null && isPassedOn(live.state);
    const judged = judgeRehearsal({
      ended: memory.stage === 'over',
      interruptedBy: memory.interruptedBy ?? (isTaken && !isReverted ? CHARGE_TAKEN : null),
      // Before it has ordered anything, everything is where it was.
      passedOn: isTaken && memory.faultAtMs !== null,
      faultTargets: memory.faultTargets,
      verified: memory.verifiedAtMs !== null,
      rtoMs: measured?.rtoMs ?? null,
      rtoMaxMs: depth === 'canary' ? null : wanted.rtoMs,
      relapsesMs: memory.relapsesMs,
      reverted: isReverted,
      configHashBefore: compared(input.configHash),
      configHashAfter: hashAfter === null ? null : compared(hashAfter),
    });
    const isExplained = judged.outcome === 'FAILED' && failure !== null;
    const result: RehearsalResult = {
      service,
      drillId,
      depth,
      outcome: judged.outcome,
      why: isExplained ? `${judged.why}: ${failure}` : judged.why,
      startedAtMs: memory.startedAtMs,
      finishedAtMs: clock.now(),
      rtoMs: measured?.rtoMs ?? null,
      timings: measured,
      lossMs: flip?.lossMs ?? null,
      executions: moves.map(({ execution }) => execution),
      gates: [],
    };
    await rehearsals.put(result, signal);
    await rehearsals.release(service, signal);
    log.info('rehearsal ended', { service, outcome: result.outcome, why: result.why });
    return result;
  };
