import { Aborted, StateFailure } from './failure.ts';
import { isOversize, type Json, PAYLOAD_BYTES_MAX } from './json.ts';
import type { State } from './machine.ts';
import { failureOf } from './rules.ts';
import type { Frame, Outcome, Run } from './runtime.ts';
import { runChoice } from './states/choice.ts';
import { runDistributedMap } from './states/distributedMap.ts';
import { runFail } from './states/fail.ts';
import { runInlineMap } from './states/map.ts';
import { runParallel } from './states/parallel.ts';
import { runPass } from './states/pass.ts';
import { runSucceed } from './states/succeed.ts';
import { runTask } from './states/task.ts';
import { runWait } from './states/wait.ts';
import { tooLarge } from './taskReport.ts';

const stateOf = (frame: Frame): State => {
  const state = frame.graph.states.get(frame.state);
  if (!state) throw new Error(`there is no state '${frame.state}'`);
  return state;
};

const enter = (run: Run, frame: Frame, state: State, inputText: string): void => {
  frame.enteredPrevious = frame.previous;
  frame.enteredMs = run.tools.clock.now();
  frame.enteredId = run.emit(
    frame,
    `${state.type}StateEntered`,
    `{"name":${JSON.stringify(state.name)},"input":${inputText}}`,
  );
  frame.entered = true;
  frame.retries = [];
  frame.retryCount = 0;
  frame.progress = {};
  frame.results.clear();
  run.commit();
};

/** Runs one state of a frame. */
export const runState = (run: Run, frame: Frame, state: State): Outcome | Promise<Outcome> => {
  switch (state.type) {
    case 'Pass':
      return runPass(run, frame, state);
    case 'Choice':
      return runChoice(run, frame, state);
    case 'Task':
      return runTask(run, frame, state);
    case 'Wait':
      return runWait(run, frame, state);
    case 'Succeed':
      return runSucceed(run, frame, state);
    case 'Fail':
      return runFail(run, frame, state);
    case 'Parallel':
      return runParallel(run, frame, state, (child) => walk(run, child));
    case 'Map':
      return state.distributed
        ? runDistributedMap(run, frame, state)
        : runInlineMap(run, frame, state, (child) => walk(run, child));
  }
};

const leave = (run: Run, frame: Frame, state: State, outcome: Outcome): string => {
  const text = JSON.stringify(outcome.output);
  if (isOversize(text)) {
    throw new StateFailure({ error: 'States.DataLimitExceeded', cause: tooLarge(state.name) });
  }
  const variables = outcome.assigned ? JSON.stringify(outcome.assigned) : undefined;
  if (variables !== undefined && isOversize(variables)) {
    const cause = `The variables that state '${state.name}' assigns are larger than ${PAYLOAD_BYTES_MAX} bytes.`;
    throw new StateFailure({ error: 'States.DataLimitExceeded', cause });
  }
  const assigned = variables === undefined ? '' : `,"assignedVariables":${variables}`;
  run.emit(
    frame,
    `${state.type}StateExited`,
    `{"name":${JSON.stringify(state.name)},"output":${text}${assigned}}`,
    { next: outcome.next ?? null },
  );
  if (outcome.assigned) frame.variables = { ...frame.variables, ...outcome.assigned };
  frame.entered = false;
  frame.input = outcome.output;
  return text;
};

/**
 * Walks a frame from where it stands to its end and gives its output. Throws StateFailure when a
 * state fails and no rule handles it, Aborted when the frame is stopped.
 */
export const walk = async (run: Run, frame: Frame): Promise<Json> => {
  if (frame.over) return frame.input;
  let inputText = JSON.stringify(frame.input);
  for (;;) {
    if (frame.signal.aborted) throw new Aborted();
    const pause = run.pause();
    if (pause) await pause;
    const state = stateOf(frame);
    if (!frame.entered) enter(run, frame, state, inputText);
    let outcome: Outcome;
    try {
      const running = runState(run, frame, state);
      outcome = running instanceof Promise ? await running : running;
      if (frame.signal.aborted) throw new Aborted();
      inputText = leave(run, frame, state, outcome);
    } catch (thrown) {
      if (thrown instanceof Aborted) throw thrown;
      throw failureOf(run, frame, thrown);
    }
    if (outcome.next === undefined) return outcome.output;
    frame.state = outcome.next;
  }
};
