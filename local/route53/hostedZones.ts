import * as z from 'zod';
import { createZone, type DnsZone } from '../dns/zone.ts';
import { type StoredSet, servedSets, storedSet } from './recordSets.ts';

const hostedZone = z.strictObject({
  id: z.string(),
  /** Lower case, with a trailing dot. */
  name: z.string(),
  callerReference: z.string(),
  comment: z.string().optional(),
  /** What the API shows: every accepted change at once. */
  recordSets: z.array(storedSet),
  /** What DNS answered before the oldest of the pending changes arrives. */
  served: z.array(storedSet),
  /** Changes on their way to the name servers, the oldest first. */
  pending: z.array(z.strictObject({ dueAtMs: z.number(), recordSets: z.array(storedSet) })),
});
export type HostedZoneState = z.infer<typeof hostedZone>;

const changeState = z.strictObject({
  id: z.string(),
  submittedAtMs: z.number(),
  dueAtMs: z.number(),
  comment: z.string().optional(),
});
export type ChangeState = z.infer<typeof changeState>;

export const route53State = z.strictObject({
  zones: z.array(hostedZone),
  changes: z.array(changeState),
});

/** What the name servers know at `nowMs`. */
const servedAt = (zone: HostedZoneState, nowMs: number): readonly StoredSet[] =>
  zone.pending.findLast(({ dueAtMs }) => dueAtMs <= nowMs)?.recordSets ?? zone.served;

/** The zone with new records that reach the name servers at `dueAtMs`. */
export const withRecords = (
  zone: HostedZoneState,
  recordSets: StoredSet[],
  nowMs: number,
  dueAtMs: number,
): HostedZoneState => ({
  ...zone,
  recordSets,
  served: [...servedAt(zone, nowMs)],
  pending: [...zone.pending.filter((p) => p.dueAtMs > nowMs), { dueAtMs, recordSets }],
});

/** Zones for the DNS server; each is indexed again only when what it serves has changed. */
export const createZoneIndex = () => {
  const indexed = new Map<string, { sets: readonly StoredSet[]; zone: DnsZone }>();
  return (zones: readonly HostedZoneState[], nowMs: number): DnsZone[] =>
    zones.map((zone) => {
      const sets = servedAt(zone, nowMs);
      const known = indexed.get(zone.id);
      if (known?.sets === sets) return known.zone;
      const made = createZone(zone.name, servedSets(sets));
      indexed.set(zone.id, { sets, zone: made });
      return made;
    });
};
