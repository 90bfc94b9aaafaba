import type { Json, JsonObject } from './json.ts';

/** A state machine that has been checked: what the runner works from. */
export type QueryLanguage = 'JSONPath' | 'JSONata';

/** States that one branch, one iteration or the whole machine walks through. */
export type StateGraph = {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
};

export type Machine = StateGraph & {
  readonly comment: string | undefined;
  /** Whole seconds after which the execution times out. */
  readonly timeoutSeconds: number | undefined;
};

/** A whole number, an expression of the state's query language, or not given. */
export type NumberField =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'expression'; readonly text: string }
  | { readonly kind: 'path'; readonly text: string; readonly field: string }
  | undefined;

export type RetryRule = {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number | undefined;
  readonly fullJitter: boolean;
};

export type CatchRule = {
  readonly errorEquals: readonly string[];
  readonly next: string;
  /** JSONPath: where the error goes; null throws it away. */
  readonly resultPath: string | null | undefined;
  /** JSONata. */
  readonly output: Json | undefined;
  readonly assign: JsonObject | undefined;
};

/** What every state has. Fields of the other query language are never set. */
export type StateBase = {
  readonly name: string;
  readonly language: QueryLanguage;
  /** The next state; undefined at the end of the branch. */
  readonly next: string | undefined;
  readonly inputPath: string | null | undefined;
  readonly outputPath: string | null | undefined;
  readonly resultPath: string | null | undefined;
  readonly parameters: Json | undefined;
  readonly resultSelector: Json | undefined;
  readonly arguments: Json | undefined;
  readonly output: Json | undefined;
  readonly assign: JsonObject | undefined;
  readonly retry: readonly RetryRule[];
  readonly catch: readonly CatchRule[];
};

export type TaskState = StateBase & {
  readonly type: 'Task';
  readonly resource: string;
  readonly timeoutSeconds: NumberField;
  readonly heartbeatSeconds: NumberField;
};
export type PassState = StateBase & { readonly type: 'Pass'; readonly result: Json | undefined };
export type SucceedState = StateBase & { readonly type: 'Succeed' };
export type FailState = StateBase & {
  readonly type: 'Fail';
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly errorPath: string | undefined;
  readonly causePath: string | undefined;
};
export type WaitState = StateBase & {
  readonly type: 'Wait';
  readonly seconds: NumberField;
  readonly timestamp: string | undefined;
  readonly timestampPath: string | undefined;
};

/** A choice rule of JSONPath: a comparison, or a combination of others. */
export type Condition =
  | { readonly op: 'And' | 'Or'; readonly parts: readonly Condition[] }
  | { readonly op: 'Not'; readonly part: Condition }
  | {
      readonly op: 'compare';
      readonly variable: string;
      readonly operator: string;
      readonly operand: Json;
    };

export type ChoiceRule = {
  readonly next: string;
  readonly assign: JsonObject | undefined;
  /** JSONata. */
  readonly output: Json | undefined;
  readonly condition: Condition | { readonly op: 'expression'; readonly text: string | boolean };
};
export type ChoiceState = StateBase & {
  readonly type: 'Choice';
  readonly choices: readonly ChoiceRule[];
  readonly default: string | undefined;
};

export type ParallelState = StateBase & {
  readonly type: 'Parallel';
  readonly branches: readonly StateGraph[];
};

export type ItemReader = {
  readonly resource: string;
  readonly config: JsonObject;
  readonly parameters: Json;
};
export type ItemBatcher = {
  readonly maxItemsPerBatch: NumberField;
  readonly maxInputBytesPerBatch: NumberField;
  readonly batchInput: Json | undefined;
};
export type ResultWriter = {
  readonly resource: string | undefined;
  readonly parameters: Json | undefined;
  readonly config: JsonObject | undefined;
};

export type MapState = StateBase & {
  readonly type: 'Map';
  readonly distributed: boolean;
  readonly executionType: 'STANDARD' | 'EXPRESS';
  readonly processor: StateGraph;
  readonly itemsPath: string | undefined;
  readonly items: Json | undefined;
  readonly itemSelector: Json | undefined;
  readonly maxConcurrency: NumberField;
  readonly toleratedFailureCount: NumberField;
  readonly toleratedFailurePercentage: NumberField;
  readonly label: string | undefined;
  readonly itemReader: ItemReader | undefined;
  readonly itemBatcher: ItemBatcher | undefined;
  readonly resultWriter: ResultWriter | undefined;
};

export type State =
  | TaskState
  | PassState
  | SucceedState
  | FailState
  | WaitState
  | ChoiceState
  | ParallelState
  | MapState;
