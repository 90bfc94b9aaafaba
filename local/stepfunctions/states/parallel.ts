import { runBranches } from '../branches.ts';
import { argumentsOf, finishWithResult } from '../dataFlow.ts';
import type { Json } from '../json.ts';
import type { ParallelState } from '../machine.ts';
import { withRules } from '../rules.ts';
import type { Frame, Outcome, Run } from '../runtime.ts';

const nothing = () => {};

/** Parallel: runs its branches at the same time; its result is the list of their outputs. */
export const runParallel = (
  run: Run,
  frame: Frame,
  state: ParallelState,
  walk: (child: Frame) => Promise<Json>,
): Promise<Outcome> => {
  const once = async (): Promise<Outcome> => {
    const resumed = frame.progress['started'] === true;
    const input = resumed
      ? (frame.progress['input'] ?? null)
      : await argumentsOf(run, frame, state);
    if (!resumed) {
      run.emit(frame, 'ParallelStateStarted');
      run.progress(frame, { started: true, input });
    }
    const outputs = await runBranches(run, frame, {
      count: state.branches.length,
      concurrency: 0,
      open: (index) => {
        const graph = state.branches[index];
        if (!graph) throw new Error(`there is no branch ${index}`);
        return { graph, input };
      },
      started: nothing,
      succeeded: (child) => child.previous,
      failed: nothing,
      aborted: nothing,
      walk,
    });
    run.emit(frame, 'ParallelStateSucceeded', undefined, { advance: false });
    return finishWithResult(run, frame, state, outputs);
  };
  return withRules(run, frame, state, once, () => {
    if (frame.progress['started'] === true) run.emit(frame, 'ParallelStateFailed');
  });
};
