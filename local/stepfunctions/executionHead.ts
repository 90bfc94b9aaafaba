import { existsSync } from 'node:fs';
import { readHead } from './journal.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Machine, StateGraph } from './machine.ts';
import { parseMachine } from './parseMachine.ts';
import type { ExecutionHead } from './runtime.ts';

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const headOf = (stored: JsonObject): ExecutionHead => {
  const { mapRun } = stored;
  return {
    arn: textOf(stored['arn']),
    name: textOf(stored['name']),
    machineArn: textOf(stored['machineArn']),
    machineName: textOf(stored['machineName']),
    roleArn: textOf(stored['roleArn']),
    region: textOf(stored['region']),
    type: stored['type'] === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
    startMs: Number(stored['startMs']),
    definition: textOf(stored['definition']),
    input: stored['input'] ?? null,
    revisionId: textOf(stored['revisionId']),
    ...(typeof stored['traceHeader'] === 'string' ? { traceHeader: stored['traceHeader'] } : {}),
    ...(isObject(mapRun)
      ? {
          mapRun: {
            arn: textOf(mapRun['arn']),
            state: textOf(mapRun['state']),
            index: Number(mapRun['index']),
          },
        }
      : {}),
  };
};

const findMap = (graph: StateGraph, name: string): StateGraph | undefined => {
  for (const state of graph.states.values()) {
    if (state.type === 'Map') {
      if (state.name === name) return state.processor;
      const found = findMap(state.processor, name);
      if (found) return found;
    }
    const branches = state.type === 'Parallel' ? state.branches : [];
    for (const branch of branches) {
      const found = findMap(branch, name);
      if (found) return found;
    }
  }
  return undefined;
};

const PARSED_MAX = 200;

/** Keeps machines that were parsed, by definition and, for a child, the Map state it belongs to. */
export const machineCache = () => {
  const parsed = new Map<string, Machine>();
  return (head: ExecutionHead): Machine => {
    const key = `${head.mapRun?.state ?? ''}\n${head.definition}`;
    const known = parsed.get(key);
    if (known) return known;
    const whole = parseMachine(head.definition);
    const graph = head.mapRun ? findMap(whole, head.mapRun.state) : whole;
    if (!graph) throw new Error(`there is no Map state '${head.mapRun?.state}'`);
    const machine: Machine = head.mapRun
      ? { ...graph, comment: undefined, timeoutSeconds: undefined }
      : whole;
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(key, machine);
    return machine;
  };
};

/** The head in a journal. Throws when the file has none. */
export const headIn = (file: string): ExecutionHead => {
  const stored = existsSync(file) ? readHead(file) : undefined;
  if (!stored) throw new Error(`${file} does not begin with the head of an execution`);
  return headOf(stored);
};
