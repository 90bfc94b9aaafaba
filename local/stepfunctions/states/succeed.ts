import { assignPath, effectiveInput, finishJsonata, pathScope, selectOutput } from '../dataFlow.ts';
import type { SucceedState } from '../machine.ts';
import type { Frame, Outcome, Run } from '../runtime.ts';

/** Succeed: ends the branch with its input. */
export const runSucceed = (
  run: Run,
  frame: Frame,
  state: SucceedState,
): Outcome | Promise<Outcome> => {
  if (state.language === 'JSONata') {
    return finishJsonata(run, frame, { ...state, otherwise: frame.input, extra: {} });
  }
  const input = effectiveInput(run, frame, state);
  const assigned = assignPath(state.assign, pathScope(run, frame, input), run);
  const output = selectOutput(run, frame, state.outputPath, input);
  return { next: undefined, output, assigned };
};
