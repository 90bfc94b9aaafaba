import * as z from 'zod';
import { createZone, type DnsZone } from '../dns/zone.ts';
import { zoneFaults } from './recordRules.ts';
import { type StoredSet, storedSet } from './recordSets.ts';
import { type RoutingNeeds, routeSets } from './routing.ts';

/** A change on its way to the name servers. */
const pendingChange = z.strictObject({
  submittedAtMs: z.number(),
  dueAtMs: z.number(),
  /** The records before this change. */
  before: z.array(storedSet),
  /** Numbers of the name servers that never get this change; a fault that tests and drills set. */
  unseenBy: z.array(z.int()),
});

export const hostedZone = z
  .strictObject({
    id: z.string(),
    /** Lower case, with a trailing dot. */
    name: z.string(),
    callerReference: z.string(),
    comment: z.string().optional(),
    /** What the API shows: every accepted change at once. */
    recordSets: z.array(storedSet),
    /** The oldest first. */
    pending: z.array(pendingChange),
  })
  .superRefine((zone, context) => {
    for (const message of zoneFaults(zone)) {
      context.addIssue({ code: 'custom', message: `zone ${zone.name} (${zone.id}): ${message}` });
    }
  });
export type HostedZoneState = z.infer<typeof hostedZone>;

export const changeState = z.strictObject({
  id: z.string(),
  submittedAtMs: z.number(),
  dueAtMs: z.number(),
  comment: z.string().optional(),
});
export type ChangeState = z.infer<typeof changeState>;

/** The last change that has arrived at a name server; -1 when none of those on their way has. */
const lastArrived = ({ pending }: HostedZoneState, server: number, nowMs: number): number =>
  pending.findLastIndex(({ dueAtMs, unseenBy }) => dueAtMs <= nowMs && !unseenBy.includes(server));

/** What name server number `server` knows at `nowMs`. */
const servedAt = (zone: HostedZoneState, server: number, nowMs: number): readonly StoredSet[] =>
  zone.pending[lastArrived(zone, server, nowMs) + 1]?.before ?? zone.recordSets;

/** The zone with new records, which reach the name servers when the change is due. */
export const withRecords = (
  zone: HostedZoneState,
  recordSets: StoredSet[],
  { submittedAtMs, dueAtMs }: ChangeState,
  unseenBy: readonly number[],
): HostedZoneState => {
  const everywhere = zone.pending.findLastIndex(
    (change) => change.dueAtMs <= submittedAtMs && change.unseenBy.length === 0,
  );
  const change = { submittedAtMs, dueAtMs, before: zone.recordSets, unseenBy: [...unseenBy] };
  return { ...zone, recordSets, pending: [...zone.pending.slice(everywhere + 1), change] };
};

/**
 * A change as a clock sees it that may have been set back since: it never has longer to go than it
 * had when it was accepted.
 */
export const onClock = <T extends { readonly submittedAtMs: number; readonly dueAtMs: number }>(
  change: T,
  nowMs: number,
): T => ({
  ...change,
  dueAtMs: Math.min(change.dueAtMs, nowMs + change.dueAtMs - change.submittedAtMs),
});

const sameZones = (a: readonly DnsZone[], b: readonly DnsZone[]): boolean =>
  a.length === b.length && a.every((zone, at) => zone === b[at]);

/**
 * Zones for the DNS server. Each is indexed again only when what it serves has changed, and while
 * nothing changes the same array comes back.
 */
export const createZoneIndex = (needs: RoutingNeeds, always: readonly DnsZone[]) => {
  const indexed = new WeakMap<readonly StoredSet[], DnsZone>();
  type Known = {
    readonly of: readonly HostedZoneState[];
    readonly fromMs: number;
    readonly untilMs: number;
    readonly zones: readonly DnsZone[];
  };
  const known = new Map<number, Known>();

  const zoneFor = (name: string, sets: readonly StoredSet[]): DnsZone => {
    const found = indexed.get(sets);
    if (found) return found;
    const { fixed, routed } = routeSets(sets, needs);
    const made = createZone(name, fixed, routed);
    indexed.set(sets, made);
    return made;
  };
  return (of: readonly HostedZoneState[], server: number, nowMs: number): readonly DnsZone[] => {
    const last = known.get(server);
    if (last?.of === of && nowMs >= last.fromMs && nowMs < last.untilMs) return last.zones;
    const made = [
      ...of.map((zone) => zoneFor(zone.name, servedAt(zone, server, nowMs))),
      ...always,
    ];
    const due = of.flatMap(({ pending }) => pending.map(({ dueAtMs }) => dueAtMs));
    const untilMs = Math.min(Number.POSITIVE_INFINITY, ...due.filter((atMs) => atMs > nowMs));
    // The same zones in the same array keep the answers that the DNS server has ready.
    const all = [...known.values()].find(({ zones }) => sameZones(zones, made))?.zones ?? made;
    known.set(server, { of, fromMs: nowMs, untilMs, zones: all });
    return all;
  };
};
