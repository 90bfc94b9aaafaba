import { Aborted, Closing, StateFailure } from './failure.ts';
import { type EndStatus, newFrame, type Restored } from './frames.ts';
import type { Journal } from './journal.ts';
import type { Json } from './json.ts';
import type { Machine } from './machine.ts';
import { walk } from './runner.ts';
import type { ExecutionHead, Frame, Run, Tools } from './runtime.ts';

/** How an execution ended. */
export type End = {
  readonly status: EndStatus;
  readonly stopMs: number;
  readonly output?: Json;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
};

export type Execution = {
  /** Settles when the execution ended; undefined when it was only suspended. */
  readonly ended: Promise<End | undefined>;
  /** Ends it now as ABORTED. Returns the time of the end. */
  stop(error: string | undefined, cause: string | undefined): End;
  /** Leaves it where it is, for the next start of the engine. */
  suspend(): void;
};

class HistoryFull extends Error {
  override readonly name = 'HistoryFull';
}

type Parts = {
  readonly head: ExecutionHead;
  readonly machine: Machine;
  readonly journal: Journal;
  readonly tools: Tools;
  /** Set when a former process ran the execution. */
  readonly restored?: Restored;
  readonly controller: AbortController;
};

/** States an execution walks before other work of the process gets its turn. */
const PAUSE_STATES = 200;

/** The writing side of an execution: history events and frame records, one line per commit. */
const createRun = (parts: Parts, counters: { event: number; frame: number }): Run => {
  const { head, machine, journal, tools } = parts;
  let buffer: string[] = [];
  let states = 0;
  const record = (value: object) => buffer.push(JSON.stringify(value));
  return {
    head,
    machine,
    tools,
    emit: (frame, type, details, options = {}) => {
      // The last place is kept for the event that ends the execution.
      if (counters.event >= tools.limits.historyEventsMax - 1) throw new HistoryFull();
      const id = ++counters.event;
      const previous = options.previous ?? frame.previous;
      const stays = options.advance === false ? ',"a":0' : '';
      const next = options.next === undefined ? '' : `,"n":${JSON.stringify(options.next)}`;
      const payload = details === undefined ? '' : `,"d":${details}`;
      buffer.push(
        `{"k":"e","i":${id},"p":${previous},"t":${tools.clock.now()},"y":"${type}","f":${frame.id}${stays}${next}${payload}}`,
      );
      if (options.advance !== false) frame.previous = id;
      return id;
    },
    progress: (frame, patch) => {
      frame.progress = { ...frame.progress, ...patch };
      record({ k: 'g', f: frame.id, g: patch });
    },
    restart: (frame) => {
      frame.progress = {};
      frame.results.clear();
      frame.children.clear();
      record({ k: 'r', f: frame.id, a: frame.retries, c: frame.retryCount, v: frame.previous });
    },
    open: (parent, child) => {
      const id = ++counters.frame;
      const { index, input, item, previous, graph, signal } = child;
      record({ k: 'n', f: id, p: parent.id, x: index, v: previous, in: input, it: item });
      const { variables } = parent;
      const frame = newFrame({
        id,
        index,
        parent,
        graph,
        item,
        input,
        variables,
        previous,
        signal,
      });
      parent.children.set(index, frame);
      return frame;
    },
    close: (frame, result) => {
      frame.parent?.children.delete(frame.index);
      frame.parent?.results.set(frame.index, result);
      if (result.ok) buffer.push(`{"k":"z","f":${frame.id},"o":${JSON.stringify(result.output)}}`);
      else record({ k: 'z', f: frame.id, e: [result.error, result.cause] });
    },
    pause: () => {
      states += 1;
      if (states % PAUSE_STATES !== 0) return undefined;
      return new Promise((resolve) => setImmediate(resolve));
    },
    commit: () => {
      if (buffer.length === 0) return;
      const records = buffer;
      buffer = [];
      journal.append(records);
    },
  };
};

const details = (end: End): string => {
  if (end.status === 'SUCCEEDED') return `{"output":${JSON.stringify(end.output)}}`;
  return JSON.stringify({ error: end.error, cause: end.cause });
};

const EVENT_OF: Record<EndStatus, string> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/** Starts an execution, or goes on with one that a former process began. */
export const runExecution = (parts: Parts): Execution => {
  const { head, machine, restored, controller, tools } = parts;
  const counters = { event: restored?.lastEventId ?? 0, frame: restored?.lastFrameId ?? 0 };
  const run = createRun(parts, counters);
  const { signal } = controller;
  const root: Frame =
    restored?.root ??
    newFrame({
      id: 0,
      index: 0,
      parent: undefined,
      graph: machine,
      item: undefined,
      input: head.input,
      variables: {},
      previous: 0,
      signal,
    });
  let over: End | undefined;

  const finish = (outcome: Omit<End, 'stopMs'>): End => {
    if (over) return over;
    const stopMs = tools.clock.now();
    over = { ...outcome, stopMs };
    run.commit();
    const id = ++counters.event;
    parts.journal.append([
      `{"k":"e","i":${id},"p":${root.previous},"t":${stopMs},"y":"${EVENT_OF[over.status]}","f":0,"d":${details(over)}}`,
    ]);
    parts.journal.close();
    cancelTimeout();
    return over;
  };
  const timeOut = () => {
    finish({ status: 'TIMED_OUT', error: 'States.Timeout' });
    controller.abort(new Aborted());
  };
  // Time in which no process ran the execution is not its own: after a restart it has its whole time again.
  const sinceMs = restored ? tools.clock.now() : startedMs(head);
  const secondsLeft = secondsMax(head, machine);
  const cancelTimeout =
    secondsLeft === undefined
      ? () => {}
      : tools.clock.after(Math.max(0, sinceMs + secondsLeft * 1000 - tools.clock.now()), timeOut);
  const failed = (thrown: unknown): End => {
    if (thrown instanceof StateFailure) {
      const { error, cause } = thrown.detail;
      return finish({ status: 'FAILED', error, cause });
    }
    if (thrown instanceof HistoryFull) {
      const cause = `The execution reached the maximum number of history events (${tools.limits.historyEventsMax}).`;
      return finish({ status: 'FAILED', error: 'States.Runtime', cause });
    }
    const cause = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    return finish({ status: 'FAILED', error: 'States.Runtime', cause });
  };

  if (!restored || restored.lastEventId === 0) start(run, root, head);
  const ended = walk(run, root).then(
    (output) => over ?? finish({ status: 'SUCCEEDED', output }),
    (thrown: unknown) => {
      if (over) return over;
      if (thrown instanceof Aborted && signal.reason instanceof Closing) return undefined;
      const end = failed(thrown);
      controller.abort(new Aborted());
      return end;
    },
  );
  return {
    ended,
    stop: (error, cause) => {
      const end = finish({ status: 'ABORTED', error, cause });
      controller.abort(new Aborted());
      return end;
    },
    suspend: () => {
      cancelTimeout();
      if (over) return;
      controller.abort(new Closing());
      parts.journal.close();
    },
  };
};

/** A redrive gives the execution its whole time again. */
const startedMs = (head: ExecutionHead): number => head.redrive?.atMs ?? head.startMs;

/** Longest express execution, in seconds. Source: Step Functions quotas. */
const EXPRESS_SECONDS_MAX = 300;

/** Seconds the execution may take, if there is a limit. */
const secondsMax = (head: ExecutionHead, machine: Machine): number | undefined => {
  if (head.type === 'STANDARD') return machine.timeoutSeconds;
  return Math.min(machine.timeoutSeconds ?? EXPRESS_SECONDS_MAX, EXPRESS_SECONDS_MAX);
};

const start = (run: Run, root: Frame, head: ExecutionHead): void => {
  const { input, roleArn } = head;
  const text = JSON.stringify({ input, roleArn });
  // The first state is entered after event 0, as AWS numbers it.
  run.emit(root, 'ExecutionStarted', text, { previous: 0, advance: false });
  run.commit();
};
