/** The default event bus of a region. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import type { BusEvent } from '../events/busEvent.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** EventBridge takes ten at a time. */
const ENTRIES_MAX = 10;
const TRIES = 3;

/** The clock of the other end as its answer tells it, in whole seconds. */
const dateIn = (response: unknown): number | null => {
  const { data } = Dated.safeParse(response);
  const ms = data === undefined ? Number.NaN : Date.parse(data.headers.date);
  return Number.isNaN(ms) ? null : ms;
};

const Dated = z.object({ headers: z.object({ date: z.string() }) });

/** `heard` is told the time in each answer's Date header, where there is one. */
export const openEventBus = (sdk: SdkSettings = {}, heard?: (dateMs: number) => void) => {
  const client = new EventBridgeClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });
  if (heard !== undefined) {
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const dateMs = dateIn(result.response);
        if (dateMs !== null) heard(dateMs);
        return result;
      },
      { step: 'deserialize', name: 'hearDate' },
    );
  }

  /** Puts events, those that were refused again. @throws DrillError `TransientFailure` in the end. */
  const put = async (events: readonly BusEvent<unknown>[], signal?: AbortSignal): Promise<void> => {
    let left = [...events];
    let refusal = '';
    for (let attempt = 0; attempt < TRIES && left.length > 0; attempt++) {
      const refused: BusEvent<unknown>[] = [];
      for (let from = 0; from < left.length; from += ENTRIES_MAX) {
        const batch = left.slice(from, from + ENTRIES_MAX);
        const { Entries = [] } = await client.send(
          new PutEventsCommand({
            Entries: batch.map(({ source, detailType, detail }) => ({
              Source: source,
              DetailType: detailType,
              Detail: JSON.stringify(detail),
            })),
          }),
          signal ? { abortSignal: signal } : {},
        );
        for (const [index, entry] of Entries.entries()) {
          const event = batch[index];
          if (entry.ErrorCode === undefined || event === undefined) continue;
          refused.push(event);
          refusal = `${entry.ErrorCode}: ${entry.ErrorMessage}`;
        }
      }
      left = refused;
    }
    if (left.length === 0) return;
    const names = left.map(({ detailType }) => detailType).join(', ');
    throw new DrillError('TransientFailure', `the event bus refused ${names}: ${refusal}`);
  };

  return { put, close: () => client.destroy() };
};

export type EventBus = ReturnType<typeof openEventBus>;
