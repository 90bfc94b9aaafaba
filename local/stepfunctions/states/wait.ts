import { sleep } from '../../clock.ts';
import {
  assignPath,
  effectiveInput,
  expressionScope,
  finishJsonata,
  pathScope,
  readField,
  selectOutput,
} from '../dataFlow.ts';
import { Aborted, evaluationFault, runtimeFault } from '../failure.ts';
import { type Json, show } from '../json.ts';
import { evaluate, expressionIn, typeFault } from '../jsonata.ts';
import type { WaitState } from '../machine.ts';
import type { Frame, Outcome, Run } from '../runtime.ts';
import { parseTimestamp } from '../timestamps.ts';

/** Longest wait, in seconds (24,855 days). */
const DELAY_SECONDS_MAX = 2 ** 31 - 1;

const secondsFromPath = (path: string, scope: Json): number => {
  if (typeof scope === 'number' && Number.isInteger(scope)) return scope;
  throw runtimeFault(
    `The SecondsPath parameter cannot be parsed as a long value: ${path} == ${typeof scope === 'string' ? scope : show(scope)}`,
  );
};

const secondsOf = async (run: Run, frame: Frame, state: WaitState): Promise<number | undefined> => {
  const { seconds } = state;
  if (!seconds) return undefined;
  if (seconds.kind === 'value') return seconds.value;
  if (seconds.kind === 'path') {
    const input = effectiveInput(run, frame, state);
    const value = readField(seconds.text, pathScope(run, frame, input));
    return secondsFromPath(seconds.text, value);
  }
  const value = await evaluate(seconds.text, 'Seconds', expressionScope(run, frame));
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw typeFault(seconds.text, 'Seconds', 'integer', value);
};

const timestampOf = async (run: Run, frame: Frame, state: WaitState): Promise<number> => {
  if (state.timestampPath !== undefined) {
    const input = effectiveInput(run, frame, state);
    const value = readField(state.timestampPath, pathScope(run, frame, input));
    const ms = typeof value === 'string' ? parseTimestamp(value) : undefined;
    if (ms !== undefined) return ms;
    throw runtimeFault(
      `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${state.timestampPath} == ${typeof value === 'string' ? value : show(value)}`,
    );
  }
  const text = state.timestamp ?? '';
  const expression = state.language === 'JSONata' ? expressionIn(text) : undefined;
  let value: Json = text;
  if (expression !== undefined) {
    value = await evaluate(expression, 'Timestamp', expressionScope(run, frame));
    if (typeof value !== 'string') throw typeFault(expression, 'Timestamp', 'string', value);
  }
  const ms = parseTimestamp(value);
  if (ms !== undefined) return ms;
  throw evaluationFault(
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${value}`,
    'Timestamp',
    true,
  );
};

const dueMs = async (run: Run, frame: Frame, state: WaitState): Promise<number> => {
  const now = run.tools.clock.now();
  const seconds = await secondsOf(run, frame, state);
  const due = seconds === undefined ? await timestampOf(run, frame, state) : now + seconds * 1000;
  if (due - now > DELAY_SECONDS_MAX * 1000) throw runtimeFault('Wait state delay is too long.');
  return due;
};

/** Wait: until a time that is in the journal before the waiting begins. */
export const runWait = async (run: Run, frame: Frame, state: WaitState): Promise<Outcome> => {
  const { clock } = run.tools;
  const known = frame.progress['untilMs'];
  const untilMs = typeof known === 'number' ? known : await dueMs(run, frame, state);
  if (known === undefined) {
    run.progress(frame, { untilMs });
    run.commit();
  }
  const leftMs = untilMs - clock.now();
  if (leftMs > 0) {
    await sleep(clock, leftMs, frame.signal).catch(() => {
      throw new Aborted();
    });
  }
  if (state.language === 'JSONata') {
    return finishJsonata(run, frame, { ...state, otherwise: frame.input, extra: {} });
  }
  const input = effectiveInput(run, frame, state);
  const assigned = assignPath(state.assign, pathScope(run, frame, input), run);
  const output = selectOutput(run, frame, state.outputPath, input);
  return { next: state.next, output, assigned };
};
