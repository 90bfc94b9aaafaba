import { existsSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { type End, type Execution, runExecution } from './execution.ts';
import { Aborted, Closing } from './failure.ts';
import { END_EVENTS, type EndStatus, restore } from './frames.ts';
import { openJournal, readHead, readJournal, readLastEvent } from './journal.ts';
import { isObject, type Json, type JsonObject, toJson } from './json.ts';
import type { Machine, StateGraph } from './machine.ts';
import { parseMachine } from './parseMachine.ts';
import type { ChildExecutions, ChildResult, ExecutionHead, Tools } from './runtime.ts';
import type { Store } from './store.ts';

/** What is known of an execution without reading its journal. */
export type Entry = {
  readonly head: Omit<ExecutionHead, 'definition' | 'input'>;
  readonly file: string;
  status: EndStatus | 'RUNNING';
  stopMs: number | undefined;
  running: Execution | undefined;
  /** Set when the journal cannot be read; the execution is listed and never run. */
  damage?: string;
};

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const headOf = (stored: JsonObject): ExecutionHead => {
  const { mapRun } = stored;
  return {
    arn: textOf(stored['arn']),
    name: textOf(stored['name']),
    machineArn: textOf(stored['machineArn']),
    machineName: textOf(stored['machineName']),
    roleArn: textOf(stored['roleArn']),
    region: textOf(stored['region']),
    type: stored['type'] === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
    startMs: Number(stored['startMs']),
    definition: textOf(stored['definition']),
    input: stored['input'] ?? null,
    revisionId: textOf(stored['revisionId']),
    ...(typeof stored['traceHeader'] === 'string' ? { traceHeader: stored['traceHeader'] } : {}),
    ...(isObject(mapRun)
      ? {
          mapRun: {
            arn: textOf(mapRun['arn']),
            state: textOf(mapRun['state']),
            index: Number(mapRun['index']),
          },
        }
      : {}),
  };
};

const findMap = (graph: StateGraph, name: string): StateGraph | undefined => {
  for (const state of graph.states.values()) {
    if (state.type === 'Map') {
      if (state.name === name) return state.processor;
      const found = findMap(state.processor, name);
      if (found) return found;
    }
    const branches = state.type === 'Parallel' ? state.branches : [];
    for (const branch of branches) {
      const found = findMap(branch, name);
      if (found) return found;
    }
  }
  return undefined;
};

const PARSED_MAX = 200;

/** Keeps machines that were parsed, by definition and, for a child, the Map state it belongs to. */
const machineCache = () => {
  const parsed = new Map<string, Machine>();
  return (head: ExecutionHead): Machine => {
    const key = `${head.mapRun?.state ?? ''}\n${head.definition}`;
    const known = parsed.get(key);
    if (known) return known;
    const whole = parseMachine(head.definition);
    const graph = head.mapRun ? findMap(whole, head.mapRun.state) : whole;
    if (!graph) throw new Error(`there is no Map state '${head.mapRun?.state}'`);
    const machine: Machine = head.mapRun
      ? { ...graph, comment: undefined, timeoutSeconds: undefined }
      : whole;
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(key, machine);
    return machine;
  };
};

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
        if (!end) return undefined;
        entry.status = end.status;
        entry.stopMs = end.stopMs;
        entry.running = undefined;
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
    const head = headIn(entry.file);
    const machine = machineOf(head);
    const controller = new AbortController();
    const records = readJournal(entry.file);
    const restored = await restore(records, machine, head.input, controller.signal);
    const journal = openJournal(entry.file);
    log('execution goes on', { arn: head.arn, events: restored.lastEventId });
    watch(entry, runExecution({ head, machine, journal, tools, restored, controller }));
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

  return {
    entries,
    begin,
    /** Reads what is on disk; running executions are not continued by this. */
    load: (): void => {
      for (const file of store.journals()) {
        const entry = entryOf(file);
        if (entry) entries.set(entry.head.arn, entry);
      }
    },
    /** Goes on with every execution that had not ended. Children first, as parents wait for them. */
    resume: async (): Promise<void> => {
      const open = [...entries.values()].filter((e) => e.status === 'RUNNING' && !e.running);
      if (open.length > 0) parts.lock();
      open.sort(
        (a, b) => Number(b.head.mapRun !== undefined) - Number(a.head.mapRun !== undefined),
      );
      for (const entry of open) {
        try {
          await goOn(entry);
        } catch (error) {
          entry.damage = error instanceof Error ? error.message : String(error);
          log('execution cannot go on', { arn: entry.head.arn, error: entry.damage });
        }
      }
    },
    goOn,
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

/** The head in a journal. Throws when the file has none. */
export const headIn = (file: string): ExecutionHead => {
  const stored = existsSync(file) ? readHead(file) : undefined;
  if (!stored) throw new Error(`${file} does not begin with the head of an execution`);
  return headOf(stored);
};

/** How an execution ended, read from the last line of its journal. */
export const endOf = async (entry: Entry): Promise<End | undefined> => {
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

const entryOf = (file: string): Entry | undefined => {
  let head: ExecutionHead;
  try {
    head = headIn(file);
  } catch {
    return undefined;
  }
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
