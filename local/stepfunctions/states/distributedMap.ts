import { finishWithResult, numberOf } from '../dataFlow.ts';
import { Aborted, runtimeFault, StateFailure } from '../failure.ts';
import { isObject, type Json, toJson } from '../json.ts';
import type { MapState } from '../machine.ts';
import { randomUuid } from '../random.ts';
import { withRules } from '../rules.ts';
import type { ChildResult, Frame, Outcome, Run } from '../runtime.ts';
import { itemInput, itemsOf } from './map.ts';

/** Child executions that run at a time when MaxConcurrency is 0. Source: Step Functions quotas. */
const CHILD_CONCURRENCY_MAX = 10_000;

type Plan = {
  readonly inputs: Json[];
  readonly concurrency: number;
  readonly toleratedCount: number | undefined;
  readonly toleratedPercentage: number | undefined;
  readonly runId: string;
};

const mapRunArn = (run: Run, state: MapState, runId: string): string => {
  const { region, machineName, arn } = run.head;
  const account = arn.split(':')[4] ?? '';
  return `arn:aws:states:${region}:${account}:mapRun:${machineName}/${state.label ?? runId.slice(0, 8)}:${runId}`;
};

const prepare = async (run: Run, frame: Frame, state: MapState): Promise<Plan> => {
  const items = await itemsOf(run, frame, state);
  run.emit(frame, 'MapStateStarted', `{"length":${items.length}}`);
  const concurrency = (await numberOf(run, frame, state.maxConcurrency, 'MaxConcurrency')) ?? 0;
  const count = await numberOf(run, frame, state.toleratedFailureCount, 'ToleratedFailureCount');
  const percentage = await numberOf(
    run,
    frame,
    state.toleratedFailurePercentage,
    'ToleratedFailurePercentage',
  );
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    throw runtimeFault('ToleratedFailurePercentage must be between 0 and 100.');
  }
  const inputs: Json[] = [];
  for (const [index, value] of items.entries()) {
    inputs.push(await itemInput(run, frame, state, { index, value }));
  }
  return {
    inputs,
    concurrency: concurrency > 0 ? concurrency : CHILD_CONCURRENCY_MAX,
    toleratedCount: count,
    toleratedPercentage: percentage,
    runId: randomUuid(run.tools.random),
  };
};

/** True when more iterations failed than the state tolerates. */
const tooManyFailed = (plan: Plan, failures: number): boolean => {
  if (failures === 0) return false;
  const { toleratedCount, toleratedPercentage } = plan;
  if (toleratedCount === undefined && toleratedPercentage === undefined) return true;
  const byCount = toleratedCount !== undefined && failures > toleratedCount;
  const percentage = (failures / plan.inputs.length) * 100;
  return byCount || (toleratedPercentage !== undefined && percentage > toleratedPercentage);
};

const EXCEEDED = 'The specified tolerated failure threshold was exceeded';

/** Distributed Map: each item is an execution of its own. */
export const runDistributedMap = (run: Run, frame: Frame, state: MapState): Promise<Outcome> => {
  const once = async (): Promise<Outcome> => {
    const stored = frame.progress['mapRun'];
    const plan: Plan = isObject(stored) ? planFrom(stored) : await prepare(run, frame, state);
    const arn = mapRunArn(run, state, plan.runId);
    if (!isObject(stored)) {
      run.emit(frame, 'MapRunStarted', JSON.stringify({ mapRunArn: arn }));
      run.progress(frame, { mapRun: toJson(plan) });
      run.commit();
    }
    const results = await runChildren(run, frame, state, plan, arn);
    const outputs = results.flatMap((result) => (result.ok ? [result.output] : []));
    run.emit(frame, 'MapRunSucceeded');
    run.emit(frame, 'MapStateSucceeded', undefined, { advance: false });
    return finishWithResult(run, frame, state, outputs);
  };
  return withRules(run, frame, state, once, () => {
    if (frame.progress['mapRun'] === undefined) return;
    run.emit(
      frame,
      'MapRunFailed',
      JSON.stringify({ error: 'States.ExceedToleratedFailureThreshold', cause: EXCEEDED }),
    );
    run.emit(frame, 'MapStateFailed');
  });
};

const planFrom = (stored: Record<string, Json>): Plan => {
  const list = (key: string): Json[] => (Array.isArray(stored[key]) ? stored[key] : []);
  const number = (key: string) => (typeof stored[key] === 'number' ? stored[key] : undefined);
  return {
    inputs: list('inputs'),
    concurrency: number('concurrency') ?? CHILD_CONCURRENCY_MAX,
    toleratedCount: number('toleratedCount'),
    toleratedPercentage: number('toleratedPercentage'),
    runId: String(stored['runId']),
  };
};

const runChildren = async (
  run: Run,
  frame: Frame,
  state: MapState,
  plan: Plan,
  arn: string,
): Promise<ChildResult[]> => {
  const stop = new AbortController();
  const signal = AbortSignal.any([frame.signal, stop.signal]);
  const results: ChildResult[] = [];
  let next = 0;
  let failures = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next++;
      if (index >= plan.inputs.length || stop.signal.aborted) return;
      const result = await run.tools.children.run(
        run.head,
        {
          name: `${plan.runId}-${index}`,
          mapRunArn: arn,
          state: state.name,
          index,
          input: plan.inputs[index] ?? null,
          type: state.executionType,
        },
        signal,
      );
      results[index] = result;
      if (result.ok) continue;
      failures += 1;
      if (tooManyFailed(plan, failures)) stop.abort(new Aborted());
    }
  };
  const width = Math.min(plan.concurrency, plan.inputs.length);
  await Promise.all(Array.from({ length: width }, worker)).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  if (stop.signal.aborted) {
    throw new StateFailure({ error: 'States.ExceedToleratedFailureThreshold', cause: EXCEEDED });
  }
  return results;
};
