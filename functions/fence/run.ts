/**
 * Tells the old region to stop writing, as well as that can be done: what does not answer is no
 * fence. A store with a single writer is therefore waited for until the old lease is surely over.
 */
import type { Fenced, Fences } from '../../aws/fences.ts';
import type { ListenerFences } from '../../aws/listenerFence.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { fenceWaitMs } from '../../core/failover/lease.ts';
import type { FenceInput, FenceOutput } from '../../events/failoverFlip.ts';
import type { PreflightOutput } from '../../events/failoverStep.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { openCalls } from '../_calls.ts';
import type { Base } from '../_entry.ts';
import type { Transitions } from '../_transition.ts';
import { scaledUnmanaged } from '../_unmanaged.ts';
import { fenceListeners } from './listeners.ts';

type Needs = Base & {
  readonly table: WatchTable;
  readonly transitions: Transitions;
  readonly fences: Fences;
  readonly listeners: Pick<ListenerFences, 'open' | 'close'>;
};
const SECOND_MS = 1_000;

type Order = Exclude<FenceInput, { preflight: true }>;

/** All hooks at once; each has its own time limit, and none can hold the failover up. */
const tellAll = async (
  { fences, clock }: Needs,
  plan: WatchPlan,
  { service, execution }: Order,
  signal: AbortSignal,
) => {
  const calls = openCalls(clock);
  const order = { service, region: execution.from, to: execution.to, epoch: execution.epoch };
  const results = await Promise.all(
    plan.fences.map((fence, index) =>
      calls.timed(
        { service: fence.kind, operation: `fence ${index + 1}`, region: order.region, attempt: 1 },
        () => fences.call(fence, order, signal),
        ({ requestId, result, why }: Fenced) => ({ requestId, result: `${result}: ${why}` }),
      ),
    ),
  );
  return { calls, done: results.filter(({ result }) => result === 'done').length };
};

export const fence =
  (needs: Needs) =>
  async (input: FenceInput, signal: AbortSignal): Promise<FenceOutput | PreflightOutput> => {
    const { table, transitions, clock } = needs;
    const { service } = input;
    const plan = await transitions.planOf(service, signal);
    const count = plan.fences.length;
    if ('preflight' in input) {
      return { ok: true, why: `${count} fences are known`, writable: 1, needed: 1, of: 1 };
    }
    if (input.listener) return fenceListeners(needs)(plan, input, signal);
    const { execution, waited } = input;
    const told = waited ? null : await tellAll(needs, plan, input, signal);
    const nowMs = clock.now();
    const step = { nowMs, execution: execution.name };
    const waitMs = plan.singleWriter && !waited ? fenceWaitMs(plan.failover.lease) : 0;
    const why = told
      ? `${told.done} of ${count} fences are surely up`
      : 'the old lease is surely over';
    const body = { why, waitMs, calls: told?.calls.made.map((call) => ({ ...call })) ?? [] };
    await Promise.all([
      table.putEvidence(execution.name, { kind: 'fence', atMs: nowMs, body }, signal),
      waitMs === 0
        ? transitions.apply(
            service,
            [{ kind: 'fenced', ...step }, ...scaledUnmanaged(plan, execution.to, step)],
            signal,
          )
        : undefined,
    ]);
    return { ok: true, why, waitSeconds: Math.ceil(waitMs / SECOND_MS) };
  };
