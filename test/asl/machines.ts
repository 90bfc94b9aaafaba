// The project's state machines, read as they are and with names filled in.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
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
