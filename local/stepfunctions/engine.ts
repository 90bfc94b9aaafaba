import path from 'node:path';
import type { Clock } from '../clock.ts';
import type { Operations } from '../wire/types.ts';
import type { Entry, Stuck } from './executions.ts';
import { createRegistry, type Registry } from './executions.ts';
import { type FolderLock, lockFolder } from './folderLock.ts';
import { isObject, type JsonObject, toJson } from './json.ts';
import { createMapRuns } from './mapRuns.ts';
import { executionOperations } from './operations/executions.ts';
import { historyOperations } from './operations/history.ts';
import { type MachineRecord, machineOperations } from './operations/machines.ts';
import { mapRunOperations } from './operations/mapRuns.ts';
import { taskOperations } from './operations/tasks.ts';
import { testStateOperations } from './operations/testState.ts';
import type { Random } from './random.ts';
import type { Limits, TaskGateway } from './runtime.ts';
import { createStore } from './store.ts';
import { createTaskTokens } from './taskTokens.ts';

/** Events one execution may have. Source: Step Functions quotas. */
const HISTORY_EVENTS_MAX = 25_000;

export type StepFunctionsOptions = {
  /** Folder of the whole embedded cloud; machines and executions are kept in a folder of their own. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly gateway: TaskGateway;
  readonly limits?: Partial<Limits>;
  readonly log?: (message: string, fields: Record<string, unknown>) => void;
};

/** What the operations work with. */
export type EngineParts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly gateway: TaskGateway;
  readonly machines: ReadonlyMap<string, MachineRecord>;
  readonly registry: Registry;
  readonly tokens: ReturnType<typeof createTaskTokens>;
  readonly mapRuns: ReturnType<typeof createMapRuns>;
  saveMachine(record: MachineRecord): void;
  removeMachine(which: { region: string; name: string; arn: string }): void;
};

export type StepFunctions = {
  /** Handlers of the Step Functions API, by operation. */
  readonly operations: Operations;
  /**
   * Goes on with executions that a former process left running: all, or those of some machines. Answers
   * with those that cannot go on.
   */
  resume(which?: (machineArn: string) => boolean): Promise<readonly Stuck[]>;
  /** What is wrong with journals that could not be read, each naming its file. */
  readonly damaged: readonly string[];
  /** Settles when no execution runs any more. */
  settled(): Promise<void>;
  /** Suspends what runs and gives the folder back. */
  close(): Promise<void>;
};

const recordOf = (stored: JsonObject, region: string): MachineRecord => {
  const text = (key: string): string => (typeof stored[key] === 'string' ? stored[key] : '');
  const object = (key: string): JsonObject => (isObject(stored[key]) ? stored[key] : {});
  return {
    arn: text('arn'),
    name: text('name'),
    region,
    type: stored['type'] === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
    definition: text('definition'),
    roleArn: text('roleArn'),
    createdMs: Number(stored['createdMs']),
    updatedMs: Number(stored['updatedMs']),
    revisionId: text('revisionId'),
    label: text('label'),
    settings: object('settings'),
    tags: object('tags'),
  };
};

/**
 * The embedded Step Functions. Machines and executions live in `dataDir/stepfunctions` and survive a
 * crash; one process at a time may run executions there, the others get an error that names it.
 */
export const createStepFunctions = (options: StepFunctionsOptions): StepFunctions => {
  const { clock, random, gateway } = options;
  const folder = path.join(options.dataDir, 'stepfunctions');
  const store = createStore(folder);
  const tokens = createTaskTokens();
  const machines = new Map<string, MachineRecord>();
  const mapRuns = createMapRuns(store, clock);
  const limits: Limits = { historyEventsMax: HISTORY_EVENTS_MAX, ...options.limits };
  let lock: FolderLock | undefined;
  const registry = createRegistry({
    store,
    clock,
    tools: (children) => ({ clock, random, gateway, limits, tokens, children, mapRuns }),
    lock: () => {
      lock ??= lockFolder(folder);
    },
    log: options.log ?? (() => {}),
  });
  for (const { region, record } of store.loadMachines()) {
    const machine = recordOf(record, region);
    machines.set(machine.arn, machine);
  }
  const damaged = registry.load();
  const parts: EngineParts = {
    clock,
    random,
    gateway,
    machines,
    registry,
    tokens,
    mapRuns,
    saveMachine: (record) => {
      const stored = toJson(record);
      if (isObject(stored)) store.saveMachine(record.region, record.name, stored);
      machines.set(record.arn, record);
    },
    removeMachine: ({ region, name, arn }) => {
      store.removeMachine(region, name);
      machines.delete(arn);
    },
  };
  const running = (): Entry[] => [...registry.entries.values()].filter((entry) => entry.running);
  const settled = async (): Promise<void> => {
    for (let open = running(); open.length > 0; open = running()) {
      await Promise.allSettled(open.map((entry) => entry.running?.ended));
    }
  };
  return {
    operations: {
      ...machineOperations(parts),
      ...executionOperations(parts),
      ...historyOperations(parts),
      ...mapRunOperations(parts),
      ...taskOperations(parts),
      ...testStateOperations(parts),
    },
    resume: (which) => registry.resume(which),
    damaged,
    settled,
    close: async () => {
      registry.close();
      await settled();
      lock?.release();
      lock = undefined;
    },
  };
};
