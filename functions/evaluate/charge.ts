/**
 * Being in charge, where there are two controllers: once a minute whoever is in charge says so in the table of the
 * lease, and the other looks whether it has. Whoever takes charge first reads where clients are sent.
 */
import type { Leases } from '../../aws/leases.ts';
import type { Lease } from '../../core/failover/lease.ts';
import { handOver, placeStep } from '../../core/failover/place.ts';
import type { Event, State } from '../../core/failover/states.ts';
import type { EvaluateOutput } from '../../events/evaluation.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Base } from '../_entry.ts';
import type { Applied, Transitions } from '../_transition.ts';
import { answerOf } from './people.ts';
import type { Readiness } from './readiness.ts';

type Needs = Pick<Base, 'clock' | 'log'> & {
  readonly leasesIn: (table: string) => Leases;
  readonly transitions: Transitions;
  readonly readiness: Pick<Readiness, 'gatherToTakeOver'>;
};

type Two = NonNullable<WatchPlan['controllers']>;

/** A place that changes while it is looked at is looked at again. */
const TRIES = 3;

const otherOf = ({ first, second }: Two, own: string): string => (own === first ? second : first);

const openPlace = ({ leasesIn, clock }: Pick<Needs, 'leasesIn' | 'clock'>) => {
  /** The lease as this process wrote it last, by service: whoever is in charge need not read it. */
  const known = new Map<string, Lease>();

  /** Renews or takes the place. Gives the lease as it is then; null while others change it. */
  const look = async (
    { plan, stored }: Applied,
    two: Two,
    signal: AbortSignal,
  ): Promise<Lease | null> => {
    const { service, homeRegion: controller, failover } = plan;
    const leases = leasesIn(two.leaseTable);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const found = known.get(service) ?? (await leases.lease(service, signal));
      const step = placeStep(found, {
        ...{ controller, isFirst: controller === two.first, nowMs: clock.now() },
        ...{ epoch: stored.state.epoch, skewMs: failover.lease.skewMs },
      });
      if (step.do === 'stand-by') return found;
      const { item, condition } = step;
      if (await leases.claim(service, { ok: true, item, condition }, signal)) {
        known.set(service, item);
        return item;
      }
      known.delete(service);
    }
    return null;
  };

  return { look, forget: (service: string) => void known.delete(service) };
};

/** Another has claimed an epoch since this one took charge: what it knows is no longer what is. */
const isBehind = ({ charge, execution, epoch }: State, lease: Lease): boolean =>
  charge?.held !== true || (execution === null && lease.epoch > epoch);

export const openCharge = (needs: Needs) => {
  const { leasesIn, transitions, readiness, clock, log } = needs;
  const place = openPlace(needs);

  const relieve = (service: string, epoch: number, signal: AbortSignal): Promise<Applied> => {
    place.forget(service);
    const event: Event = { kind: 'charge', nowMs: clock.now(), epoch, serving: null, why: null };
    return transitions.apply(service, event, signal);
  };

  /** Until it is known where clients are sent, nothing is decided: the next minute tries again. */
  const take = async (
    { plan, stored }: Applied,
    two: Two,
    { epoch }: Lease,
    signal: AbortSignal,
  ): Promise<void> => {
    const { service, homeRegion } = plan;
    const sinceMs = clock.now();
    await readiness.gatherToTakeOver(service, signal);
    const { serving = null } = (await transitions.situationOf(service, signal)).facts;
    if (serving === null || serving.atMs < sinceMs) {
      log.warn('not in charge yet: where clients are sent is not known', { service });
      return;
    }
    const isOpening = homeRegion === two.first && stored.state.charge?.epoch === 0;
    const why = isOpening
      ? null
      : `${homeRegion} is in charge of ${service} now, and ${otherOf(two, homeRegion)} no longer`;
    const event: Event = { kind: 'charge', nowMs: clock.now(), epoch, serving: serving.value, why };
    await transitions.apply(service, event, signal);
  };

  /** Once a minute. A place that cannot be looked at stays as it is: without the lease nobody moves anything. */
  const keep = async (applied: Applied, signal: AbortSignal): Promise<void> => {
    const { plan, stored } = applied;
    const two = plan.controllers;
    if (two === undefined) return;
    const { service, homeRegion } = plan;
    try {
      const lease = await place.look(applied, two, signal);
      if (lease === null) return;
      const isOwn = lease.controller === homeRegion;
      if (!isOwn && stored.state.charge?.held === true) await relieve(service, lease.epoch, signal);
      if (isOwn && isBehind(stored.state, lease)) await take(applied, two, lease, signal);
    } catch (error) {
      place.forget(service);
      log.warn('the place of the controller was not kept', { service, cause: String(error) });
    }
  };

  /** The order of a person: the other controller takes charge with its next look. */
  const give = async (service: string, signal: AbortSignal): Promise<EvaluateOutput> => {
    const applied = await transitions.apply(service, { kind: 'votes', votes: [] }, signal);
    const refused = (why: string) => answerOf(service, applied, { accepted: false, why });
    const { plan, stored } = applied;
    const two = plan.controllers;
    if (two === undefined) return refused(`${service} has one controller`);
    const { execution } = stored.state;
    if (execution !== null) return refused(`${execution.name} is under way`);
    const leases = leasesIn(two.leaseTable);
    const { homeRegion: controller } = plan;
    const to = otherOf(two, controller);
    const found = await leases.lease(service, signal);
    const step = handOver(found, { controller, nowMs: clock.now() }, to);
    if (!step.ok) return refused(step.why);
    const { item, condition } = step;
    if (!(await leases.claim(service, { ok: true, item, condition }, signal))) {
      return refused('the lease changed meanwhile');
    }
    const relieved = await relieve(service, item.epoch, signal);
    return answerOf(service, relieved, { why: `${to} takes charge within a minute` });
  };

  return { keep, give };
};
