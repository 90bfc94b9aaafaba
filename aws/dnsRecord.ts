/**
 * One name in a Route 53 zone, and the epoch beside it: read, changed in one batch, and the change
 * followed. Nothing is retried here: what a refusal means is decided in core/failover/.
 */
import {
  ChangeResourceRecordSetsCommand,
  type ChangeResourceRecordSetsCommandInput,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { ALIAS_TTL_S } from '../core/failover/answerSets.ts';
import {
  type ChangeAnswer,
  epochRecordName,
  type FoundRecord,
  type RecordChange,
  type RecordSet,
} from '../core/failover/switchRecord.ts';
import type { SdkSettings } from './sdk.ts';

const CALL_TIMEOUT_MS = 5_000;
const PAGE_MAX = 100;

const Listed = z.object({
  Name: z.string(),
  Type: z.string(),
  TTL: z.number().optional(),
  ResourceRecords: z.array(z.object({ Value: z.string() })).optional(),
  SetIdentifier: z.string().optional(),
  Weight: z.number().optional(),
  HealthCheckId: z.string().optional(),
  Failover: z.string().optional(),
  AliasTarget: z
    .object({ HostedZoneId: z.string(), DNSName: z.string(), EvaluateTargetHealth: z.boolean() })
    .optional(),
});
type Listed = z.output<typeof Listed>;

const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'TXT'] as const;

export type RecordPlace = { readonly zoneId: string; readonly record: string };

export type ReadRecord = FoundRecord & {
  /** Why the name cannot be moved by a record change, such as an alias; null when it can. */
  readonly foreign: string | null;
  readonly requestId: string;
};

/** What came of a call. `Unreachable` may have been carried out all the same. */
export type ChangeResult = { readonly requestId: string | null; readonly message: string } & (
  | { readonly answer: 'accepted'; readonly changeId: string }
  | { readonly answer: ChangeAnswer }
);

const plainName = (name: string): string => name.replace(/\.$/, '').toLowerCase();

/** Values with their time to live, or an alias that leaves it to the switch which region answers. */
const answerIn = ({
  TTL,
  ResourceRecords,
  AliasTarget,
}: Pick<Listed, 'TTL' | 'ResourceRecords' | 'AliasTarget'>):
  | Pick<RecordSet, 'ttlS' | 'values' | 'alias'>
  | undefined => {
  if (AliasTarget !== undefined) {
    const { HostedZoneId: zoneId, DNSName, EvaluateTargetHealth } = AliasTarget;
    if (EvaluateTargetHealth) return undefined;
    return { ttlS: ALIAS_TTL_S, values: [], alias: { zoneId, name: plainName(DNSName) } };
  }
  if (TTL === undefined || ResourceRecords === undefined) return undefined;
  return { ttlS: TTL, values: ResourceRecords.map(({ Value }) => Value) };
};

/** A set as it is compared and deleted; undefined for one that this tool would not make. */
const recordSetOf = (set: Listed): RecordSet | undefined => {
  const { Name, Type, TTL, ResourceRecords, SetIdentifier, Weight } = set;
  const type = RECORD_TYPES.find((known) => known === Type);
  const answer = answerIn({ TTL, ResourceRecords, AliasTarget: set.AliasTarget });
  if (type === undefined || answer === undefined) return undefined;
  if (set.HealthCheckId !== undefined || set.Failover !== undefined) return undefined;
  const simple = SetIdentifier === undefined;
  if (!simple && Weight === undefined) return undefined;
  return {
    name: plainName(Name),
    type,
    ...answer,
    ...(simple ? {} : { share: { id: SetIdentifier, weight: Weight ?? 0 } }),
  };
};

/** A set in the words of Route 53, without what it is chosen by. */
export const answerOfSet = ({ name, type, ttlS, values, alias }: RecordSet) => ({
  Name: name,
  Type: type,
  ...(alias === undefined
    ? { TTL: ttlS, ResourceRecords: values.map((Value) => ({ Value })) }
    : {
        // Whether a region is well is the watch's to judge: Route 53 would move traffic by itself, there and back.
        AliasTarget: {
          HostedZoneId: alias.zoneId,
          DNSName: alias.name,
          EvaluateTargetHealth: false,
        },
      }),
});

const toChange = ({ action, set }: RecordChange) => ({
  Action: action,
  ResourceRecordSet: {
    ...answerOfSet(set),
    ...(set.share ? { SetIdentifier: set.share.id, Weight: set.share.weight } : {}),
  },
});

/** Names under which Route 53 says "too many requests". */
const THROTTLES = ['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequests'];

const ANSWERS = ['PriorRequestNotComplete', 'NoSuchChange', 'InvalidChangeBatch'] as const;

const Metadata = z.object({
  $metadata: z.object({ requestId: z.string().optional(), httpStatusCode: z.number().optional() }),
});

const requestIdOf = (answer: unknown): string | null =>
  Metadata.safeParse(answer).data?.$metadata.requestId ?? null;

/** @throws the error itself when it says that the request can never be carried out. */
const answerOf = (error: unknown): ChangeResult => {
  if (!(error instanceof Error)) throw error;
  const { name, message } = error;
  const requestId = requestIdOf(error);
  const known = ANSWERS.find((answer) => answer === name);
  if (known) return { answer: known, message, requestId };
  if (THROTTLES.includes(name)) return { answer: 'Throttling', message, requestId };
  const status = Metadata.safeParse(error).data?.$metadata.httpStatusCode;
  const refused = status !== undefined && status >= 400 && status < 500;
  if (refused) throw error;
  return { answer: 'Unreachable', message: `${name}: ${message}`, requestId };
};

export const openDnsRecord = (sdk: SdkSettings = {}) => {
  const client = new Route53Client({ maxAttempts: 1, ...sdk });
  const within = (signal: AbortSignal) => ({
    abortSignal: AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
  });

  const list = async (zoneId: string, from: string, size: number, signal: AbortSignal) => {
    const answer = await client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        StartRecordName: from,
        MaxItems: size,
      }),
      within(signal),
    );
    const sets = z.array(Listed).parse(answer.ResourceRecordSets ?? []);
    return { sets, next: answer.NextRecordName, requestId: requestIdOf(answer) ?? '' };
  };

  const readSets = async (
    { zoneId, record }: RecordPlace,
    signal: AbortSignal,
  ): Promise<ReadRecord> => {
    const epochName = epochRecordName(record);
    const { sets, next, requestId } = await list(zoneId, record, PAGE_MAX, signal);
    const isCut = next !== undefined && plainName(next).endsWith(plainName(record));
    const rest = isCut ? (await list(zoneId, epochName, 1, signal)).sets : [];
    const named = (name: string) =>
      [...sets, ...rest].filter((set) => plainName(set.Name) === plainName(name));
    const own = named(record).filter(({ Type }) => ['A', 'AAAA', 'CNAME'].includes(Type));
    const strange = own.find((set) => recordSetOf(set) === undefined);
    const epochs = named(epochName).filter(({ Type }) => Type === 'TXT');
    return {
      sets: own.flatMap((set) => recordSetOf(set) ?? []),
      epoch: epochs.flatMap((set) => recordSetOf(set) ?? [])[0] ?? null,
      foreign: strange
        ? `${record} has a record set of type ${strange.Type} with a health check, a policy of its ` +
          'own, or an alias that looks at its target: driver "record" moves simple ones only'
        : null,
      requestId,
    };
  };

  /**
   * The sets of the name and its epoch. Names below it lie in between, and are passed over.
   * @throws DrillError `TransientFailure` when Route 53 is too busy or not reached.
   */
  const read = (place: RecordPlace, signal: AbortSignal): Promise<ReadRecord> =>
    readSets(place, signal).catch((error: unknown) => {
      const { answer, message } = answerOf(error);
      throw new DrillError('TransientFailure', `Route 53: ${answer} ${message}`, {}, error);
    });

  /** One batch: carried out whole, or not at all. */
  const submit = async (
    { zoneId }: RecordPlace,
    change: { readonly batch: readonly RecordChange[]; readonly comment: string },
    signal: AbortSignal,
  ): Promise<ChangeResult> => {
    const input: ChangeResourceRecordSetsCommandInput = {
      HostedZoneId: zoneId,
      ChangeBatch: { Comment: change.comment, Changes: change.batch.map(toChange) },
    };
    try {
      const answer = await client.send(new ChangeResourceRecordSetsCommand(input), within(signal));
      const { Id: changeId } = z.object({ Id: z.string() }).parse(answer.ChangeInfo);
      return { answer: 'accepted', changeId, message: '', requestId: requestIdOf(answer) };
    } catch (error) {
      return answerOf(error);
    }
  };

  /** How far an accepted change is. */
  const progress = async (changeId: string, signal: AbortSignal): Promise<ChangeResult> => {
    try {
      const answer = await client.send(new GetChangeCommand({ Id: changeId }), within(signal));
      const { Status } = z
        .object({ Status: z.enum(['INSYNC', 'PENDING']) })
        .parse(answer.ChangeInfo);
      return { answer: Status, message: '', requestId: requestIdOf(answer) };
    } catch (error) {
      return answerOf(error);
    }
  };

  return { read, submit, progress, close: () => client.destroy() };
};

export type DnsRecord = ReturnType<typeof openDnsRecord>;
