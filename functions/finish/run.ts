/**
 * Ends an execution, however it went: a machine left in the middle is brought to rest, and all that
 * was written down on the way becomes one record that can be checked and replayed.
 */

import type { Documents } from '../../aws/documents.ts';
import type { EventBus } from '../../aws/eventBus.ts';
import type { Leases } from '../../aws/leases.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { failureText } from '../../core/drill/failureText.ts';
import { DrillError } from '../../core/errors.ts';
import { chainOf, type Entry } from '../../core/evidence/chain.ts';
import { abandonment } from '../../core/failover/abandon.ts';
import { EvidenceRecord } from '../../events/evidenceRecord.ts';
import { failoverCompleted } from '../../events/failoverCompleted.ts';
import { FailoverResult, type FailoverSummary } from '../../events/failoverSummary.ts';
import type { FinishInput, FinishOutput } from '../../events/finishStep.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { WatchState } from '../../events/watchState.ts';
import type { Base } from '../_entry.ts';
import { type Known, knownOf, outcomeOf, resultOf } from '../_failoverResult.ts';
import { leasesOf } from '../_hold.ts';
import { sha256 } from '../_sha256.ts';
import type { Transitions } from '../_transition.ts';
import { type CleanUpNeeds, cleanUp } from './cleanUp.ts';
import { hasClosed, leftOpen, type ReopenNeeds, reopen } from './reopen.ts';

type Needs = Base & {
  table: WatchTable;
  leasesIn: (table: string) => Leases;
  servicesIn: CleanUpNeeds['servicesIn'];
  listeners: ReopenNeeds['listeners'];
  documents: Documents;
  bus: EventBus;
  transitions: Transitions;
};

/** Key of an execution's record. */
export const recordKeyOf = (service: string, execution: string): string =>
  `evidence/${service}/${execution}.json`;

/** Most steps between any phase and rest. */
const ENDINGS_MAX = 4;

const stateOf = async (
  { table }: Needs,
  service: string,
  signal: AbortSignal,
): Promise<WatchState> => {
  const stored = await table.state(service, signal);
  if (stored !== null) return stored;
  throw new DrillError('DrillNotFound', `${service} is not watched: nothing is stored of it`);
};

/** Brings the machine to rest if the execution stopped on its way. */
const ended = async (
  needs: Needs,
  { service, execution, failure }: FinishInput,
  signal: AbortSignal,
): Promise<WatchState> => {
  const { clock, transitions } = needs;
  const why =
    failure === null
      ? 'the execution ended in the middle'
      : `${failure.Error}: ${failureText(failure.Cause)}`;
  let stored = await stateOf(needs, service, signal);
  for (let n = 0; n < ENDINGS_MAX; n++) {
    const event = abandonment(stored.state, execution.name, why, clock.now());
    if (event === null) break;
    await transitions.apply(service, event, signal);
    stored = await stateOf(needs, service, signal);
  }
  return stored;
};

/** First the decision with the probes behind it, then what the steps wrote, last the result. */
const chained = ({ decided, pieces }: Known, result: FailoverResult): Entry[] => {
  const decision =
    decided === null
      ? []
      : [
          {
            kind: 'decision',
            atMs: Math.min(decided.input.nowMs, ...pieces.map(({ atMs }) => atMs)),
            body: decided,
          },
        ];
  return EvidenceRecord.parse(
    chainOf(
      [...decision, ...pieces, { kind: 'completed', atMs: result.finishedAtMs, body: result }],
      sha256,
    ),
  );
};

/**
 * The lease ends with the execution. Its own holder gives it up, so it is over by every clock and
 * the next one waits for nothing.
 */
const letGo = async (
  leases: Leases,
  service: string,
  holder: string,
  signal: AbortSignal,
): Promise<void> => {
  const found = await leases.lease(service, signal);
  if (found === null || found.holder !== holder) return;
  const { epoch } = found;
  const item = { ...found, expiresAtMs: 0 };
  const condition = { expect: 'epoch' as const, epoch, holder };
  await leases.claim(service, { ok: true, item, condition }, signal);
};

/** With what the last deed of the fence wrote down; only whoever holds the lease may do it. */
const settled = async (
  needs: Needs,
  plan: WatchPlan,
  { service, execution }: FinishInput,
  { known, moved }: { readonly known: Known; readonly moved: boolean },
  signal: AbortSignal,
): Promise<{ known: Known; left: readonly string[] }> => {
  if (moved) return { known, left: [] };
  const open = leftOpen(known.pieces, execution);
  if (!hasClosed(known.pieces)) return { known, left: open };
  const lease = await leasesOf(needs, plan).lease(service, signal);
  if (lease?.holder !== execution.name) return { known, left: open };
  const { pieces, left } = await reopen(needs, plan, execution, signal);
  return { known: { ...known, pieces: [...known.pieces, ...pieces] }, left: [...open, ...left] };
};

export const finish =
  (needs: Needs) =>
  async (input: FinishInput, signal: AbortSignal): Promise<FinishOutput> => {
    const { table, documents, bus, transitions, clock, log } = needs;
    const { service, execution } = input;
    const stored = await ended(needs, input, signal);
    const nowMs = clock.now();
    const found = await knownOf(table, input, stored.state, nowMs, signal);
    if (found.decided === null) log.warn('the decision is not kept', { execution: execution.name });
    const plan = await transitions.planOf(service, signal);
    const { moved } = outcomeOf(stored.state, execution, found.verification);
    const { known, left: closed } = await settled(
      needs,
      plan,
      input,
      { known: found, moved },
      signal,
    );
    const own = known.pieces;
    const isHome = execution.cause === 'failback' && known.verification?.ok === true;
    const counts = await cleanUp(needs, plan, { execution, own, isHome }, signal);
    const left = [...counts, ...closed];
    const result = FailoverResult.parse(resultOf(input, known, stored, left, nowMs));
    const entries = chained(known, result);
    const record = recordKeyOf(service, execution.name);
    const head = entries.at(-1)?.hash ?? '';
    await documents.write(record, entries, signal);
    const summary: FailoverSummary = { ...result, record, entries: entries.length, head };
    await table.putSummary(service, summary, signal);
    await letGo(leasesOf(needs, plan), service, execution.name, signal);
    const { outcome, active, reason, leftovers, timings, lossMs } = result;
    const { epoch, name, cause } = execution;
    await bus.put(
      [
        failoverCompleted({
          ...{ service, execution: name, cause, epoch, outcome, active },
          ...{ atMs: nowMs, timings, lossMs, reason },
        }),
      ],
      signal,
    );
    return { outcome, active, reason, leftovers, record, head };
  };
