/** Winning and renewing the lease of an execution. */
import type { Leases } from '../aws/leases.ts';
import {
  claimLease,
  type Lease,
  type LeaseCondition,
  leaseItem,
  notInCharge,
} from '../core/failover/lease.ts';
import type { FailoverSettings } from '../core/failover/settings.ts';
import { controllerOf, type WatchPlan } from '../events/watchPlan.ts';
import type { Clock } from './_entry.ts';

export type Hold = {
  readonly service: string;
  readonly holder: string;
  readonly epoch: number;
  readonly lease: FailoverSettings['lease'];
  /** Region of the controller that holds it, where there are two. */
  readonly controller?: string | undefined;
};

export type Held = {
  readonly won: boolean;
  readonly why: string;
  /** By a monotonic clock, taken before the write: the lease has run for no longer than this. */
  readonly sinceMonotonicMs: number;
};

type Needs = { readonly leases: Leases; readonly clock: Clock };

type LeaseTables = {
  readonly table: Leases;
  /** Tables that two controllers share, by name. */
  readonly leasesIn: (table: string) => Leases;
};

/** Where the lease of a plan is. */
export const leasesOf = (
  { table, leasesIn }: LeaseTables,
  { controllers }: Pick<WatchPlan, 'controllers'>,
): Leases => (controllers === undefined ? table : leasesIn(controllers.leaseTable));

/** What an execution of this plan holds. */
export const holdOf = (plan: WatchPlan, holder: string, epoch: number): Hold => ({
  ...{ service: plan.service, holder, epoch, lease: plan.failover.lease },
  controller: controllerOf(plan),
});

/** Two claims of one executor that cross each other are settled by a second look. */
const TRIES = 3;

/**
 * Wins the epoch, or renews it for the holder that has it: after what is read, or after what was
 * read before, which the condition of the write holds to. What that refuses is read anew.
 */
export const takeLease = async (
  { leases, clock }: Needs,
  { service, holder, epoch, lease, controller }: Hold,
  signal: AbortSignal,
  known?: Lease | null,
): Promise<Held> => {
  let why = '';
  let remembered = known;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const isRemembered = remembered !== undefined;
    const found = remembered === undefined ? await leases.lease(service, signal) : remembered;
    remembered = undefined;
    const sinceMonotonicMs = clock.monotonicMs();
    const claimant = { holder, epoch, nowMs: clock.now(), ...lease, controller };
    const claim = claimLease(found, claimant);
    if (!claim.ok && isRemembered) continue;
    if (!claim.ok) return { won: false, why: claim.why, sinceMonotonicMs };
    if (await leases.claim(service, claim, signal)) {
      return { won: true, why: `epoch ${epoch} is held by ${holder}`, sinceMonotonicMs };
    }
    why = `the lease of epoch ${epoch} changed while it was claimed`;
  }
  return { won: false, why, sinceMonotonicMs: clock.monotonicMs() };
};

/**
 * Renews without a read: the write names the holder and the epoch it must find, `from` where the
 * holder goes on to a younger epoch. What refuses it is looked at by `takeLease`.
 */
export const renewLease = async (
  needs: Needs,
  hold: Hold,
  from: number,
  signal: AbortSignal,
): Promise<Held> => {
  const { leases, clock } = needs;
  const { service, holder, epoch, lease, controller } = hold;
  const sinceMonotonicMs = clock.monotonicMs();
  const condition: LeaseCondition = { expect: 'epoch', epoch: from, holder };
  const item = leaseItem({ holder, epoch, nowMs: clock.now(), controller }, lease.ttlMs);
  const won = await leases.claim(service, { ok: true, item, condition }, signal);
  return won
    ? { won, why: `epoch ${epoch} is held by ${holder}`, sinceMonotonicMs }
    : takeLease(needs, hold, signal);
};

/** A lease that nobody holds, so that there is one to write over. */
const NOBODY = { epoch: 0, holder: 'nobody', expiresAtMs: 0 };

export type Proof = {
  readonly ok: boolean;
  readonly why: string;
  /** As it is now, if that is known. */
  readonly lease: Lease | undefined;
  /** It is another controller's to write. */
  readonly foreign: boolean;
};

/**
 * Writes the lease that is there over itself: proof that the table takes conditional writes. Gives
 * the lease that is there now, if that is known. Proofs that cross each other, as of two preflights
 * of a watch that has no lease yet, are settled by a second look.
 */
export const proveLease = async (
  leases: Leases,
  service: string,
  controller: string | undefined,
  signal: AbortSignal,
): Promise<Proof> => {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const found = await leases.lease(service, signal);
    const foreign = notInCharge(found, controller);
    if (foreign !== null) return { ok: false, why: foreign, lease: undefined, foreign: true };
    const condition: LeaseCondition =
      found === null
        ? { expect: 'absent' }
        : { expect: 'epoch', epoch: found.epoch, holder: found.holder };
    const lease = found ?? NOBODY;
    if (await leases.claim(service, { ok: true, item: lease, condition }, signal)) {
      return { ok: true, why: 'the lease can be written', lease, foreign: false };
    }
  }
  return { ok: false, why: 'other writers change the lease', lease: undefined, foreign: false };
};
