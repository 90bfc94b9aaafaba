/**
 * What a process knows of a watch: its plan for a while, and its state as it was read or written
 * last. What rests on it is written under a condition, so it can be out of date and do no harm.
 */
import type { WatchTable } from '../aws/watchTable.ts';
import { DrillError } from '../core/errors.ts';
import type { Facts } from '../core/failover/view.ts';
import type { WatchPlan } from '../events/watchPlan.ts';
import type { WatchState } from '../events/watchState.ts';
import { advance, changesVotesOnly, type Incoming, type Situation } from './_advance.ts';
import type { Base } from './_entry.ts';
import { sha256 } from './_sha256.ts';

type Needs = Pick<Base, 'clock'> & {
  readonly table: WatchTable;
  /** Whether the actions decided in a version have been carried out, as far as is known here. */
  readonly isDone: (service: string, version: number) => boolean;
};

type Kept = { readonly stored: WatchState; readonly facts: Facts };

/** A plan changes when somebody deploys, or a rehearsal mends what it broke. */
const PLAN_KEPT_MS = 10_000;
/** Whoever finds that another process moves the same watch reads before each step for so long. */
const SHARED_MS = 60_000;

const openPlans = ({ table, clock }: Needs) => {
  const plans = new Map<string, { plan: WatchPlan; readAtMs: number }>();

  const known = (service: string): WatchPlan | undefined => {
    const found = plans.get(service);
    const isFresh = found !== undefined && clock.monotonicMs() - found.readAtMs < PLAN_KEPT_MS;
    return isFresh ? found.plan : undefined;
  };

  const keep = (service: string, plan: WatchPlan | null, readAtMs: number): WatchPlan => {
    if (plan === null) {
      throw new DrillError('InputInvalid', `there is no watch ${service}: it has no stored plan`);
    }
    plans.set(service, { plan, readAtMs });
    return plan;
  };

  const planOf = async (service: string, signal?: AbortSignal): Promise<WatchPlan> => {
    const nowMs = clock.monotonicMs();
    return known(service) ?? keep(service, await table.plan(service, signal), nowMs);
  };

  return { known, keep, planOf };
};

export const openKnown = (needs: Needs) => {
  const { table, clock, isDone } = needs;
  const plans = openPlans(needs);
  const states = new Map<string, Kept>();
  const sharedUntilMs = new Map<string, number>();

  /** What is stored, in one read: with the plan where the one that is known is too old. */
  const loaded = async (service: string, signal?: AbortSignal) => {
    const plan = plans.known(service);
    if (plan !== undefined) return { plan, ...(await table.load(service, signal)) };
    const nowMs = clock.monotonicMs();
    const found = await table.loadWithPlan(service, signal);
    return { ...found, plan: plans.keep(service, found.plan, nowMs) };
  };

  type Found = Pick<Situation, 'plan' | 'stored' | 'facts'>;
  const situationWith = (service: string, { plan, stored, facts }: Found): Situation => ({
    ...{ plan, stored, facts, nowMs: clock.now(), hash: sha256, mayGather: false },
    isDone: (version) => isDone(service, version),
  });

  const situationOf = async (service: string, signal?: AbortSignal): Promise<Situation> =>
    situationWith(service, await loaded(service, signal));

  /**
   * Votes that change nothing but themselves are written without a read before, on what this process
   * knows: the write is refused if it is not the latest. Null where anything else is to be done,
   * which is then decided on what is stored.
   */
  const apply = async (service: string, incoming: Incoming, signal: AbortSignal) => {
    const [plan, last] = [plans.known(service), states.get(service)];
    if (incoming.kind !== 'votes' || plan === undefined || last === undefined) return null;
    if (clock.monotonicMs() < (sharedUntilMs.get(service) ?? 0)) return null;
    const step = advance(situationWith(service, { plan, ...last }), incoming);
    if (!step.changed || !changesVotesOnly(step)) return null;
    if (!(await table.saveState(service, step.next, signal))) {
      states.delete(service);
      sharedUntilMs.set(service, clock.monotonicMs() + SHARED_MS);
      return null;
    }
    const { facts } = last;
    states.set(service, { stored: step.next, facts });
    return { stored: step.next, facts, plan, actions: [], decisions: [] };
  };

  const keep = (service: string, kept: Kept): void => void states.set(service, kept);

  return { planOf: plans.planOf, situationOf, apply, keep };
};
