/** What a rehearsal must leave as it found it, in one hash: the plan of the watch, and its record. */
import { createHash } from 'node:crypto';
import type { DnsRecord } from '../aws/dnsRecord.ts';
import { canonicalJson } from '../core/evidence/canonical.ts';
import type { RecordSet } from '../core/failover/switchRecord.ts';
import type { WatchPlan } from '../events/watchPlan.ts';

const lineOf = ({ name, type, ttlS, values, share }: RecordSet): string =>
  JSON.stringify([name, type, ttlS, [...values].sort(), share ?? null]);

/** The epoch is left out: it only ever rises. */
export const configHash = async (
  dnsRecord: Pick<DnsRecord, 'read'>,
  plan: WatchPlan,
  signal: AbortSignal,
): Promise<string> => {
  const { zoneId, record } = plan;
  const { sets } = await dnsRecord.read({ zoneId, record }, signal);
  const lines = sets.map(lineOf).sort();
  const text = canonicalJson([canonicalJson(JSON.parse(JSON.stringify(plan))), ...lines]);
  return createHash('sha256').update(text).digest('hex');
};
