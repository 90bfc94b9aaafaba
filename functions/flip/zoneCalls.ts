/** The calls of a record change, each noted as evidence. */
import type { ChangeResult, DnsRecord, ReadRecord, RecordPlace } from '../../aws/dnsRecord.ts';
import { DrillError } from '../../core/errors.ts';
import type { ChangeAnswer, RecordChange } from '../../core/failover/switchRecord.ts';
import type { Calls } from '../_calls.ts';

/** Route 53 has one control plane. */
export const CONTROL_REGION = 'us-east-1';

/** Refused for now, with what Route 53 said. */
export type Refused = { readonly answer: ChangeAnswer; readonly message: string };

export type CallContext = {
  readonly calls: Calls;
  readonly attempt: number;
  readonly signal: AbortSignal;
};

export const openZoneCalls = (dnsRecord: DnsRecord) => {
  /** What the zone held when it was last read; a sandbox keeps it for the flip that may follow. */
  const known = new Map<string, ReadRecord>();

  const read = async (place: RecordPlace, { calls, attempt, signal }: CallContext) => {
    const found = await calls.timed(
      { service: 'route53', operation: 'ListResourceRecordSets', region: CONTROL_REGION, attempt },
      () => dnsRecord.read(place, signal),
      ({ sets, requestId }) => ({ requestId, result: `${sets.length} record sets` }),
    );
    known.set(place.record, found);
    return found;
  };

  const readOrWhy = async (place: RecordPlace, at: CallContext): Promise<ReadRecord | Refused> => {
    try {
      return await read(place, at);
    } catch (error) {
      if (!(error instanceof DrillError) || error.name !== 'TransientFailure') throw error;
      return { answer: 'Throttling', message: error.message };
    }
  };

  const submit = (
    place: RecordPlace,
    change: { readonly batch: readonly RecordChange[]; readonly comment: string },
    { calls, attempt, signal }: CallContext,
  ): Promise<ChangeResult> =>
    calls.timed(
      {
        service: 'route53',
        operation: 'ChangeResourceRecordSets',
        region: CONTROL_REGION,
        attempt,
      },
      () => dnsRecord.submit(place, change, signal),
      ({ requestId, answer, message }) => ({ requestId, result: `${answer} ${message}`.trim() }),
    );

  return { known, readOrWhy, submit };
};
