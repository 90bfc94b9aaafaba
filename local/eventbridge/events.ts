import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { isRecord } from '../state/json.ts';
import { ACCOUNT_ID } from '../wire/types.ts';

/** An event as rules and targets see it. */
export type EventEnvelope = {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
};

export type EventContent = {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources?: readonly string[] | undefined;
};

export const eventTime = (epochMs: number): string =>
  `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

export const envelope = (
  content: EventContent,
  at: { readonly id: string; readonly region: string; readonly timeMs: number },
): EventEnvelope => ({
  version: '0',
  id: at.id,
  'detail-type': content.detailType,
  source: content.source,
  account: ACCOUNT_ID,
  time: eventTime(at.timeMs),
  region: at.region,
  resources: content.resources ?? [],
  detail: content.detail,
});

/** An entry that is refused: code and message as PutEvents gives them. */
export type Refusal = { readonly ErrorCode: string; readonly ErrorMessage: string };

const missing = (name: string): Refusal => ({
  ErrorCode: 'InvalidArgument',
  ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
});

/** Reads what a caller wants to say. Only AWS itself may speak as `aws.*`. */
export const readEntry = (entry: PutEventsRequestEntry): EventContent | Refusal => {
  const { Source: source, DetailType: detailType, Detail } = entry;
  if (!source) return missing('Source');
  if (!detailType) return missing('DetailType');
  if (!Detail) return missing('Detail');
  if (/^aws\./.test(source)) {
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    };
  }
  let detail: unknown;
  try {
    detail = JSON.parse(Detail);
  } catch {
    detail = undefined;
  }
  if (!isRecord(detail)) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  return { source, detailType, detail, resources: entry.Resources };
};

/**
 * The size PutEvents counts for an entry, in bytes. Source: EventBridge user guide, event entry
 * size.
 */
export const entryBytes = (entry: PutEventsRequestEntry): number =>
  [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])]
    .map((text) => Buffer.byteLength(text ?? ''))
    .reduce((sum, bytes) => sum + bytes, entry.Time ? 14 : 0);
