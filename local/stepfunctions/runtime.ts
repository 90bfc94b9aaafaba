import type { Clock } from '../clock.ts';
import type { Json, JsonObject } from './json.ts';
import type { Machine, StateGraph } from './machine.ts';
import type { Random } from './random.ts';

/** How a task reaches another service. Throws errors whose `name` is the AWS error code. */
export type TaskRequest = {
  /** Service as the resource names it: `lambda`, `codebuild`, `dynamodb`, `sfn`. */
  readonly service: string;
  /** Operation of that service, such as `Invoke`. */
  readonly action: string;
  readonly input: unknown;
  readonly region: string;
  /** Whose rights the call is made with; all rights when absent. */
  readonly roleArn?: string;
  /** How dates are given back: optimised integrations count milliseconds. */
  readonly dates?: 'iso' | 'epochMs';
  readonly signal: AbortSignal;
};
export type TaskGateway = { call(request: TaskRequest): Promise<unknown> };

/** What an execution was started with; the first line of its journal. */
export type ExecutionHead = {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly roleArn: string;
  readonly region: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly startMs: number;
  readonly definition: string;
  readonly input: Json;
  readonly revisionId: string;
  readonly traceHeader?: string;
  /** Set once the execution was redriven. */
  readonly redrive?: { readonly count: number; readonly atMs: number };
  /** Set on the child executions of a distributed Map. */
  readonly mapRun?: { readonly arn: string; readonly state: string; readonly index: number };
};

export type ChildResult =
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly error: string | null; readonly cause: string | null };

/** One walk through a graph of states: the execution itself, a branch or an iteration. */
export type Frame = {
  readonly id: number;
  readonly index: number;
  readonly parent: Frame | undefined;
  readonly graph: StateGraph;
  readonly item: { readonly index: number; readonly value: Json } | undefined;
  state: string;
  input: Json;
  variables: Readonly<Record<string, Json>>;
  /** The last state was left: `input` is the output of the frame. */
  over: boolean;
  /** The state was entered and its entry is in the journal. */
  entered: boolean;
  enteredId: number;
  /** Event before the entry. */
  enteredPrevious: number;
  enteredMs: number;
  /** Event that the next event of this frame follows. */
  previous: number;
  /** Retries used, per rule of the state. */
  retries: number[];
  retryCount: number;
  /** What the current state has done so far; kept in the journal. */
  progress: JsonObject;
  readonly results: Map<number, ChildResult>;
  readonly children: Map<number, Frame>;
  /** Aborts when a sibling failed or the execution was stopped. */
  signal: AbortSignal;
};

/** Where a state leads and with what. */
export type Outcome = {
  readonly next: string | undefined;
  readonly output: Json;
  readonly assigned: JsonObject | undefined;
};

export type Limits = {
  /** Events one execution may have. Source: Step Functions quotas. */
  readonly historyEventsMax: number;
};

/** The engine parts that every state may use. */
export type Tools = {
  readonly clock: Clock;
  readonly random: Random;
  readonly gateway: TaskGateway;
  readonly limits: Limits;
  readonly tokens: TaskTokens;
  readonly children: ChildExecutions;
  readonly mapRuns: MapRuns;
};

export type TokenAnswer =
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly error: string | null; readonly cause: string | null };

/** The open tokens of the engine: who waits for which. */
export type TaskTokens = {
  open(token: string, waiter: { answer(answer: TokenAnswer): void; beat(): void }): () => void;
};

/** A child execution that ended. */
export type ChildEnd = ChildResult & {
  readonly arn: string;
  readonly name: string;
  readonly input: Json;
  readonly startMs: number;
  readonly stopMs: number;
};

/** What may change while a Map runs. */
export type MapRunSettings = {
  maxConcurrency: number;
  toleratedFailureCount: number | undefined;
  toleratedFailurePercentage: number | undefined;
};

/** Where the runs of distributed Maps are written down. */
export type MapRuns = {
  /** Notes a run, or finds it after a restart. The settings are live: UpdateMapRun changes them. */
  begin(run: {
    readonly arn: string;
    readonly executionArn: string;
    readonly total: number;
    readonly settings: MapRunSettings;
  }): { readonly settings: MapRunSettings; end(status: 'SUCCEEDED' | 'FAILED' | 'ABORTED'): void };
};

/** Child executions of a distributed Map. */
export type ChildExecutions = {
  /** Starts, or finds, the child named `name` and waits for its end. */
  run(
    parent: ExecutionHead,
    child: {
      readonly name: string;
      readonly mapRunArn: string;
      /** Name of the Map state whose processor the child walks. */
      readonly state: string;
      readonly index: number;
      readonly input: Json;
      readonly type: 'STANDARD' | 'EXPRESS';
    },
    signal: AbortSignal,
  ): Promise<ChildEnd>;
};

type EventOptions = {
  /** Event it follows, when that is not the last one of the frame. */
  readonly previous?: number;
  /** False for an event that the next one of the frame does not follow. */
  readonly advance?: boolean;
  /** On the exit of a state: the state after it, null at the end of the frame. */
  readonly next?: string | null;
};

/** One running execution, as its states see it. */
export type Run = {
  readonly head: ExecutionHead;
  readonly machine: Machine;
  readonly tools: Tools;
  /** Adds a history event; `details` is JSON text. Returns the event's id. */
  emit(frame: Frame, type: string, details?: string, options?: EventOptions): number;
  /** Merges into the frame's progress, in memory and in the journal. */
  progress(frame: Frame, patch: JsonObject): void;
  /** Forgets the attempt of the current state, keeping its retry counters. */
  restart(frame: Frame): void;
  open(parent: Frame, child: NewFrame): Frame;
  close(frame: Frame, result: ChildResult): void;
  /** Called for each state; every so often it lets the rest of the process have its turn. */
  pause(): Promise<void> | undefined;
  /** Puts everything since the last commit on disk, as one step. */
  commit(): void;
};

export type NewFrame = {
  readonly index: number;
  readonly graph: StateGraph;
  readonly input: Json;
  readonly item?: { readonly index: number; readonly value: Json };
  readonly previous: number;
  readonly signal: AbortSignal;
};
