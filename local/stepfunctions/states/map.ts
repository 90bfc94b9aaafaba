import { runBranches } from '../branches.ts';
import { contextOf } from '../context.ts';
import {
  effectiveInput,
  expressionScope,
  fillTemplate,
  finishWithResult,
  numberOf,
  pathScope,
  readField,
} from '../dataFlow.ts';
import { evaluationFault, runtimeFault } from '../failure.ts';
import { type Json, show } from '../json.ts';
import { evaluate, evaluateTemplate, expressionIn, hasExpression, typeFault } from '../jsonata.ts';
import type { MapState } from '../machine.ts';
import { withRules } from '../rules.ts';
import type { Frame, Outcome, Run } from '../runtime.ts';

/** Iterations an inline Map runs at a time. Source: Step Functions, inline mode. */
const INLINE_CONCURRENCY_MAX = 40;

const itemsFromExpression = async (run: Run, frame: Frame, state: MapState): Promise<Json[]> => {
  const { items } = state;
  if (items === undefined) {
    if (Array.isArray(frame.input)) return frame.input;
    throw evaluationFault(
      `Map state input must be an array but was: ${show(frame.input)}`,
      undefined,
    );
  }
  const scope = expressionScope(run, frame);
  if (typeof items === 'string') {
    const text = expressionIn(items) ?? items;
    const value = await evaluate(text, 'Items', scope);
    if (Array.isArray(value)) return value;
    throw typeFault(text, 'Items', 'array', value);
  }
  const value = hasExpression(items) ? await evaluateTemplate(items, 'Items', scope) : items;
  if (Array.isArray(value)) return value;
  throw typeFault(show(items), 'Items', 'array', value);
};

const itemsFromPath = (run: Run, frame: Frame, state: MapState): Json[] => {
  const input = effectiveInput(run, frame, state);
  const path = state.itemsPath ?? '$';
  const value = readField(path, pathScope(run, frame, input));
  if (Array.isArray(value)) return value;
  throw runtimeFault(`Reference path "${path}" must point to array.`);
};

/** The items a Map iterates over, taken from the state's input. */
export const itemsOf = async (run: Run, frame: Frame, state: MapState): Promise<Json[]> =>
  state.language === 'JSONata'
    ? itemsFromExpression(run, frame, state)
    : itemsFromPath(run, frame, state);

/** The input of one iteration: the item, or what ItemSelector makes of it. */
export const itemInput = async (
  run: Run,
  frame: Frame,
  state: MapState,
  item: { readonly index: number; readonly value: Json },
): Promise<Json> => {
  if (state.itemSelector === undefined) return item.value;
  // The item is part of the context object while its selector is evaluated.
  const inside: Frame = { ...frame, item };
  if (state.language === 'JSONata') {
    return evaluateTemplate(state.itemSelector, 'ItemSelector', expressionScope(run, inside));
  }
  const scope = {
    ...pathScope(run, inside, effectiveInput(run, frame, state)),
    context: () => contextOf(run, inside),
  };
  return fillTemplate(state.itemSelector, scope, run);
};

type Prepared = { readonly items: Json[]; readonly concurrency: number };

const prepare = async (run: Run, frame: Frame, state: MapState): Promise<Prepared> => {
  const { progress } = frame;
  if (Array.isArray(progress['items']) && typeof progress['concurrency'] === 'number') {
    return { items: progress['items'], concurrency: progress['concurrency'] };
  }
  const items = await itemsOf(run, frame, state);
  const wanted = (await numberOf(run, frame, state.maxConcurrency, 'MaxConcurrency')) ?? 0;
  // Evaluated so that a wrong one fails the state; only distributed maps tolerate failures.
  await numberOf(run, frame, state.toleratedFailureCount, 'ToleratedFailureCount');
  await numberOf(run, frame, state.toleratedFailurePercentage, 'ToleratedFailurePercentage');
  const concurrency =
    wanted > 0 ? Math.min(wanted, INLINE_CONCURRENCY_MAX) : INLINE_CONCURRENCY_MAX;
  run.emit(frame, 'MapStateStarted', `{"length":${items.length}}`);
  run.progress(frame, { items, concurrency });
  return { items, concurrency };
};

/** Inline Map: one walk per item, results in the order of the items. */
export const runInlineMap = (
  run: Run,
  frame: Frame,
  state: MapState,
  walk: (child: Frame) => Promise<Json>,
): Promise<Outcome> => {
  const name = JSON.stringify(state.name);
  const tell = (type: string, advance: boolean) => (child: Frame) =>
    run.emit(child, type, `{"name":${name},"index":${child.index}}`, { advance });
  const once = async (): Promise<Outcome> => {
    const { items, concurrency } = await prepare(run, frame, state);
    const outputs = await runBranches(run, frame, {
      count: items.length,
      concurrency,
      open: async (index) => {
        const item = { index, value: items[index] ?? null };
        return { graph: state.processor, input: await itemInput(run, frame, state, item), item };
      },
      started: tell('MapIterationStarted', true),
      succeeded: tell('MapIterationSucceeded', false),
      failed: tell('MapIterationFailed', false),
      aborted: tell('MapIterationAborted', false),
      walk,
    });
    run.emit(frame, 'MapStateSucceeded', undefined, { advance: false });
    return finishWithResult(run, frame, state, outputs);
  };
  return withRules(run, frame, state, once, ({ evaluation }) => {
    // AWS writes no such event when the state's own paths led nowhere.
    const started = frame.progress['items'] !== undefined;
    if (started || evaluation) run.emit(frame, 'MapStateFailed');
  });
};
