/**
 * Lambda in one process: the functions of the watch as they are, each in sandboxes that serve one
 * invocation at a time and remember what they have opened. A sandbox can be killed: from then on
 * nothing of it reaches anybody, and its invocation ends as Lambda says that it does.
 */
import * as lambdaSdk from '@aws-sdk/client-lambda';
import type * as z from 'zod';
import type { Random } from '../../core/random.ts';
import type { Opening } from '../../functions/_entry.ts';
import type { Clock } from '../../local/clock.ts';
import { runtimeExited, timedOut } from '../../local/lambda/failures.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { AwsError, type CallContext, type ServiceFront } from '../../local/wire/types.ts';

/** A function as its handler exports it. */
export type Part = {
  readonly name: string;
  readonly env: z.ZodType;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly make: (
    env: never,
    opening: Opening,
  ) => (input: never, signal: AbortSignal) => Promise<unknown>;
};

export type Registered = {
  readonly region: string;
  readonly name: string;
  readonly part: Part;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
};

export type Sandbox = {
  readonly id: number;
  readonly region: string;
  /** Of the folder under functions/, such as `acquire-lease`. */
  readonly part: string;
  readonly isDead: () => boolean;
  /** What it is at work on, or was last. */
  readonly event: () => unknown;
  /** Ends it now; what it was doing is answered with what Lambda says then. */
  kill(): void;
};

export type Invocation = {
  readonly sandbox: Sandbox;
  readonly name: string;
  readonly event: unknown;
  /** How it ended; absent when it begins. */
  readonly ended?: { readonly ok: boolean; readonly text: string };
};

type Needs = {
  readonly clock: Clock;
  readonly random: Random;
  readonly open: (sandbox: Sandbox) => Opening;
  readonly heard: (invocation: Invocation) => void;
};

type Warm = {
  readonly sandbox: Sandbox;
  /** Resolves to the answer, in JSON. */
  readonly run: (event: unknown, signal: AbortSignal) => Promise<string>;
  event: unknown;
  busy: boolean;
  dead: boolean;
  died: (payload: string) => void;
};

type Answer = { readonly ok: boolean; readonly text: string };

/** Starting a sandbox, and handing over to one that is there. Rounded from what Lambda shows. */
const COLD_MS = { from: 150, to: 400 };
const WARM_MS = { from: 1, to: 8 };
/** Lambda tries an asynchronous event three times in all, a minute and then two apart. */
const AGAIN_MS = [60_000, 120_000];
const STOP_EARLY_MS = 500;
const CONCURRENT_MAX = 1_000;

const failed = (error: unknown): Answer => ({
  ok: false,
  text: JSON.stringify({
    errorType: error instanceof Error ? error.name : 'Error',
    errorMessage: error instanceof Error ? error.message : String(error),
  }),
});

const decoded = (payload: unknown): unknown => {
  const text = payload instanceof Uint8Array ? Buffer.from(payload).toString('utf8') : payload;
  return typeof text === 'string' && text !== '' ? JSON.parse(text) : {};
};

/** A new sandbox, which opens its function anew. */
const startIn = (open: Needs['open'], id: number, registered: Registered, pool: Warm[]): Warm => {
  const { part, region, environment } = registered;
  const warm: Warm = {
    event: null,
    busy: false,
    dead: false,
    died: () => {},
    sandbox: {
      id,
      region,
      part: part.name,
      isDead: () => warm.dead,
      event: () => warm.event,
      kill: () => {
        if (warm.dead) return;
        warm.dead = true;
        pool.splice(pool.indexOf(warm), 1);
        warm.died(runtimeExited(`sandbox-${warm.sandbox.id}`, null, 'SIGKILL'));
      },
    },
    run: async (event, signal) => {
      const input = part.input.parse(event);
      return JSON.stringify(part.output.parse(await work(input as never, signal)) ?? null);
    },
  };
  const work = part.make(
    part.env.parse({ ...environment, AWS_REGION: region }) as never,
    open(warm.sandbox),
  );
  pool.push(warm);
  return warm;
};

/** One invocation, to its end or to that of its sandbox. */
const invokeIn = (
  { clock, heard }: Pick<Needs, 'clock' | 'heard'>,
  warm: Warm,
  { timeoutMs, name }: Registered,
  event: unknown,
) =>
  new Promise<Answer>((resolve) => {
    const { sandbox } = warm;
    const stop = new AbortController();
    const settle = (answer: Answer): void => {
      cancelStop();
      cancelTimeout();
      warm.busy = false;
      warm.died = () => {};
      heard({ sandbox, name, event, ended: answer });
      resolve(answer);
    };
    const cancelStop = clock.after(Math.max(1, timeoutMs - STOP_EARLY_MS), () =>
      stop.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
    );
    const cancelTimeout = clock.after(timeoutMs, () => {
      warm.died = (text) => void text;
      sandbox.kill();
      settle({ ok: false, text: timedOut(`sandbox-${sandbox.id}`, timeoutMs) });
    });
    warm.died = (text) => settle({ ok: false, text });
    warm.event = event;
    heard({ sandbox, name, event });
    warm.run(event, stop.signal).then(
      (text) => warm.dead || settle({ ok: true, text }),
      (error: unknown) => warm.dead || settle(failed(error)),
    );
  });

export const createSandboxes = ({ clock, random, open, heard }: Needs) => {
  const functions = new Map<string, Registered>();
  const pools = new Map<string, Warm[]>();
  let made = 0;

  const keyOf = (region: string, name: string): string => `${region} ${name.split(':').at(-1)}`;

  const wait = ({ from, to }: { from: number; to: number }): Promise<void> =>
    new Promise((resolve) => clock.after(from + (to - from) * random.unit(), resolve));

  const run = async (registered: Registered, event: unknown): Promise<Answer> => {
    const key = keyOf(registered.region, registered.name);
    const pool = pools.get(key) ?? [];
    pools.set(key, pool);
    const free = pool.find(({ busy }) => !busy);
    if (free === undefined && pool.length >= CONCURRENT_MAX) {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', {}, 429);
    }
    const warm = free ?? startIn(open, ++made, registered, pool);
    warm.busy = true;
    await wait(free ? WARM_MS : COLD_MS);
    // Killed before it began: nobody has seen anything of it, so another one takes the event.
    if (warm.dead) return run(registered, event);
    return invokeIn({ clock, heard }, warm, registered, event);
  };

  const later = async (registered: Registered, event: unknown): Promise<void> => {
    for (const againMs of [...AGAIN_MS, null]) {
      const { ok } = await run(registered, event);
      if (ok || againMs === null) return;
      await new Promise<void>((resolve) => clock.after(againMs, resolve));
    }
  };

  const invoke = async (
    input: { readonly [member: string]: unknown },
    { region }: Pick<CallContext, 'region'>,
  ): Promise<{ StatusCode: number; FunctionError?: string; text?: string }> => {
    const name = String(input['FunctionName']);
    const registered = functions.get(keyOf(region, name));
    if (registered === undefined) {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`, {}, 404);
    }
    const event = decoded(input['Payload']);
    if (input['InvocationType'] === 'Event') {
      void later(registered, event);
      return { StatusCode: 202 };
    }
    const { ok, text } = await run(registered, event);
    return { StatusCode: 200, text, ...(ok ? {} : { FunctionError: 'Unhandled' }) };
  };

  const front: ServiceFront = serviceFromSdk(lambdaSdk, 'lambda', {
    Invoke: async (input: lambdaSdk.InvocationRequest, call: CallContext) => {
      const { text, ...answer } = await invoke({ ...input }, call);
      return { ...answer, ...(text === undefined ? {} : { Payload: Buffer.from(text, 'utf8') }) };
    },
  });

  return {
    front,
    invoke,
    register: (registered: Registered): void => {
      functions.set(keyOf(registered.region, registered.name), registered);
    },
    /** Sandboxes that are at work now. */
    busy: (): Sandbox[] =>
      [...pools.values()].flatMap((pool) =>
        pool.filter(({ busy }) => busy).map(({ sandbox }) => sandbox),
      ),
  };
};

export type Sandboxes = ReturnType<typeof createSandboxes>;
