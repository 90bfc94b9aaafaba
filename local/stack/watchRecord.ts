/** The record of a watch with driver `record`: made once, and from then on moved by flips only. */
import { openDnsRecord, type ReadRecord } from '../../aws/dnsRecord.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import { DrillError } from '../../core/errors.ts';
import { answerSets } from '../../core/failover/answerSets.ts';
import {
  epochOf,
  epochRecordName,
  epochSet,
  planRecordChange,
  type RecordChange,
  type RecordSet,
} from '../../core/failover/switchRecord.ts';
import { targetOf, type WatchPlan } from '../../events/watchPlan.ts';

type Wanted = {
  readonly plan: WatchPlan;
  /** The plan of the last start, and the region that is active by the state that is stored. */
  readonly former: WatchPlan | null;
  readonly active: string;
  readonly epoch: number;
  /** An address that a drill has put there for want of a real one. */
  readonly placeholder: string;
};

const SECOND_MS = 1_000;
/** Route 53 takes five calls a second, and setting up makes more than that. */
const ATTEMPTS = 8;

const setsOf = (plan: WatchPlan, region: string): RecordSet[] =>
  answerSets(
    { record: plan.record, ttlS: Math.round(plan.failover.ttlMs / SECOND_MS) },
    targetOf(plan, region).answers,
  );

const isPlaceholder = ({ sets }: ReadRecord, placeholder: string): boolean =>
  sets.length === 1 && sets[0]?.alias === undefined && sets[0]?.values.join() === placeholder;

/** The batch that is needed, with what a person should know of what was found. */
const planned = (
  found: ReadRecord,
  { plan, former, active, epoch, placeholder }: Wanted,
): { readonly batch: readonly RecordChange[]; readonly warning: string | null } => {
  const { record } = plan;
  const sets = setsOf(plan, active);
  const nothing = { batch: [], warning: null };
  const isNew = found.sets.length === 0 || isPlaceholder(found, placeholder);
  if (found.epoch === null && isNew) {
    const removed = found.sets.map((set) => ({ action: 'DELETE' as const, set }));
    const created = [...sets, epochSet(record, epoch)].map((set) => ({
      action: 'CREATE' as const,
      set,
    }));
    return { batch: [...removed, ...created], warning: null };
  }
  if (found.foreign !== null) return { ...nothing, warning: found.foreign };
  const at = epochOf(found.epoch);
  const wish = { record, epoch: at ?? epoch, sets };
  // What the last configuration asked for may be changed by this one; what a hand wrote may not.
  const before = former === null ? {} : { previous: setsOf(former, active) };
  const change = planRecordChange(found, { ...wish, ...before });
  if (change.kind === 'change' && at !== null) return { ...nothing, batch: change.batch };
  if (change.kind === 'already') return nothing;
  const seen =
    found.sets.flatMap(({ values, alias }) => alias?.name ?? values).join(' ') || 'nothing';
  const fix = `the next flip sets it right, or delete it and ${epochRecordName(record)}`;
  return { ...nothing, warning: `${record} answers ${seen}, which is not of ${active}: ${fix}` };
};

/** Makes the record where there is none. @returns what a person should know, or null. */
export const ensureSimpleRecord = async (
  wanted: Wanted,
  sdk: SdkSettings,
  signal: AbortSignal,
): Promise<string | null> => {
  const dns = openDnsRecord({ ...sdk, maxAttempts: ATTEMPTS });
  const { zoneId, record } = wanted.plan;
  const place = { zoneId, record };
  try {
    const { batch, warning } = planned(await dns.read(place, signal), wanted);
    if (batch.length === 0) return warning;
    const comment = `${wanted.plan.service} is watched`;
    const result = await dns.submit(place, { batch, comment }, signal);
    if (result.answer === 'accepted') return warning;
    throw new DrillError(
      'ConfigInvalid',
      `${record} cannot be set up with dns.driver record: ${result.message} Sets of another driver ` +
        'or of another hand are there: set dns.driver back, delete them, or use another data folder with --data',
    );
  } finally {
    dns.close();
  }
};
