/** The lease of a watch: in the watch's table, or in one of three regions that two controllers share. */
import type { Claim, Lease } from '../core/failover/lease.ts';
import { perKey } from '../core/perKey.ts';
import { LeaseShape } from '../events/watchState.ts';
import { type JsonTable, type Key, openJsonTable } from './jsonTable.ts';
import type { SdkSettings } from './sdk.ts';

const keyOf = (service: string): Key => ({ pk: `WATCH#${service}`, sk: 'LEASE' });

export const openLease = (items: JsonTable) => ({
  lease: (service: string, signal?: AbortSignal): Promise<Lease | null> =>
    items.get(keyOf(service), LeaseShape, signal),

  /** Writes a claimed lease under the condition of its claim. False: it has changed meanwhile. */
  claim: (
    service: string,
    { item, condition }: Extract<Claim, { ok: true }>,
    signal?: AbortSignal,
  ): Promise<boolean> =>
    items.put(keyOf(service), item, {
      marks: marksOf(item),
      condition:
        condition.expect === 'absent' ? { if: 'absent' } : { if: 'marks', are: marksOf(condition) },
      signal,
    }),
});

/** What the condition of a later claim may name. */
const marksOf = ({ epoch, holder, renewedAtMs }: Omit<Lease, 'expiresAtMs'>) => ({
  ...{ epoch, holder },
  ...(renewedAtMs === undefined ? {} : { renewedAtMs }),
});

/** A table that holds leases and nothing else. */
export const openLeaseTable = (table: string, sdk: SdkSettings = {}) => {
  const items = openJsonTable(table, sdk);
  return { ...openLease(items), close: items.close };
};

/** Such tables by name, each opened when it is first asked for. */
export const openLeaseTables = (sdk: SdkSettings) =>
  perKey((table: string): Leases => openLeaseTable(table, sdk));

export type Leases = ReturnType<typeof openLease>;
