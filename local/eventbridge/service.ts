import type {
  PutEventsRequest,
  PutEventsRequestEntry,
  TestEventPatternRequest,
} from '@aws-sdk/client-eventbridge';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { busOperations } from './busOperations.ts';
import { type EventContent, entryBytes, readEntry } from './events.ts';
import { invalid } from './limits.ts';
import { compilePattern } from './pattern.ts';
import { ruleOperations } from './ruleOperations.ts';
import { checkPattern } from './rules.ts';
import { DEFAULT_BUS } from './state.ts';
import { type EventBridgeOptions, openStore, type Store } from './store.ts';

export type EventBridge = {
  readonly operations: Operations;
  /** An event of an AWS service on the default bus; resolves when it is safe on disk. */
  emit(region: string, event: EventContent): Promise<void>;
  close(): Promise<void>;
};

const ENTRIES_MAX = 10;
const REQUEST_BYTES_MAX = 262_144;

const checkEntries = (entries: readonly PutEventsRequestEntry[]): void => {
  if (entries.length < 1 || entries.length > ENTRIES_MAX) {
    throw invalid(
      `1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed to satisfy constraint: Member must have length from 1 to ${ENTRIES_MAX}`,
    );
  }
  if (entries.reduce((sum, entry) => sum + entryBytes(entry), 0) > REQUEST_BYTES_MAX) {
    throw invalid('Total size of the entries in the request is over the limit.');
  }
};

/** One entry read and routed, or why it is refused; the other entries are not affected. */
const takeEntry = (store: Store, entry: PutEventsRequestEntry, call: CallContext) => {
  const content = readEntry(entry);
  if ('ErrorCode' in content) return { answer: content, routed: [] };
  try {
    const bus = store.findBus(entry.EventBusName, call).name;
    const timeMs = entry.Time?.getTime() ?? store.clock.now();
    const { id, routed } = store.queue.route(content, call.region, bus, timeMs);
    return { answer: { EventId: id }, routed };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { answer: { ErrorCode: error.name, ErrorMessage: error.message }, routed: [] };
  }
};

const eventOperations = (store: Store) =>
  ({
    TestEventPattern: ({ EventPattern = '', Event = '' }: TestEventPatternRequest) => {
      checkPattern(EventPattern);
      try {
        return { Result: compilePattern(EventPattern)(JSON.parse(Event)) };
      } catch {
        throw invalid('Parameter Event is not valid. Reason: it is not JSON.');
      }
    },
    PutEvents: async (request: PutEventsRequest, call: CallContext) => {
      const entries = request.Entries ?? [];
      if (request.EndpointId !== undefined) throw invalid('EndpointId: no global endpoints here.');
      checkEntries(entries);
      const taken = entries.map((entry) => takeEntry(store, entry, call));
      await store.queue.submit(taken.flatMap(({ routed }) => routed));
      const answers = taken.map(({ answer }) => answer);
      const failed = answers.filter((answer) => 'ErrorCode' in answer).length;
      return { FailedEntryCount: failed, Entries: answers };
    },
  }) satisfies Operations;

/**
 * The embedded EventBridge: buses and rules of every region, delivering at least once. Occurrences
 * of scheduled rules that fall due while the process is down are not made up for.
 */
export const createEventBridge = async (options: EventBridgeOptions): Promise<EventBridge> => {
  const store = await openStore(options);
  return {
    operations: { ...ruleOperations(store), ...busOperations(store), ...eventOperations(store) },
    emit: (region, content) => {
      const { routed } = store.queue.route(content, region, DEFAULT_BUS, store.clock.now());
      return store.queue.submit(routed);
    },
    close: store.close,
  };
};
