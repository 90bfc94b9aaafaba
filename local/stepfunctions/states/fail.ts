import { expressionScope, pathScope, readTemplateValue } from '../dataFlow.ts';
import { runtimeFault, StateFailure } from '../failure.ts';
import { show } from '../json.ts';
import { evaluate, expressionIn, typeFault } from '../jsonata.ts';
import type { FailState } from '../machine.ts';
import type { Frame, Run } from '../runtime.ts';

const fromPath = (run: Run, frame: Frame, path: string, field: string): string => {
  const value = readTemplateValue(path, field, pathScope(run, frame, frame.input), run);
  if (typeof value === 'string') return value;
  throw runtimeFault(
    `The ${field} field refers to value ${show(value)} which is not a string: ${path}`,
  );
};

const fromText = async (run: Run, frame: Frame, text: string, field: string): Promise<string> => {
  const expression = expressionIn(text);
  if (expression === undefined) return text;
  const value = await evaluate(expression, field, expressionScope(run, frame));
  if (typeof value === 'string') return value;
  throw typeFault(expression, field, 'string', value);
};

/** Fail: ends the branch with an error name and a cause. */
export const runFail = async (run: Run, frame: Frame, state: FailState): Promise<never> => {
  const read = async (
    path: string | undefined,
    text: string | undefined,
    field: string,
  ): Promise<string | undefined> => {
    if (path !== undefined) return fromPath(run, frame, path, `${field}Path`);
    if (text === undefined || state.language === 'JSONPath') return text;
    return fromText(run, frame, text, field);
  };
  const error = await read(state.errorPath, state.error, 'Error');
  const cause = await read(state.causePath, state.cause, 'Cause');
  throw new StateFailure({ error, cause });
};
