import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { openJournal } from '../state/journal.ts';

/**
 * How an embedded service calls another one. Rejects with errors whose `name` is the AWS error
 * code.
 */
export type Gateway = {
  call(request: {
    /** Service as the SDK names it: `sfn`, `lambda`, `eventbridge`. */
    readonly service: string;
    /** Operation, such as `StartExecution`. */
    readonly action: string;
    /** Input of that operation with the types of the SDK client. */
    readonly input: unknown;
    readonly region: string;
    readonly roleArn?: string;
    readonly signal: AbortSignal;
  }): Promise<unknown>;
};

const delivery = z.strictObject({
  /** What is delivered for whom, for people. */
  about: z.string(),
  region: z.string(),
  /** Whose rights it is delivered with; those of the service itself when absent. */
  roleArn: z.string().optional(),
  retriesMax: z.int(),
  expiresAtMs: z.number(),
  /** Held back until then. */
  notBeforeMs: z.number().optional(),
  /** Text in the payload that stands for the number of the attempt, counted from 1. */
  attemptMark: z.string().optional(),
  call: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('startExecution'),
      stateMachineArn: z.string(),
      /** Fixed before the first try, so that a repeated delivery starts nothing twice. */
      name: z.string(),
      input: z.string(),
    }),
    z.strictObject({ kind: z.literal('invoke'), functionName: z.string(), payload: z.string() }),
    z.strictObject({
      kind: z.literal('putEvent'),
      bus: z.string(),
      source: z.string(),
      detailType: z.string(),
      detail: z.string(),
    }),
  ]),
});

/** A call that must be made at least once. */
export type Delivery = z.infer<typeof delivery>;

export type Deliveries = {
  /** Resolves when all are on disk; from then on they survive a crash. */
  submit(deliveries: readonly { readonly id: string; readonly item: Delivery }[]): Promise<void>;
  /** Stops delivering. What is left is delivered after the next start. */
  close(): Promise<void>;
};

export type DeliveriesOptions = {
  readonly file: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly gateway: Gateway;
  /** Hears of what is given up, and why. */
  readonly onDropped: (delivery: Delivery, error: unknown) => void;
};

const IN_FLIGHT_MAX = 32;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MS_MAX = 60_000;

/** Errors that another try cannot cure. */
const PERMANENT = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'InvalidArn',
  'InvalidExecutionInput',
  'InvalidName',
  'InvalidParameterValueException',
  'InvalidRequestContentException',
  'RequestTooLargeException',
  'ResourceNotFoundException',
  'StateMachineDeleting',
  'StateMachineDoesNotExist',
  'UnknownOperationException',
  'ValidationException',
]);

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

const toCall = ({ call, attemptMark }: Delivery, attempt: number) => {
  const marked = (text: string) =>
    attemptMark === undefined ? text : text.replaceAll(attemptMark, String(attempt));
  switch (call.kind) {
    case 'startExecution': {
      const { stateMachineArn, name } = call;
      const input = { stateMachineArn, name, input: marked(call.input) };
      return { service: 'sfn', action: 'StartExecution', input };
    }
    case 'invoke': {
      const Payload = Buffer.from(marked(call.payload), 'utf8');
      const input = { FunctionName: call.functionName, InvocationType: 'Event', Payload };
      return { service: 'lambda', action: 'Invoke', input };
    }
    case 'putEvent': {
      const { bus, source, detailType } = call;
      const Detail = marked(call.detail);
      const entry = { EventBusName: bus, Source: source, DetailType: detailType, Detail };
      return { service: 'eventbridge', action: 'PutEvents', input: { Entries: [entry] } };
    }
  }
};

/** PutEvents answers with success for entries it refuses. */
const assertAccepted = (answer: unknown): void => {
  if (answer === null || typeof answer !== 'object' || !('FailedEntryCount' in answer)) return;
  if (answer.FailedEntryCount === 0 || answer.FailedEntryCount === undefined) return;
  throw new Error(`the event was refused: ${JSON.stringify(answer)}`);
};

/** Delivers at least once: from a journal, with exponential backoff and full jitter. */
export const openDeliveries = async (options: DeliveriesOptions): Promise<Deliveries> => {
  const { clock, random, gateway, onDropped } = options;
  const journal = await openJournal(options.file, delivery);
  const stopping = new AbortController();
  const queue: { id: string; tries: number }[] = [];
  const waiting = new Set<() => void>();
  const running = new Set<Promise<void>>();

  const later = (delayMs: number, id: string, tries: number) => {
    const cancel = clock.after(delayMs, () => {
      waiting.delete(cancel);
      queue.push({ id, tries });
      pump();
    });
    waiting.add(cancel);
  };

  // Should this write fail, the delivery is made again after the next start, which is allowed.
  const finish = (id: string) => journal.done(id).catch(() => undefined);

  const giveUpOrRetry = async (id: string, item: Delivery, tries: number, error: unknown) => {
    // The same name with other input, or an execution that has ended: a former try got through.
    if (nameOf(error) === 'ExecutionAlreadyExists') return finish(id);
    const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_FIRST_MS * 2 ** (tries - 1)) * random();
    const late = clock.now() + backoffMs >= item.expiresAtMs;
    if (PERMANENT.has(nameOf(error)) || tries > item.retriesMax || late) {
      onDropped(item, error);
      return finish(id);
    }
    later(backoffMs, id, tries);
  };

  const attempt = async (id: string, tries: number) => {
    const item = journal.pending.get(id);
    if (!item) return;
    try {
      const { region, roleArn } = item;
      const { signal } = stopping;
      const request = { ...toCall(item, tries + 1), region, signal };
      assertAccepted(await gateway.call(roleArn ? { ...request, roleArn } : request));
      await finish(id);
    } catch (error) {
      if (!stopping.signal.aborted) await giveUpOrRetry(id, item, tries + 1, error);
    }
  };

  const pump = () => {
    while (running.size < IN_FLIGHT_MAX && !stopping.signal.aborted) {
      const next = queue.shift();
      if (!next) return;
      const run: Promise<void> = attempt(next.id, next.tries).finally(() => {
        running.delete(run);
        pump();
      });
      running.add(run);
    }
  };

  const start = (id: string, { notBeforeMs = 0 }: Delivery) => {
    if (notBeforeMs > clock.now()) later(notBeforeMs - clock.now(), id, 0);
    else queue.push({ id, tries: 0 });
  };

  for (const [id, item] of journal.pending) start(id, item);
  pump();
  return {
    submit: async (deliveries) => {
      if (deliveries.length === 0) return;
      // Delivered while it is being written: who is not told that it is safe will send it again.
      const safe = journal.add(deliveries);
      for (const { id, item } of deliveries) start(id, item);
      pump();
      await safe;
    },
    close: async () => {
      stopping.abort(new Error('the embedded cloud stops'));
      for (const cancel of waiting) cancel();
      await Promise.all(running);
      await journal.close();
    },
  };
};
