import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { ASYNC_AGE_MS_MAX, ASYNC_RETRY_DELAYS_MS } from './limits.ts';
import type { InvocationResult } from './types.ts';

const StoredEvent = z.strictObject({
  requestId: z.string(),
  region: z.string(),
  functionName: z.string(),
  payload: z.string(),
  acceptedAt: z.number(),
  /** Tries made so far. */
  tries: z.number(),
  dueAt: z.number(),
});

type StoredEvent = z.infer<typeof StoredEvent>;

type Needs = {
  readonly folder: string;
  readonly clock: Clock;
  /** Runs the function, unless nobody has registered it (yet) or too many invocations wait. */
  readonly deliver: (event: StoredEvent) => Promise<InvocationResult> | 'unregistered' | 'busy';
  readonly onDiscard: (event: StoredEvent, reason: string) => void;
  /** Hears of a stored event that cannot be read; the file is left where it is. */
  readonly onUnreadable: (file: string, reason: string) => void;
};

/**
 * Asynchronous invocations. An event is on disk before it is accepted, though it may run already,
 * and stays there until its function has succeeded or every try is used up; after a restart it is
 * delivered (again).
 */
export type EventQueue = {
  accept(
    event: Pick<StoredEvent, 'requestId' | 'region' | 'functionName' | 'payload'>,
  ): Promise<void>;
  /** Tries events that wait for this function to be registered. */
  wake(region: string, functionName: string): void;
  close(): void;
};

const BUSY_WAIT_MS = 250;

const nextTryAt = (event: StoredEvent, now: number): number | undefined => {
  const delayMs = ASYNC_RETRY_DELAYS_MS[event.tries - 1];
  if (delayMs === undefined || now + delayMs - event.acceptedAt > ASYNC_AGE_MS_MAX)
    return undefined;
  return now + delayMs;
};

/** One file for each event; what is done to it is done in the order of asking. */
const eventFiles = (folder: string) => {
  mkdirSync(folder, { recursive: true });
  const works = new Map<string, Promise<void>>();
  const fileOf = ({ requestId }: StoredEvent) => path.join(folder, `${requestId}.json`);

  const next = (event: StoredEvent, work: () => Promise<void>): Promise<void> => {
    const before = works.get(event.requestId) ?? Promise.resolve();
    const done = before.then(work, work);
    works.set(event.requestId, done);
    const settle = () => {
      if (works.get(event.requestId) === done) works.delete(event.requestId);
    };
    done.then(settle, settle);
    return done;
  };

  const write = async (event: StoredEvent): Promise<void> => {
    const temporary = `${fileOf(event)}.new`;
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(JSON.stringify(event));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, fileOf(event));
  };

  return {
    fileOf,
    store: (event: StoredEvent) => next(event, () => write(event)),
    forget: (event: StoredEvent) => next(event, () => rm(fileOf(event), { force: true })),
  };
};

export const openEventQueue = (needs: Needs): EventQueue => {
  const { folder, clock } = needs;
  const cancels = new Map<string, () => void>();
  const unregistered = new Map<string, StoredEvent>();
  const { fileOf, store, forget } = eventFiles(folder);
  let closed = false;

  const schedule = (event: StoredEvent): void => {
    if (closed) return;
    const cancel = clock.after(Math.max(0, event.dueAt - clock.now()), () => {
      cancels.delete(event.requestId);
      attempt(event).catch((error: unknown) =>
        needs.onUnreadable(fileOf(event), error instanceof Error ? error.message : String(error)),
      );
    });
    cancels.set(event.requestId, cancel);
  };

  const attempt = async (event: StoredEvent): Promise<void> => {
    const delivery = needs.deliver(event);
    if (delivery === 'unregistered') {
      unregistered.set(event.requestId, event);
      return;
    }
    if (delivery === 'busy') {
      schedule({ ...event, dueAt: clock.now() + BUSY_WAIT_MS });
      return;
    }
    const result = await delivery;
    // A sandbox that was stopped together with this process has not failed.
    if (closed) return;
    if (result.functionError === undefined) return forget(event);
    const tried = { ...event, tries: event.tries + 1 };
    const dueAt = nextTryAt(tried, clock.now());
    if (dueAt === undefined) {
      await forget(event);
      needs.onDiscard(tried, result.payload);
      return;
    }
    await store({ ...tried, dueAt });
    schedule({ ...tried, dueAt });
  };

  const load = (): void => {
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      if (name.endsWith('.new')) rmSync(file, { force: true });
      if (!name.endsWith('.json')) continue;
      try {
        schedule(StoredEvent.parse(JSON.parse(readFileSync(file, 'utf8'))));
      } catch (error) {
        needs.onUnreadable(file, error instanceof Error ? error.message : String(error));
      }
    }
  };
  load();

  return {
    async accept(event) {
      const now = clock.now();
      const stored = { ...event, acceptedAt: now, tries: 0, dueAt: now };
      // It runs while it is being written: who is not told that it is accepted will send it again.
      const safe = store(stored);
      schedule(stored);
      await safe;
    },
    wake(region, functionName) {
      for (const event of unregistered.values()) {
        if (event.region !== region || event.functionName !== functionName) continue;
        unregistered.delete(event.requestId);
        schedule({ ...event, dueAt: clock.now() });
      }
    },
    close() {
      closed = true;
      for (const cancel of cancels.values()) cancel();
    },
  };
};
