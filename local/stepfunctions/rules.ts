import { sleep } from '../clock.ts';
import { assignPath, finishJsonata, pathScope, placeResult } from './dataFlow.ts';
import { Aborted, type FailureDetail, inState, StateFailure, StateFault } from './failure.ts';
import type { JsonObject } from './json.ts';
import type { CatchRule, RetryRule, StateBase } from './machine.ts';
import type { Frame, Outcome, Run } from './runtime.ts';

/** Errors that nothing can handle: the execution always fails. Source: Step Functions, error names. */
const UNHANDLED = new Set(['States.Runtime']);

const matches = (names: readonly string[], failure: FailureDetail): boolean => {
  const { error } = failure;
  if (error !== undefined && UNHANDLED.has(error)) return false;
  return names.some((name) => {
    if (name === 'States.ALL') return true;
    if (name === 'States.TaskFailed') return error !== 'States.Timeout';
    if (name === 'States.HeartbeatTimeout') return failure.heartbeat === true || error === name;
    return name === error;
  });
};

/** Turns what a state threw into its failure; a JSONata failure gets its history event here. */
export const failureOf = (run: Run, frame: Frame, thrown: unknown): StateFailure => {
  if (thrown instanceof StateFailure) return thrown;
  if (!(thrown instanceof StateFault)) throw thrown;
  const failure = inState(thrown, frame.state, frame.enteredId);
  const { evaluation, error, cause } = failure.detail;
  if (evaluation) {
    const untouched = frame.previous === frame.enteredId && !evaluation.afterEntry;
    const details = JSON.stringify({
      error,
      cause,
      ...(evaluation.location === undefined ? {} : { location: evaluation.location }),
      state: frame.state,
    });
    const options = untouched ? { previous: frame.enteredPrevious } : {};
    run.emit(frame, 'EvaluationFailed', details, options);
  }
  return failure;
};

const delayMs = (rule: RetryRule, used: number, run: Run): number => {
  const grown = rule.intervalSeconds * rule.backoffRate ** used;
  const seconds = Math.min(grown, rule.maxDelaySeconds ?? grown);
  return (rule.fullJitter ? run.tools.random() * seconds : seconds) * 1000;
};

/** The first Retry rule that fits and has attempts left. */
export const retryRule = (
  state: StateBase,
  frame: Frame,
  failure: FailureDetail,
): { rule: RetryRule; index: number; used: number } | undefined => {
  const index = state.retry.findIndex((rule) => matches(rule.errorEquals, failure));
  const rule = state.retry[index];
  if (!rule) return undefined;
  const used = frame.retries[index] ?? 0;
  return used < rule.maxAttempts ? { rule, index, used } : undefined;
};

const errorOutput = (failure: FailureDetail): JsonObject => ({
  Error: failure.error ?? '',
  Cause: failure.cause ?? '',
});

/** The first Catch rule that fits. */
export const catchRule = (state: StateBase, failure: FailureDetail): CatchRule | undefined =>
  state.catch.find(({ errorEquals }) => matches(errorEquals, failure));

/** Where a caught failure leads, with what output. */
export const caught = async (
  run: Run,
  frame: Frame,
  state: StateBase,
  rule: CatchRule,
  failure: FailureDetail,
): Promise<Outcome> => {
  const error = errorOutput(failure);
  if (state.language === 'JSONata') {
    const parts = { ...rule, otherwise: error, extra: { errorOutput: error } };
    return finishJsonata(run, frame, parts);
  }
  return {
    next: rule.next,
    output: placeResult(rule.resultPath, frame.input, error),
    assigned: assignPath(rule.assign, pathScope(run, frame, error), run),
  };
};

const waitForRetry = async (run: Run, frame: Frame): Promise<void> => {
  const { retryAtMs } = frame.progress;
  if (typeof retryAtMs !== 'number') return;
  const { clock } = run.tools;
  await sleep(clock, Math.max(0, retryAtMs - clock.now()), frame.signal).catch(() => {
    throw new Aborted();
  });
};

/**
 * Runs a Task, Parallel or Map under its Retry and Catch rules. `giveUp` adds the history events of
 * a state that is not tried again. The time of the next attempt is in the journal before waiting.
 */
export const withRules = async (
  run: Run,
  frame: Frame,
  state: StateBase,
  once: () => Promise<Outcome>,
  giveUp: (failure: FailureDetail) => void = () => {},
): Promise<Outcome> => {
  for (;;) {
    await waitForRetry(run, frame);
    let failure: StateFailure;
    try {
      return await once();
    } catch (thrown) {
      failure = failureOf(run, frame, thrown);
    }
    const retry = retryRule(state, frame, failure.detail);
    if (retry) {
      frame.retries[retry.index] = retry.used + 1;
      frame.retryCount += 1;
      run.restart(frame);
      const retryAtMs = run.tools.clock.now() + delayMs(retry.rule, retry.used, run);
      run.progress(frame, { retryAtMs });
      run.commit();
      continue;
    }
    giveUp(failure.detail);
    const rule = catchRule(state, failure.detail);
    if (!rule) throw failure;
    try {
      return await caught(run, frame, state, rule, failure.detail);
    } catch (thrown) {
      throw failureOf(run, frame, thrown);
    }
  }
};
