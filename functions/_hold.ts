/** Winning and renewing the lease of an execution. */
import type { WatchTable } from '../aws/watchTable.ts';
import { claimLease, type Lease, type LeaseCondition } from '../core/failover/lease.ts';
import type { FailoverSettings } from '../core/failover/settings.ts';
import type { Clock } from './_entry.ts';

export type Hold = {
  readonly service: string;
  readonly holder: string;
  readonly epoch: number;
  readonly lease: FailoverSettings['lease'];
};

export type Held = {
  readonly won: boolean;
  readonly why: string;
  /** By a monotonic clock, taken before the write: the lease has run for no longer than this. */
  readonly sinceMonotonicMs: number;
};

type Needs = { readonly table: WatchTable; readonly clock: Clock };

/** Two claims of one executor that cross each other are settled by a second look. */
const TRIES = 3;

/**
 * Wins the epoch, or renews it for the holder that has it: after what is read, or after what was
 * read before, which the condition of the write holds to. What that refuses is read anew.
 */
export const takeLease = async (
  { table, clock }: Needs,
  { service, holder, epoch, lease }: Hold,
  signal: AbortSignal,
  known?: Lease | null,
): Promise<Held> => {
  let why = '';
  let remembered = known;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const isRemembered = remembered !== undefined;
    const found = remembered === undefined ? await table.lease(service, signal) : remembered;
    remembered = undefined;
    const sinceMonotonicMs = clock.monotonicMs();
    const claim = claimLease(found, { holder, epoch, nowMs: clock.now(), ...lease });
    if (!claim.ok && isRemembered) continue;
    if (!claim.ok) return { won: false, why: claim.why, sinceMonotonicMs };
    if (await table.claim(service, claim, signal)) {
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
  const { table, clock } = needs;
  const { service, holder, epoch, lease } = hold;
  const sinceMonotonicMs = clock.monotonicMs();
  const condition: LeaseCondition = { expect: 'epoch', epoch: from, holder };
  const item = { epoch, holder, expiresAtMs: clock.now() + lease.ttlMs };
  const won = await table.claim(service, { ok: true, item, condition }, signal);
  return won
    ? { won, why: `epoch ${epoch} is held by ${holder}`, sinceMonotonicMs }
    : takeLease(needs, hold, signal);
};

/** A lease that nobody holds, so that there is one to write over. */
const NOBODY = { epoch: 0, holder: 'nobody', expiresAtMs: 0 };

/**
 * Writes the lease that is there over itself: proof that the table takes conditional writes. Gives
 * the lease that is there now, if that is known.
 */
export const proveLease = async (
  { table }: Pick<Needs, 'table'>,
  service: string,
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly why: string; readonly lease: Lease | undefined }> => {
  const found = await table.lease(service, signal);
  const condition: LeaseCondition =
    found === null
      ? { expect: 'absent' }
      : { expect: 'epoch', epoch: found.epoch, holder: found.holder };
  const lease = found ?? NOBODY;
  const ok = await table.claim(service, { ok: true, item: lease, condition }, signal);
  return ok
    ? { ok, why: 'the lease can be written', lease }
    : { ok, why: 'another writer changed the lease', lease: undefined };
};
