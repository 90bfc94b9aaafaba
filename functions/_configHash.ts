/** What a rehearsal must leave as it found it: the plan of the watch, and its record, as hashes. */

import type { DnsRecord } from '../aws/dnsRecord.ts';
import { canonicalJson } from '../core/evidence/canonical.ts';
import type { RecordSet } from '../core/failover/switchRecord.ts';
import type { WatchPlan } from '../events/watchPlan.ts';
import { sha256 } from './_sha256.ts';

const SEPARATOR = ':';

const lineOf = ({ name, type, ttlS, values, alias, share }: RecordSet): string =>
  JSON.stringify([name, type, ttlS, alias ?? [...values].sort(), share ?? null]);

/** The epoch is left out: it only ever rises. */
export const configHash = async (
  dnsRecord: Pick<DnsRecord, 'read'>,
  plan: WatchPlan,
  signal: AbortSignal,
): Promise<string> => {
  const { zoneId, record } = plan;
  const { sets } = await dnsRecord.read({ zoneId, record }, signal);
  const lines = sets.map(lineOf).sort();
  const planText = canonicalJson(JSON.parse(JSON.stringify(plan)));
  return `${sha256(planText)}${SEPARATOR}${sha256(lines.join('\n'))}`;
};

/** Only the plan's part: the record has been moved by a real failover, which is no fault of anybody. */
export const ofPlan = (hash: string): string => hash.split(SEPARATOR)[0] ?? '';
