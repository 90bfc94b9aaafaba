import {
  expressionScope,
  fillTemplate,
  finishWithResult,
  numberOf,
  pathScope,
} from '../dataFlow.ts';
import { Aborted, Closing, runtimeFault, StateFailure } from '../failure.ts';
import { readItems } from '../integrations/itemReader.ts';
import { writeResults } from '../integrations/resultWriter.ts';
import { isObject, type Json, type JsonObject, PAYLOAD_BYTES_MAX, toJson } from '../json.ts';
import { evaluateTemplate } from '../jsonata.ts';
import type { ItemBatcher, MapState } from '../machine.ts';
import { randomUuid } from '../random.ts';
import { withRules } from '../rules.ts';
import type { ChildEnd, Frame, MapRunSettings, Outcome, Run } from '../runtime.ts';
import { itemInput, itemsOf } from './map.ts';

/** Child executions that run at a time when MaxConcurrency is 0. Source: Step Functions quotas. */
const CHILD_CONCURRENCY_MAX = 10_000;

type Plan = {
  readonly runId: string;
  readonly inputs: Json[];
  readonly concurrency: number;
  readonly toleratedCount: number | null;
  readonly toleratedPercentage: number | null;
};

const mapRunArn = (run: Run, state: MapState, runId: string): string => {
  const { region, machineName, arn } = run.head;
  const account = arn.split(':')[4] ?? '';
  return `arn:aws:states:${region}:${account}:mapRun:${machineName}/${state.label ?? runId.slice(0, 8)}:${runId}`;
};

/** Groups items: by number, by bytes, or by whichever is reached first. */
const batched = async (
  run: Run,
  frame: Frame,
  state: MapState,
  batcher: ItemBatcher,
  inputs: readonly Json[],
): Promise<Json[]> => {
  const items = await numberOf(run, frame, batcher.maxItemsPerBatch, 'MaxItemsPerBatch');
  const bytes = await numberOf(run, frame, batcher.maxInputBytesPerBatch, 'MaxInputBytesPerBatch');
  const { batchInput } = batcher;
  let common: JsonObject = {};
  if (batchInput !== undefined) {
    const value =
      state.language === 'JSONata'
        ? await evaluateTemplate(batchInput, 'BatchInput', expressionScope(run, frame))
        : fillTemplate(batchInput, pathScope(run, frame, frame.input), run);
    common = { BatchInput: value };
  }
  const bytesMax = Math.min(bytes ?? PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MAX);
  const frameBytes = Buffer.byteLength(JSON.stringify({ ...common, Items: [] }));
  const batches: Json[][] = [];
  let size = 0;
  for (const input of inputs) {
    const own = Buffer.byteLength(JSON.stringify(input)) + 1;
    const last = batches.at(-1);
    if (!last || last.length >= (items ?? Number.POSITIVE_INFINITY) || size + own > bytesMax) {
      batches.push([input]);
      size = frameBytes + own;
    } else {
      last.push(input);
      size += own;
    }
  }
  return batches.map((Items) => ({ ...common, Items }));
};

const prepare = async (run: Run, frame: Frame, state: MapState): Promise<Plan> => {
  const { itemReader, itemBatcher } = state;
  const items = itemReader
    ? await readItems(run, frame, state, itemReader)
    : await itemsOf(run, frame, state);
  run.emit(frame, 'MapStateStarted', `{"length":${items.length}}`);
  const wanted = (await numberOf(run, frame, state.maxConcurrency, 'MaxConcurrency')) ?? 0;
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
    runId: randomUuid(run.tools.random),
    inputs: itemBatcher ? await batched(run, frame, state, itemBatcher, inputs) : inputs,
    concurrency: wanted > 0 ? wanted : CHILD_CONCURRENCY_MAX,
    toleratedCount: count ?? null,
    toleratedPercentage: percentage ?? null,
  };
};

const planFrom = (stored: JsonObject): Plan => {
  const number = (key: string) => (typeof stored[key] === 'number' ? stored[key] : null);
  return {
    runId: String(stored['runId']),
    inputs: Array.isArray(stored['inputs']) ? stored['inputs'] : [],
    concurrency: number('concurrency') ?? CHILD_CONCURRENCY_MAX,
    toleratedCount: number('toleratedCount'),
    toleratedPercentage: number('toleratedPercentage'),
  };
};

/** True when more child executions failed than the state tolerates. */
const tooManyFailed = (settings: MapRunSettings, failures: number, total: number): boolean => {
  if (failures === 0) return false;
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = settings;
  if (count === undefined && percentage === undefined) return true;
  if (count !== undefined && failures > count) return true;
  return percentage !== undefined && (failures / total) * 100 > percentage;
};

const EXCEEDED = {
  error: 'States.ExceedToleratedFailureThreshold',
  cause: 'The specified tolerated failure threshold was exceeded',
};

/** Runs the children, as many at a time as the settings of the moment allow. */
const runChildren = (
  run: Run,
  frame: Frame,
  state: MapState,
  plan: Plan,
  arn: string,
  settings: MapRunSettings,
): Promise<ChildEnd[]> => {
  const stop = new AbortController();
  const signal = AbortSignal.any([frame.signal, stop.signal]);
  const ends: ChildEnd[] = [];
  const { inputs, runId } = plan;
  return new Promise((resolve, reject) => {
    let next = 0;
    let active = 0;
    let failures = 0;
    const give = (error: unknown) => {
      stop.abort(frame.signal.aborted ? frame.signal.reason : new Aborted());
      reject(error);
    };
    const ended = (index: number, end: ChildEnd) => {
      ends[index] = end;
      active -= 1;
      if (!end.ok) failures += 1;
      if (tooManyFailed(settings, failures, inputs.length)) give(new StateFailure(EXCEEDED));
      else if (next >= inputs.length && active === 0) resolve(ends);
      else launch();
    };
    const launch = () => {
      while (active < settings.maxConcurrency && next < inputs.length && !signal.aborted) {
        const index = next++;
        active += 1;
        const input = inputs[index] ?? null;
        const type = state.executionType;
        const child = {
          name: `${runId}-${index}`,
          mapRunArn: arn,
          state: state.name,
          index,
          input,
          type,
        };
        run.tools.children.run(run.head, child, signal).then((end) => ended(index, end), give);
      }
    };
    if (inputs.length === 0) resolve([]);
    launch();
  });
};

/** The event of a run that goes on because its execution was redriven; once for each redrive. */
const tellRedrive = (run: Run, frame: Frame, mapRunArn: string): void => {
  const redriveCount = run.head.redrive?.count;
  if (redriveCount === undefined || frame.progress['redriven'] === redriveCount) return;
  if (frame.enteredMs > (run.head.redrive?.atMs ?? 0)) return;
  run.emit(frame, 'MapRunRedriven', JSON.stringify({ mapRunArn, redriveCount }));
  run.progress(frame, { redriven: redriveCount });
  run.commit();
};

/** Distributed Map: each item, or batch of items, is an execution of its own. */
export const runDistributedMap = (run: Run, frame: Frame, state: MapState): Promise<Outcome> => {
  const once = async (): Promise<Outcome> => {
    const stored = frame.progress['mapRun'];
    const plan = isObject(stored) ? planFrom(stored) : await prepare(run, frame, state);
    const arn = mapRunArn(run, state, plan.runId);
    if (!isObject(stored)) {
      run.emit(frame, 'MapRunStarted', JSON.stringify({ mapRunArn: arn }));
      run.progress(frame, { mapRun: toJson(plan) });
      run.commit();
    }
    tellRedrive(run, frame, arn);
    const note = run.tools.mapRuns.begin({
      arn,
      executionArn: run.head.arn,
      total: plan.inputs.length,
      settings: {
        maxConcurrency: plan.concurrency,
        toleratedFailureCount: plan.toleratedCount ?? undefined,
        toleratedFailurePercentage: plan.toleratedPercentage ?? undefined,
      },
    });
    let result: Json;
    try {
      const ends = await runChildren(run, frame, state, plan, arn, note.settings);
      result = state.resultWriter
        ? await writeResults(run, frame, state, state.resultWriter, arn, ends)
        : ends.flatMap((end) => (end.ok ? [end.output] : []));
    } catch (thrown) {
      if (thrown instanceof StateFailure) {
        note.end('FAILED');
        run.emit(frame, 'MapRunFailed', JSON.stringify(thrown.detail));
      } else if (!(frame.signal.reason instanceof Closing)) note.end('ABORTED');
      throw thrown;
    }
    note.end('SUCCEEDED');
    run.emit(frame, 'MapRunSucceeded');
    run.emit(frame, 'MapStateSucceeded', undefined, { advance: false });
    return finishWithResult(run, frame, state, result);
  };
  return withRules(run, frame, state, once, ({ evaluation }) => {
    if (frame.progress['mapRun'] !== undefined || evaluation) run.emit(frame, 'MapStateFailed');
  });
};
