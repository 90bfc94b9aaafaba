// The project's state machines, read as they are and with names filled in.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { calledFunction, kebab, statesOf } from '../../core/lint/machine.ts';
import { loadMachine } from '../../local/stepfunctions/loadMachine.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export const MACHINE_FILES = globSync('statemachines/*.asl.yaml', { cwd: ROOT }).sort();

export const readMachine = (file: string): unknown =>
  parse(readFileSync(path.join(ROOT, file), 'utf8'), { merge: true });

/** Functions that events, schedules, other functions or people start, and no state. */
const NO_STATE = ['approve', 'beat', 'evaluate', 'observe', 'prepare', 'probe', 'tell'];

/** Folders under functions/ that states call. */
export const FUNCTION_FOLDERS = globSync('functions/*/handler.ts', { cwd: ROOT })
  .map((file) => path.basename(path.dirname(file)))
  .filter((name) => !NO_STATE.includes(name))
  .sort();

/** A definition in which every placeholder stands for itself: `${PlanFunction}` becomes `PlanFunction`. */
export const definitionOf = (file: string): string => {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? '');
  return loadMachine(text, Object.fromEntries(names.map((name) => [name, name])));
};

/** Folders that no state of the same name calls. */
export const uncalled = (machines: readonly unknown[], folders: readonly string[]): string[] => {
  const called = machines.flatMap((definition) =>
    statesOf({ file: '', definition }).flatMap(({ name, state }) => {
      const fn = calledFunction(state);
      return fn === name ? [kebab(fn)] : [];
    }),
  );
  return folders.filter((folder) => !called.includes(folder));
};
