/**
 * The lease that makes one executor the only one, and the epoch that fences all earlier ones. The
 * claim is a compare-and-swap, given as data for whichever store carries it out.
 */

export type Lease = {
  readonly epoch: number;
  readonly holder: string;
  readonly expiresAtMs: number;
  /** Region whose controller may claim it, and when that last said so; only where there are two. */
  readonly controller?: string;
  readonly renewedAtMs?: number;
};

/** The condition under which the store may write: what must still be there. */
export type LeaseCondition =
  | { readonly expect: 'absent' }
  | {
      readonly expect: 'epoch';
      readonly epoch: number;
      readonly holder: string;
      readonly renewedAtMs?: number;
    };

export type Claim =
  | { readonly ok: true; readonly item: Lease; readonly condition: LeaseCondition }
  | { readonly ok: false; readonly why: string };

type Claimant = {
  readonly holder: string;
  /** The epoch it wants: one more than the last one claimed. */
  readonly epoch: number;
  readonly nowMs: number;
  readonly ttlMs: number;
  readonly skewMs: number;
  /** Its region, where there are two controllers. */
  readonly controller?: string | undefined;
};

type Writer = Pick<Claimant, 'holder' | 'epoch' | 'nowMs' | 'controller'>;

/** A lease that runs until then. Where there are two controllers, its write keeps the place of its own. */
export const leaseItem = ({ holder, epoch, nowMs, controller }: Writer, runsMs: number): Lease => ({
  ...{ epoch, holder, expiresAtMs: nowMs + runsMs },
  ...(controller === undefined ? {} : { controller, renewedAtMs: nowMs }),
});

/** Said where a controller asks for what is another's. */
export const otherInCharge = (found: Lease | null, controller: string): string =>
  `${found?.controller ?? 'nobody'} is in charge, not ${controller}`;

/** Why a controller may not write the lease as it was found; null where it may, or is the only one. */
export const notInCharge = (found: Lease | null, controller: string | undefined): string | null =>
  controller === undefined || found?.controller === controller
    ? null
    : otherInCharge(found, controller);

/**
 * What to write to hold `epoch`, given the lease as it was read. The holder of that very epoch
 * renews it, so a restarted executor goes on. A running lease of another is waited for, and a skew
 * on top, as its clock may be behind. Where there are two controllers, only the one in charge claims:
 * names of executions are no proof, as both count them alike.
 */
export const claimLease = (found: Lease | null, claimant: Claimant): Claim => {
  const { holder, epoch, nowMs, ttlMs, skewMs } = claimant;
  const item = leaseItem(claimant, ttlMs);
  const why = notInCharge(found, claimant.controller);
  if (why !== null) return { ok: false, why };
  if (found === null) return { ok: true, item, condition: { expect: 'absent' } };
  const condition = { expect: 'epoch' as const, epoch: found.epoch, holder: found.holder };
  if (found.epoch === epoch && found.holder === holder) return { ok: true, item, condition };
  if (found.epoch >= epoch) {
    return { ok: false, why: `epoch ${found.epoch} is held by ${found.holder}` };
  }
  return found.holder !== holder && nowMs < found.expiresAtMs + skewMs
    ? { ok: false, why: `the lease of ${found.holder} still runs` }
    : { ok: true, item, condition };
};

/** A single-writer store may be written by another only after this: see notes on split brain. */
export const fenceWaitMs = (lease: { ttlMs: number; skewMs: number }): number =>
  lease.ttlMs + lease.skewMs;

type WriteCheck = {
  readonly epoch: number;
  /** By a monotonic clock, since the lease was last won or renewed. */
  readonly leaseHeldMs: number;
  readonly lease: { readonly ttlMs: number; readonly skewMs: number };
  readonly evidenceAgeMs: number;
  readonly evidenceMs: number;
  /** Epoch the switch shows at this moment; null when it has none yet. */
  readonly foundEpoch: number | null;
};

/**
 * Asked immediately before each write of the switch. An executor that was paused finds its lease
 * over here, and if it is paused after this line, the condition of the write itself refuses it.
 */
export const mayWrite = (check: WriteCheck): { readonly ok: boolean; readonly why: string } => {
  const { epoch, leaseHeldMs, lease, evidenceAgeMs, evidenceMs, foundEpoch } = check;
  if (leaseHeldMs >= lease.ttlMs - lease.skewMs) {
    return { ok: false, why: `the lease was won ${leaseHeldMs} ms ago and may be over` };
  }
  if (evidenceAgeMs > evidenceMs) {
    return { ok: false, why: `the evidence is ${evidenceAgeMs} ms old` };
  }
  return foundEpoch !== null && foundEpoch > epoch
    ? { ok: false, why: `the switch is at epoch ${foundEpoch}, this is ${epoch}` }
    : { ok: true, why: 'lease, evidence and epoch hold' };
};
