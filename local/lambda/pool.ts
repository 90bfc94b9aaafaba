import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Clock } from '../clock.ts';
import { createProcessGuard } from '../processGuard.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import { type Environment, startEnvironment } from './environment.ts';
import type { Runtime } from './sandboxProcess.ts';
import { type Concurrency, openSlots, type Slot } from './slots.ts';
import type {
  FunctionSpec,
  Invocation,
  InvocationResult,
  LogSink,
  SandboxNetwork,
} from './types.ts';

export const functionArn = (region: string, name: string): string =>
  `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${name}`;

/** Splits `module.export` off a code path; the rest is the task root. */
export const taskRootOf = (spec: FunctionSpec): string => {
  const module = spec.handler.slice(0, spec.handler.lastIndexOf('.'));
  const end = `${path.sep}${path.normalize(module)}.mjs`;
  if (module === '' || !spec.codePath.endsWith(end)) {
    throw new RangeError(
      `function ${spec.name}: handler '${spec.handler}' does not fit the code at ${spec.codePath}; ` +
        `the code must be called '${module === '' ? '<module>' : module}.mjs'`,
    );
  }
  return spec.codePath.slice(0, -end.length);
};

type Waiting = {
  readonly spec: FunctionSpec;
  readonly invocation: Invocation;
  readonly done: (result: InvocationResult) => void;
};

type Needs = {
  readonly clock: Clock;
  readonly endpoint: () => string;
  readonly network: SandboxNetwork;
  readonly log: LogSink;
  readonly concurrency: Concurrency;
  readonly runtime: () => Promise<Runtime>;
};

/** The live environments of all functions: reuse first, then new ones up to the bounds, then wait. */
export type Pool = {
  /** Undefined when too many invocations wait already. */
  run(spec: FunctionSpec, invocation: Invocation): Promise<InvocationResult> | undefined;
  /** Stops idle environments of a function; busy ones end after their invocation. */
  retire(spec: FunctionSpec): void;
  close(): void;
};

export const createPool = (needs: Needs): Pool => {
  const { clock, concurrency } = needs;
  const guard = createProcessGuard();
  const slots = new Set<Slot>();
  const { idle, fresh } = openSlots(slots, concurrency, () => clock.monotonicMs());
  const retired = new WeakSet<FunctionSpec>();
  let waiting: Waiting[] = [];
  let closed = false;

  const drop = (slot: Slot): void => {
    slot.cancelIdle();
    slots.delete(slot);
    slot.environment?.stop();
    serve();
  };

  const rest = (slot: Slot): void => {
    slot.busy = false;
    slot.starting = false;
    slot.usedAt = clock.monotonicMs();
    if (!slot.environment?.alive() || retired.has(slot.spec) || closed) {
      drop(slot);
      return;
    }
    slot.cancelIdle = clock.after(concurrency.idleMs, () => drop(slot));
    serveSoon();
  };

  const boot = async (slot: Slot): Promise<Environment> => {
    const { spec } = slot;
    const day = new Date(clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    const environment = await startEnvironment({
      ...needs,
      spec,
      guard,
      functionArn: functionArn(spec.region, spec.name),
      taskRoot: taskRootOf(spec),
      logStream: `${day}/[$LATEST]${randomUUID().replaceAll('-', '')}`,
      endpoint: needs.endpoint(),
      runtime: await needs.runtime(),
      onReady: () => {
        slot.starting = false;
        serveSoon();
      },
      onExit: () => {
        slot.starting = false;
        if (!slot.busy) drop(slot);
      },
    });
    if (closed) environment.stop();
    return environment;
  };

  const work = async (slot: Slot, { invocation, done }: Waiting): Promise<void> => {
    slot.cancelIdle();
    slot.busy = true;
    let result: InvocationResult;
    try {
      slot.environment ??= await boot(slot);
      result = await slot.environment.run(invocation);
    } catch (error) {
      const text = `Error: the sandbox could not be started: ${error instanceof Error ? error.message : error}`;
      const payload = JSON.stringify({ errorType: 'Runtime.InitError', errorMessage: text });
      result = { functionError: 'Unhandled', payload, logTail: '' };
    }
    // The place is free before the caller hears, so that its next call finds the environment.
    if (slot.environment?.alive() && !slot.environment.resting()) {
      done(result);
      await slot.environment.rested();
      rest(slot);
    } else {
      rest(slot);
      done(result);
    }
  };

  const serveWith = (slotFor: (spec: FunctionSpec) => Slot | undefined): void => {
    if (closed) return;
    waiting = waiting.filter((entry) => {
      const slot = slotFor(entry.spec);
      if (slot !== undefined) void work(slot, entry);
      return slot === undefined;
    });
  };

  const serve = (): void => serveWith((spec) => idle(spec) ?? fresh(spec));

  /** What idles is used at once; what would have to start is started when that has had a chance. */
  const serveSoon = (): void => {
    serveWith(idle);
    if (waiting.length > 0) clock.after(concurrency.patienceMs, serve);
  };

  return {
    run(spec, invocation) {
      if (waiting.length >= concurrency.waitingMax) return undefined;
      return new Promise((done) => {
        waiting.push({ spec, invocation, done });
        serve();
      });
    },
    retire(spec) {
      retired.add(spec);
      for (const slot of slots) if (slot.spec === spec && !slot.busy) drop(slot);
    },
    close() {
      closed = true;
      for (const slot of slots) {
        slot.cancelIdle();
        slot.environment?.stop();
      }
      slots.clear();
      guard.close();
    },
  };
};
