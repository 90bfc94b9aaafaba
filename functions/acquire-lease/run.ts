/** Wins the epoch of an execution: from here on it is the only one that may move traffic. */
import type { Leases } from '../../aws/leases.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import type { Lease } from '../../core/failover/lease.ts';
import type { AcquireLeaseInput, LeaseTaken } from '../../events/failoverFlip.ts';
import type { PreflightOutput } from '../../events/failoverStep.ts';
import { controllerOf, targetOf } from '../../events/watchPlan.ts';
import type { Base } from '../_entry.ts';
import { holdOf, leasesOf, proveLease, takeLease } from '../_hold.ts';
import type { Transitions } from '../_transition.ts';
import { scaledUnmanaged } from '../_unmanaged.ts';

type Needs = Base & {
  readonly table: WatchTable;
  readonly leasesIn: (table: string) => Leases;
  readonly transitions: Transitions;
};

export const acquireLease = (needs: Needs) => {
  const { table, transitions, clock } = needs;
  /** Leases as a preflight left them, by service: each saves one claim its read. */
  const known = new Map<string, Lease>();

  const preflight = async (service: string, signal: AbortSignal): Promise<PreflightOutput> => {
    const { plan } = await transitions.situationOf(service, signal);
    const leases = leasesOf(needs, plan);
    const { ok, why, lease, foreign } = await proveLease(
      leases,
      service,
      controllerOf(plan),
      signal,
    );
    if (lease !== undefined) known.set(service, lease);
    return { ok, why, writable: ok ? 1 : 0, needed: 1, of: 1, ...(foreign ? { foreign } : {}) };
  };

  return async (
    input: AcquireLeaseInput,
    signal: AbortSignal,
  ): Promise<LeaseTaken | PreflightOutput> => {
    const { service } = input;
    if ('preflight' in input) return preflight(service, signal);
    const { execution } = input;
    const { name, epoch, from, to } = execution;
    const plan = await transitions.planOf(service, signal);
    const startedAtMs = clock.now();
    const holding = { leases: leasesOf(needs, plan), clock };
    const hold = holdOf(plan, name, epoch);
    const { won, why } = await takeLease(holding, hold, signal, known.get(service));
    known.delete(service);
    const nowMs = clock.now();
    const fence = plan.fences.length > 0 || plan.singleWriter;
    const scale = targetOf(plan, to).capacity !== null;
    const listener = [from, to].some((region) => targetOf(plan, region).listener !== undefined);
    const told = { nowMs, execution: name };
    // States that have nothing to do are passed over by the machine, so their results are told here; what
    // comes after a fence is told by it.
    const passed = [
      ...(fence ? [] : [{ kind: 'fenced' as const, ...told }]),
      ...(fence ? [] : scaledUnmanaged(plan, to, told)),
    ];
    await Promise.all([
      transitions.apply(service, [{ kind: 'lease', won, ...told }, ...(won ? passed : [])], signal),
      table.putEvidence(
        name,
        { kind: 'lease', atMs: nowMs, body: { won, why, epoch, holder: name, startedAtMs } },
        signal,
      ),
    ]);
    return { ok: won, why, won, leaseWonAtMs: won ? nowMs : null, fence, scale, listener };
  };
};
