import { Aborted, StateFailure } from './failure.ts';
import type { Json } from './json.ts';
import type { ChildResult, Frame, NewFrame, Run } from './runtime.ts';

/** How a Parallel or an inline Map runs its parts. */
export type BranchPlan = {
  readonly count: number;
  /** How many at a time; 0 for all. */
  readonly concurrency: number;
  open(
    index: number,
  ):
    | Pick<NewFrame, 'graph' | 'input' | 'item'>
    | Promise<Pick<NewFrame, 'graph' | 'input' | 'item'>>;
  /** History events around one part. */
  started(child: Frame): void;
  /** Returns the event that what comes after the whole state follows. */
  succeeded(child: Frame): number;
  failed(child: Frame): void;
  aborted(child: Frame): void;
  walk(child: Frame): Promise<Json>;
};

const ABORTABLE = new Set(['Task', 'Wait', 'Parallel', 'Map']);

/** The history events that tell which states of a stopped branch did not end. */
const abortStates = (run: Run, frame: Frame): void => {
  const state = frame.graph.states.get(frame.state);
  for (const child of frame.children.values()) abortStates(run, child);
  if (frame.entered && state && ABORTABLE.has(state.type)) {
    if (frame.progress['mapRun'] !== undefined) {
      run.emit(frame, 'MapRunAborted', undefined, { advance: false });
    }
    run.emit(frame, `${state.type}StateAborted`, undefined, { advance: false });
  }
};

/**
 * Runs all parts and gives their outputs in order. When one fails the others are stopped, the
 * history tells so, and the failure is thrown. Parts that a former process finished are not run again.
 */
export const runBranches = async (run: Run, frame: Frame, plan: BranchPlan): Promise<Json[]> => {
  const stop = new AbortController();
  const signal = AbortSignal.any([frame.signal, stop.signal]);
  const limit = plan.concurrency > 0 ? plan.concurrency : plan.count;
  let nextIndex = 0;
  let lastEvent = frame.previous;
  let failure: { child: Frame; error: unknown } | undefined;

  const openNext = async (previous: number): Promise<Frame | undefined> => {
    while (nextIndex < plan.count && frame.results.has(nextIndex)) nextIndex += 1;
    if (nextIndex >= plan.count || failure) return undefined;
    const index = nextIndex++;
    const known = frame.children.get(index);
    if (known) {
      known.signal = signal;
      return known;
    }
    const part = await plan.open(index);
    const child = run.open(frame, { ...part, index, previous, signal });
    plan.started(child);
    return child;
  };
  const walk = async (first: Frame): Promise<void> => {
    for (let child: Frame | undefined = first; child; ) {
      const output: Json = await plan.walk(child).catch((error: unknown) => {
        if (!(error instanceof Aborted)) failure ??= { child: child ?? first, error };
        throw error;
      });
      lastEvent = plan.succeeded(child);
      run.close(child, { ok: true, output });
      child = await openNext(child.previous);
      run.commit();
    }
  };

  const first: Frame[] = [];
  while (first.length < limit) {
    const child = await openNext(frame.previous);
    if (!child) break;
    first.push(child);
  }
  run.commit();
  const walks = first.map(walk);
  let broken: unknown;
  await Promise.all(walks).catch((error: unknown) => {
    broken = error;
    stop.abort();
  });
  if (stop.signal.aborted) await Promise.allSettled(walks);
  if (failure) throw failed(run, frame, plan, failure);
  if (broken !== undefined) throw broken;
  if (frame.signal.aborted) throw new Aborted();
  frame.previous = lastEvent;
  return outputsOf(frame, plan.count);
};

const outputsOf = (frame: Frame, count: number): Json[] =>
  Array.from({ length: count }, (_, i) => {
    const result: ChildResult | undefined = frame.results.get(i);
    return result?.ok ? result.output : null;
  });

/** Writes how the state came apart; events follow the last one of the part that failed. */
const failed = (
  run: Run,
  frame: Frame,
  plan: BranchPlan,
  failure: { child: Frame; error: unknown },
): unknown => {
  if (!(failure.error instanceof StateFailure)) return failure.error;
  const { previous } = failure.child;
  const others = [...frame.children.values()].sort((a, b) => a.index - b.index);
  for (const child of others) {
    child.previous = previous;
    if (child === failure.child) plan.failed(child);
    else plan.aborted(child);
    abortStates(run, child);
  }
  frame.previous = previous;
  return failure.error;
};
