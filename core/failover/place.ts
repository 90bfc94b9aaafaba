/**
 * The place of the controller, where there are two: in the item of the lease, so that whoever takes the place
 * fences the moves of the other in the same write. As everywhere, the store compares and swaps.
 */
import { type Lease, type LeaseCondition, leaseItem, otherInCharge } from './lease.ts';

/** Silent for so long, the controller in charge is taken for lost. Each renews its place once a minute. */
export const TAKE_OVER_MS = 180_000;

/** Whether a controller that was last heard of then is taken for lost; null: nothing was ever heard. */
export const isSilent = (lastMs: number | null, nowMs: number): boolean =>
  lastMs === null || nowMs - lastMs >= TAKE_OVER_MS;

type Self = {
  /** Its region. */
  readonly controller: string;
  readonly isFirst: boolean;
  /** The newest epoch that it knows of. */
  readonly epoch: number;
  readonly nowMs: number;
  readonly skewMs: number;
};

type Write = { readonly item: Lease; readonly condition: LeaseCondition };

export type PlaceStep =
  /** It is in charge, and says so again. */
  | ({ readonly do: 'renew' } & Write)
  /** It takes charge, under an epoch that nobody has had. */
  | ({ readonly do: 'take' } & Write)
  | { readonly do: 'stand-by'; readonly why: string };

/** Nobody's move: no execution is called so, and it runs out at once. */
const restingItem = (controller: string, epoch: number, nowMs: number): Lease => ({
  ...leaseItem({ holder: `controller of ${controller}`, epoch, nowMs, controller }, 0),
  expiresAtMs: 0,
});

/** All of an item must be as it was read: also the moment at which its controller last spoke. */
const exactly = ({ epoch, holder, renewedAtMs }: Lease): LeaseCondition => ({
  ...{ expect: 'epoch', epoch, holder },
  ...(renewedAtMs === undefined ? {} : { renewedAtMs }),
});

const taken = (found: Lease | null, { controller, epoch, nowMs }: Self): Write => ({
  item: restingItem(controller, Math.max(found?.epoch ?? 0, epoch) + 1, nowMs),
  condition: found === null ? { expect: 'absent' } : exactly(found),
});

/**
 * What a controller does about the place, given the lease as it was read. The first one opens it; after that
 * both are alike: whoever is in charge stays so, and the other waits until it has been silent for
 * `TAKE_OVER_MS`. A clock that is ahead makes a needless change, never two in charge.
 */
export const placeStep = (found: Lease | null, self: Self): PlaceStep => {
  const { controller, isFirst, nowMs, skewMs } = self;
  if (found?.controller === undefined || found.renewedAtMs === undefined) {
    return isFirst
      ? { do: 'take', ...taken(found, self) }
      : { do: 'stand-by', why: 'the first controller has not begun yet' };
  }
  if (found.controller === controller) {
    return {
      do: 'renew',
      item: { ...found, renewedAtMs: Math.max(nowMs, found.renewedAtMs) },
      condition: exactly(found),
    };
  }
  if (isSilent(found.renewedAtMs, nowMs) && nowMs >= found.expiresAtMs + skewMs) {
    return { do: 'take', ...taken(found, self) };
  }
  const seconds = Math.max(0, Math.round((nowMs - found.renewedAtMs) / 1_000));
  return { do: 'stand-by', why: `${found.controller} is in charge, and spoke ${seconds} s ago` };
};

/**
 * Gives the place to the other controller: the order of a person. Nothing may be under way, which whoever asks
 * has seen; a lease that still runs says so, too.
 */
export const handOver = (
  found: Lease | null,
  { controller, nowMs }: Pick<Self, 'controller' | 'nowMs'>,
  to: string,
): ({ readonly ok: true } & Write) | { readonly ok: false; readonly why: string } => {
  if (found?.controller !== controller) {
    return { ok: false, why: otherInCharge(found, controller) };
  }
  if (nowMs < found.expiresAtMs) {
    return { ok: false, why: `${found.holder} still holds the lease` };
  }
  return { ok: true, item: restingItem(to, found.epoch + 1, nowMs), condition: exactly(found) };
};
