import type { JournalRecord } from './journal.ts';
import type { Json, JsonObject } from './json.ts';
import type { Machine, StateGraph } from './machine.ts';
import type { ExecutionHead, Frame } from './runtime.ts';

/** A frame that has not entered its first state. */
export const newFrame = (parts: {
  readonly id: number;
  readonly index: number;
  readonly parent: Frame | undefined;
  readonly graph: StateGraph;
  readonly item: Frame['item'];
  readonly input: Json;
  readonly variables: Readonly<Record<string, Json>>;
  readonly previous: number;
  readonly signal: AbortSignal;
}): Frame => ({
  ...parts,
  state: parts.graph.startAt,
  over: false,
  entered: false,
  enteredId: 0,
  enteredPrevious: parts.previous,
  enteredMs: 0,
  retries: [],
  retryCount: 0,
  progress: {},
  results: new Map(),
  children: new Map(),
});

export type EndStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** Which end each closing event tells of. */
export const END_EVENTS: Record<string, EndStatus> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

/** Where an execution stood when its journal ends. */
export type Restored = {
  readonly root: Frame;
  readonly lastEventId: number;
  readonly lastFrameId: number;
  readonly ended: EndStatus | undefined;
  /** The last redrive, if there was one. */
  readonly redrive: ExecutionHead['redrive'];
};

const graphOf = (parent: Frame, index: number): StateGraph => {
  const state = parent.graph.states.get(parent.state);
  if (state?.type === 'Map') return state.processor;
  const branch = state?.type === 'Parallel' ? state.branches[index] : undefined;
  if (!branch) throw new Error(`corrupt journal: '${parent.state}' has no branch ${index}`);
  return branch;
};

const objectOf = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};

/** A task whose end is in the journal while what follows from it is not. */
const applyTaskEnd = (frame: Frame, record: JournalRecord & { k: 'e' }): void => {
  const { output = null, error = null, cause = null } = record.d ?? {};
  const { progress } = frame;
  if (record.y.endsWith('Succeeded')) frame.progress = { ...progress, result: output };
  else frame.progress = { ...progress, failure: { error, cause } };
};

const TASK_END = /^(Task|LambdaFunction)(Succeeded|Failed|TimedOut)$/;

const applyEvent = (frame: Frame, record: JournalRecord & { k: 'e' }): void => {
  const details = record.d ?? {};
  if (TASK_END.test(record.y)) applyTaskEnd(frame, record);
  if (record.y.endsWith('StateEntered')) {
    frame.state = String(details['name']);
    frame.input = details['input'] ?? null;
    frame.entered = true;
    frame.enteredId = record.i;
    frame.enteredPrevious = record.p;
    frame.enteredMs = record.t;
    frame.retries = [];
    frame.retryCount = 0;
    frame.progress = {};
    frame.results.clear();
  } else if (record.y.endsWith('StateExited')) {
    frame.variables = { ...frame.variables, ...objectOf(details['assignedVariables']) };
    frame.input = details['output'] ?? null;
    frame.entered = false;
    frame.over = record.n === null;
    if (typeof record.n === 'string') frame.state = record.n;
  }
};

/** Replays a journal: what each frame was doing when the last line was written. */
export const restore = async (
  records: AsyncIterable<JournalRecord>,
  machine: Machine,
  input: Json,
  signal: AbortSignal,
): Promise<Restored> => {
  const root = newFrame({
    id: 0,
    index: 0,
    parent: undefined,
    graph: machine,
    item: undefined,
    input,
    variables: {},
    previous: 0,
    signal,
  });
  const frames = new Map([[0, root]]);
  let lastEventId = 0;
  let lastFrameId = 0;
  let redrive: ExecutionHead['redrive'];
  let ended: EndStatus | undefined;
  for await (const record of records) {
    if (record.k === 'h') continue;
    if (record.k === 'd') {
      redrive = { count: record.n, atMs: record.at };
      ended = undefined;
      for (const frame of frames.values()) tryAgain(frame);
      continue;
    }
    if (record.k === 'n') {
      const parent = frames.get(record.p);
      if (!parent) throw new Error(`corrupt journal: no frame ${record.p}`);
      const child = newFrame({
        id: record.f,
        index: record.x,
        parent,
        graph: graphOf(parent, record.x),
        item: record.it,
        input: record.in,
        variables: parent.variables,
        previous: record.v,
        signal,
      });
      parent.children.set(record.x, child);
      frames.set(record.f, child);
      lastFrameId = Math.max(lastFrameId, record.f);
      continue;
    }
    if (record.k === 'e') {
      lastEventId = record.i;
      ended = END_EVENTS[record.y] ?? ended;
    }
    const frame = frames.get(record.f);
    if (!frame) continue;
    applyRecord(frame, record, frames);
  }
  return { root, lastEventId, lastFrameId, ended, redrive };
};

/** A redrive runs the states that did not end once more; what their parts achieved is kept. */
const tryAgain = (frame: Frame): void => {
  const type = frame.graph.states.get(frame.state)?.type;
  if (type !== 'Map' && type !== 'Parallel') frame.progress = {};
  frame.retries = [];
  frame.retryCount = 0;
};

const applyRecord = (
  frame: Frame,
  record: JournalRecord & { k: 'e' | 'g' | 'r' | 'z' },
  frames: Map<number, Frame>,
): void => {
  switch (record.k) {
    case 'e':
      applyEvent(frame, record);
      if (record.a !== 0) frame.previous = record.i;
      return;
    case 'g':
      frame.progress = { ...frame.progress, ...record.g };
      return;
    case 'r':
      frame.retries = record.a;
      frame.retryCount = record.c;
      frame.previous = record.v;
      frame.progress = {};
      frame.results.clear();
      for (const child of frame.children.values()) forget(child, frames);
      frame.children.clear();
      return;
    case 'z':
      frames.delete(frame.id);
      frame.parent?.children.delete(frame.index);
      frame.parent?.results.set(
        frame.index,
        record.e
          ? { ok: false, error: record.e[0] ?? null, cause: record.e[1] ?? null }
          : { ok: true, output: record.o ?? null },
      );
  }
};

const forget = (frame: Frame, frames: Map<number, Frame>): void => {
  frames.delete(frame.id);
  for (const child of frame.children.values()) forget(child, frames);
};
