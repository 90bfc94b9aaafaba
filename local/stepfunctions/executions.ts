import { statSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { type End, type Execution, runExecution } from './execution.ts';
import { headIn, machineCache } from './executionHead.ts';
import { Aborted, Closing } from './failure.ts';
import { END_EVENTS, type EndStatus, restore } from './frames.ts';
import { openJournal, readJournal, readLastEvent } from './journal.ts';
import { toJson } from './json.ts';
import type { ChildExecutions, ChildResult, ExecutionHead, Tools } from './runtime.ts';
import type { Store } from './store.ts';

/** What is known of an execution without reading its journal. */
export type Entry = {
  readonly head: Omit<ExecutionHead, 'definition' | 'input'>;
  readonly file: string;
  status: EndStatus | 'RUNNING';
  stopMs: number | undefined;
  running: Execution | undefined;
  /** Times it was redriven, once that was asked. */
  redrives?: number;
  /** Set when the journal cannot be read; the execution is listed and never run. */
  damage?: string;
};

/** Days an execution is kept after its end. Source: Step Functions quotas. */
const KEPT_DAYS = 90;
const DAY_MS = 86_400_000;

/** An execution that cannot go on, and why. */
export type Stuck = { readonly arn: string; readonly reason: string };

export type Registry = ReturnType<typeof createRegistry>;

/** All executions of an engine: those on disk and those that run here. */
export const createRegistry = (parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly tools: (children: ChildExecutions) => Tools;
  readonly lock: () => void;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}) => {
  const { store, log } = parts;
  const entries = new Map<string, Entry>();
  const machineOf = machineCache();
  let closed = false;

  const watch = (entry: Entry, execution: Execution): Promise<End | undefined> => {
    entry.running = execution;
    return execution.ended.then(
      (end) => {
        entry.running = undefined;
        if (!end) return undefined;
        entry.status = end.status;
        entry.stopMs = end.stopMs;
        return end;
      },
      (error: unknown) => {
        entry.running = undefined;
        entry.damage = String(error);
        log('execution stopped by a fault of the engine', { arn: entry.head.arn, error });
        return undefined;
      },
    );
  };

  const begin = (head: ExecutionHead): { entry: Entry; ended: Promise<End | undefined> } => {
    if (closed) throw new Error('the engine is closed');
    parts.lock();
    const machine = machineOf(head);
    const file = store.makeExecution(head.region, head.machineName, head.name);
    const journal = openJournal(file);
    journal.append([JSON.stringify({ k: 'h', head: toJson(head) })]);
    const { definition: _definition, input: _input, ...light } = head;
    const entry: Entry = {
      head: light,
      file,
      status: 'RUNNING',
      stopMs: undefined,
      running: undefined,
    };
    entries.set(head.arn, entry);
    const controller = new AbortController();
    const execution = runExecution({ head, machine, journal, tools, controller });
    return { entry, ended: watch(entry, execution) };
  };

  const goOn = async (entry: Entry): Promise<void> => {
    const stored = headIn(entry.file);
    const machine = machineOf(stored);
    const controller = new AbortController();
    const records = readJournal(entry.file);
    const restored = await restore(records, machine, stored.input, controller.signal);
    const { redrive } = restored;
    const head = redrive ? { ...stored, redrive } : stored;
    const journal = openJournal(entry.file);
    log('execution goes on', { arn: head.arn, events: restored.lastEventId });
    watch(entry, runExecution({ head, machine, journal, tools, restored, controller }));
  };

  /** Runs again what did not end, in an execution that ended without success. */
  const redrive = async (entry: Entry): Promise<number> => {
    parts.lock();
    entry.status = 'RUNNING';
    const head = headIn(entry.file);
    const { signal } = new AbortController();
    const restored = await restore(readJournal(entry.file), machineOf(head), head.input, signal);
    const count = (restored.redrive?.count ?? 0) + 1;
    const at = parts.clock.now();
    const event = {
      k: 'e',
      i: restored.lastEventId + 1,
      p: restored.root.previous,
      t: at,
      y: 'ExecutionRedriven',
      f: 0,
      a: 0,
      d: { redriveCount: count },
    };
    const journal = openJournal(entry.file);
    journal.append([JSON.stringify({ k: 'd', n: count, at }), JSON.stringify(event)]);
    journal.close();
    entry.stopMs = undefined;
    entry.redrives = count;
    await goOn(entry);
    return at;
  };

  const runChild: ChildExecutions['run'] = async (parent, child, signal) => {
    const arn = `${parent.arn.split(':').slice(0, 6).join(':')}:${parent.machineName}/${child.state}:${child.name}`;
    let entry = entries.get(arn);
    let ended: Promise<End | undefined> | undefined;
    if (!entry) {
      const definition = headIn(entries.get(parent.arn)?.file ?? '').definition;
      ({ entry, ended } = begin({
        ...parent,
        arn,
        name: child.name,
        machineArn: parent.machineArn,
        definition,
        input: child.input,
        startMs: parts.clock.now(),
        type: child.type,
        mapRun: { arn: child.mapRunArn, state: child.state, index: child.index },
      }));
    }
    const again = parent.redrive !== undefined && (entry.stopMs ?? Infinity) <= parent.redrive.atMs;
    if (again && entry.status !== 'SUCCEEDED') await redrive(entry);
    const stop = () => {
      if (signal.reason instanceof Closing) return;
      entry.running?.stop(undefined, undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      const end = (await (ended ?? entry.running?.ended)) ?? (await endOf(entry));
      if (signal.aborted || !end) throw new Aborted();
      const { name, startMs } = entry.head;
      const { stopMs } = end;
      return { ...resultOf(end), arn, name, input: child.input, startMs, stopMs };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
  const tools = parts.tools({ run: runChild });

  /** Ends an execution that nobody goes on with. Its journal may be one that cannot be gone on with. */
  const abandon = (entry: Entry, error: string | undefined, cause: string | undefined): void => {
    parts.lock();
    const previous = readLastEvent(entry.file)?.i ?? 0;
    const stopMs = parts.clock.now();
    const event = {
      ...{ k: 'e', i: previous + 1, p: previous, t: stopMs, y: 'ExecutionAborted', f: 0 },
      d: { error, cause },
    };
    const journal = openJournal(entry.file);
    journal.append([JSON.stringify(event)]);
    journal.close();
    entry.status = 'ABORTED';
    entry.stopMs = stopMs;
  };

  return {
    entries,
    begin,
    abandon,
    /**
     * Reads what is on disk; running executions are not continued by this. Answers with what is wrong
     * with journals that cannot be read: they are left alone, and their executions are not known.
     */
    load: (): string[] => {
      const damaged: string[] = [];
      for (const file of store.journals()) {
        const entry = readable(file, damaged);
        if (!entry) continue;
        const { region, machineName, name, arn } = entry.head;
        const keptMs = parts.clock.now() - (entry.stopMs ?? Number.POSITIVE_INFINITY);
        if (keptMs > KEPT_DAYS * DAY_MS) store.removeExecution(region, machineName, name);
        else entries.set(arn, entry);
      }
      return damaged;
    },
    /**
     * Goes on with executions that had not ended. Children first, as parents wait for them. Answers with
     * those that cannot go on, and why.
     */
    resume: async (which: (machineArn: string) => boolean = () => true): Promise<Stuck[]> => {
      const open = [...entries.values()].filter(
        (e) => e.status === 'RUNNING' && !e.running && which(e.head.machineArn),
      );
      if (open.length > 0) parts.lock();
      open.sort(
        (a, b) => Number(b.head.mapRun !== undefined) - Number(a.head.mapRun !== undefined),
      );
      const stuck: Stuck[] = [];
      for (const entry of open) {
        try {
          await goOn(entry);
        } catch (error) {
          entry.damage = error instanceof Error ? error.message : String(error);
          log('execution cannot go on', { arn: entry.head.arn, error: entry.damage });
          stuck.push({ arn: entry.head.arn, reason: entry.damage });
        }
      }
      return stuck;
    },
    redrive,
    headIn,
    endOf,
    close: (): void => {
      closed = true;
      for (const entry of entries.values()) entry.running?.suspend();
    },
  };
};

const resultOf = (end: End): ChildResult =>
  end.status === 'SUCCEEDED'
    ? { ok: true, output: end.output ?? null }
    : { ok: false, error: end.error ?? null, cause: end.cause ?? null };

/** How often an execution was redriven. */
export const redrivesOf = async (entry: Entry): Promise<number> => {
  if (entry.redrives !== undefined) return entry.redrives;
  let count = 0;
  for await (const record of readJournal(entry.file)) if (record.k === 'd') count = record.n;
  entry.redrives = count;
  return count;
};

/** How an execution ended, read from the last line of its journal. */
const endOf = async (entry: Entry): Promise<End | undefined> => {
  const last = readLastEvent(entry.file);
  const status = last ? END_EVENTS[last.y] : undefined;
  if (!last || !status) return undefined;
  const { output, error, cause } = last.d ?? {};
  return {
    status,
    stopMs: last.t,
    ...(output === undefined ? {} : { output }),
    error: typeof error === 'string' ? error : undefined,
    cause: typeof cause === 'string' ? cause : undefined,
  };
};

const readable = (file: string, damaged: string[]): Entry | undefined => {
  try {
    return entryOf(file);
  } catch (error) {
    damaged.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
};

const entryOf = (file: string): Entry | undefined => {
  // A crash before the first line was written: nobody was told that this execution was started.
  if (statSync(file).size === 0) return undefined;
  const head = headIn(file);
  const { definition: _definition, input: _input, ...light } = head;
  const last = readLastEvent(file);
  const status = last ? END_EVENTS[last.y] : undefined;
  return {
    head: light,
    file,
    status: status ?? 'RUNNING',
    stopMs: status ? last?.t : undefined,
    running: undefined,
  };
};
