/** Reads how a watch stands, from the tables of its controllers and from the process that runs it. */
import { Resolver } from 'node:dns/promises';
import { openPromotionRecords } from '../../aws/promotionRecords.ts';
import { watchTableOf } from '../../core/deploy/deployed.ts';
import { DrillError } from '../../core/errors.ts';
import { decide } from '../../core/evidence/decision.ts';
import type { Fact } from '../../core/failover/view.ts';
import { judgeRegion } from '../../core/health/verdict.ts';
import type { PromotionRecord } from '../../events/promotion.ts';
import type { RegionStatus, StatusOutput, WatchFact } from '../../events/statusOutput.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { WatchState } from '../../events/watchState.ts';
import { inputOf } from '../../functions/_advance.ts';
import type { Fault } from '../../local/network/faults.ts';
import { lineOf } from '../output/promotionText.ts';
import { PATIENCE_MS } from '../where/inCharge.ts';
import { type Controlled, openControllers } from './controllers.ts';
import { faultText } from './faultWords.ts';

const DNS_TIMEOUT_MS = 1_000;

/** What a DNS server says, both address families; null when it does not answer. */
const answerFrom = async (server: string, record: string): Promise<StatusOutput['answer']> => {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 1 });
  resolver.setServers([server]);
  const found = await Promise.allSettled([resolver.resolve4(record), resolver.resolve6(record)]);
  const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (addresses.length > 0) return { server, addresses };
  const names = await resolver.resolveCname(record).catch(() => []);
  return names.length > 0 ? { server, addresses: names } : null;
};

/** Of the first server, in their order, that has an answer; all are asked at once. */
const answerOf = async (
  servers: readonly string[],
  record: string,
): Promise<StatusOutput['answer']> => {
  const answers = await Promise.all(servers.map((server) => answerFrom(server, record)));
  return answers.find((answer) => answer !== null) ?? null;
};

const regionStatus = (
  plan: WatchPlan,
  { state, votes }: WatchState,
  role: RegionStatus['role'],
  nowMs: number,
): RegionStatus => {
  const region = plan[role];
  const verdict = judgeRegion(region, votes, plan.observers, nowMs, plan.health);
  const { sinceMs, doubtSinceMs, needed, eligible, why } = verdict;
  return {
    ...{ region, role, active: state.active === region, state: verdict.state },
    ...{ sinceMs, doubtSinceMs, needed, eligible, votes: [...verdict.votes], why },
  };
};

const aged = <T>(fact: Fact<T> | null, nowMs: number) =>
  fact === null ? null : { value: fact.value, ageMs: nowMs - fact.atMs };

/** The state in which the gates would be asked if a person gave the order that is left to give. */
const asOrdered = (state: WatchState['state']): WatchState['state'] => {
  if (state.cause !== null) return state;
  const isHome = state.active === state.home;
  return { ...state, cause: isHome ? 'operator' : 'failback', approved: !isHome };
};

export type Seen = {
  /** Servers that are asked for the record; null for the resolvers of the plan. */
  readonly dns: readonly string[] | null;
  /** Null for the embedded cloud. */
  readonly place: StatusOutput['place'];
  readonly faults: readonly Fault[];
  readonly facts: readonly WatchFact[];
};

export type Statuses = {
  /** @throws DrillError `WatchNotRunning` before the watch has judged for the first time. */
  read(seen: Seen, nowMs: number): Promise<StatusOutput>;
  close(): void;
};

/** Promotions are the first controller's alone: where its region does not answer, the second one's watch is shown without. */
const openNewestPromotion = ({ service, homeRegion, controllers, sdkIn }: Controlled) => {
  const promotions = openPromotionRecords(watchTableOf(service), sdkIn(homeRegion));
  const found = async (): Promise<readonly PromotionRecord[]> => {
    if (controllers === null) return promotions.list(service, 1);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return promotions.list(service, 1, signal).catch(() => []);
  };
  const newest = async (): Promise<StatusOutput['promotion']> => {
    const [promotion] = await found();
    return promotion === undefined ? null : lineOf(promotion);
  };
  return { newest, close: promotions.close };
};

export const openStatus = (watch: Controlled): Statuses => {
  const { service } = watch;
  const both = openControllers(watch);
  const promotions = openNewestPromotion(watch);
  return {
    read: async ({ dns, place, faults, facts }, nowMs) => {
      const [seen, promotion] = await Promise.all([both.read(nowMs), promotions.newest()]);
      const { plan, stored, facts: known, controllers } = seen;
      if (plan === null || stored === null) {
        throw new DrillError(
          'WatchNotRunning',
          `the watch of ${service} has not judged its regions yet. Ask again in a moment`,
        );
      }
      const { state } = stored;
      const input = inputOf({ plan, facts: known, nowMs }, asOrdered(state), stored.votes);
      return {
        ...{ atMs: nowMs, service, record: plan.record, controllers },
        place: place && { ...place, region: controllers?.readIn ?? place.region },
        answer: await answerOf(dns ?? plan.dns.resolvers, plan.record),
        ...{ mode: plan.failover.mode, rpoMs: plan.failover.rpoMs },
        ...{ phase: state.phase, phaseSinceMs: state.phaseSinceMs, held: state.held },
        ...{ home: state.home, active: state.active, epoch: state.epoch },
        leftAway: state.leftAway === true,
        ...{ approval: state.approval, execution: state.execution, flips: [...state.flips] },
        vantage: plan.observers.length === 0 ? 'single' : 'quorum',
        regions: [
          regionStatus(plan, stored, 'primary', nowMs),
          regionStatus(plan, stored, 'standby', nowMs),
        ],
        gates: [...decide(input).plan.gates],
        replicationMs: plan.failover.replicated ? aged(known.replicationMs, nowMs) : null,
        capacity: plan.failover.managedCapacity ? aged(known.capacity, nowMs) : null,
        promotion,
        faults: faults.map(faultText),
        facts: facts.filter((fact) => fact.service === service),
      };
    },
    close: () => {
      both.close();
      promotions.close();
    },
  };
};
