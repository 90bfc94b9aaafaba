import {
  assignPath,
  effectiveInput,
  fillTemplate,
  finishJsonata,
  pathScope,
  placeResult,
  selectOutput,
} from '../dataFlow.ts';
import type { PassState } from '../machine.ts';
import type { Frame, Outcome, Run } from '../runtime.ts';

/** Pass: hands its input on, shaped. */
export const runPass = (run: Run, frame: Frame, state: PassState): Outcome | Promise<Outcome> => {
  if (state.language === 'JSONata') {
    const { assign, output, next } = state;
    if (!assign && output === undefined) return { next, output: frame.input, assigned: undefined };
    return finishJsonata(run, frame, { assign, output, next, otherwise: frame.input, extra: {} });
  }
  const input = effectiveInput(run, frame, state);
  const filled =
    state.parameters === undefined
      ? input
      : fillTemplate(state.parameters, pathScope(run, frame, input), run);
  const result = state.result === undefined ? filled : state.result;
  const assigned = assignPath(state.assign, pathScope(run, frame, result), run);
  const placed = placeResult(state.resultPath, frame.input, result);
  return {
    next: state.next,
    output: selectOutput(run, frame, state.outputPath, placed),
    assigned,
  };
};
