/** Reads what the lint judges: the templates of every role, the state machines, and what functions throw. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LineCounter, parse, parseDocument } from 'yaml';
import { ERROR_NAMES } from '../../core/errors.ts';
import type { Facts, Machine, Place, Stack } from '../../core/lint/model.ts';
import type { StackPlace } from '../../core/regions/stackPlaces.ts';
import { readStack } from '../../local/stack/stackModel.ts';
import { openYaml, type Params } from '../../local/stack/variables.ts';
import { ACCOUNT_ID } from '../../local/wire/types.ts';
import { type Lined, lineAt } from '../config/lines.ts';

export const readStacks = (
  folder: string,
  places: readonly StackPlace[],
  paramsOf: (place: StackPlace) => Params,
): Stack[] => {
  const read = openYaml();
  return places.map((place) =>
    readStack({ folder, ...place, accountId: ACCOUNT_ID, params: paramsOf(place), read }),
  );
};

export const readMachines = (folder: string): Machine[] =>
  globSync('statemachines/*.asl.yaml', { cwd: folder })
    .sort()
    .map((file) => {
      const definition: unknown = parse(readFileSync(path.join(folder, file), 'utf8'), {
        merge: true,
      });
      return { file, definition };
    });

const IMPORT = /(?:from|import)\s*\(?'(\.{1,2}\/[^']+\.ts)'/g;
const THROWN = /new DrillError\(\s*'(\w+)'/g;

/** Names in the module at `file` and in all that it leads to. */
const namesIn = (file: string, seen: Map<string, readonly string[]>): Set<string> => {
  const all = new Set<string>();
  const waiting = [file];
  const visited = new Set(waiting);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const text = seen.get(next) ?? [readFileSync(next, 'utf8')];
    seen.set(next, text);
    for (const [, name = ''] of (text[0] ?? '').matchAll(THROWN)) all.add(name);
    for (const [, spec = ''] of (text[0] ?? '').matchAll(IMPORT)) {
      const target = path.resolve(path.dirname(next), spec);
      if (visited.has(target) || !existsSync(target)) continue;
      visited.add(target);
      waiting.push(target);
    }
  }
  return all;
};

export const readFacts = (folder: string): Facts => {
  const seen = new Map<string, readonly string[]>();
  const folders = globSync('functions/*/handler.ts', { cwd: folder }).map((file) =>
    path.basename(path.dirname(file)),
  );
  const thrown = folders.map((name): [string, string[]] => [
    name,
    [...namesIn(path.join(folder, 'functions', name, 'handler.ts'), seen)],
  ]);
  return {
    errorNames: ERROR_NAMES,
    functionFolders: folders,
    thrownBy: Object.fromEntries(thrown),
  };
};

/** Finds lines of places in YAML files below a folder; 1 for a file of another kind. */
export const openLines = (folder: string): ((place: Place) => number) => {
  const files = new Map<string, Lined>();
  const lined = (file: string): Lined => {
    const known = files.get(file);
    if (known) return known;
    const lines = new LineCounter();
    const text = readFileSync(path.resolve(folder, file), 'utf8');
    const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', merge: true });
    const made = { document, lines };
    files.set(file, made);
    return made;
  };
  return ({ file, path: at }) => (/\.ya?ml$/.test(file) ? lineAt(lined(file), at) : 1);
};
