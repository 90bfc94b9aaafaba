import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { corruptFile } from '../state/failures.ts';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';

/** File name for a name that may hold any character. */
const fileName = (name: string): string => {
  const encoded = encodeURIComponent(name).replace(
    /[.*]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  if (encoded.length <= 160) return encoded;
  return createHash('sha256').update(name).digest('hex');
};

const readRecord = (file: string): JsonObject => {
  let record: Json;
  try {
    record = parseJson(readFileSync(file, 'utf8'));
  } catch (error) {
    throw corruptFile(file, 'is not JSON', error);
  }
  if (isObject(record)) return record;
  throw corruptFile(file, 'holds no JSON object');
};

/** Where the engine keeps machines and executions: `<folder>/<region>/...`. */
export const createStore = (folder: string) => {
  const machineFile = (region: string, name: string) =>
    path.join(folder, region, 'machines', `${fileName(name)}.json`);
  const executionFolder = (region: string, machine: string, name: string) =>
    path.join(folder, region, 'executions', fileName(machine), fileName(name));
  const journalFile = (region: string, machine: string, name: string) =>
    path.join(executionFolder(region, machine, name), 'journal.jsonl');

  const mapRunFile = (arn: string) =>
    path.join(
      folder,
      arn.split(':')[3] ?? '',
      'mapRuns',
      `${fileName(arn.split(':').at(-1) ?? '')}.json`,
    );

  const list = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir).sort() : []);
  const regions = (): string[] => list(folder).filter((name) => /^[a-z]{2}-/.test(name));

  return {
    journalFile,
    /** Writes a machine whole or not at all. */
    saveMachine: (region: string, name: string, record: JsonObject): void => {
      const file = machineFile(region, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(record));
      renameSync(`${file}.new`, file);
    },
    removeMachine: (region: string, name: string): void => {
      rmSync(machineFile(region, name), { force: true });
    },
    loadMachines: (): { region: string; record: JsonObject }[] =>
      regions().flatMap((region) =>
        list(path.join(folder, region, 'machines'))
          .filter((name) => name.endsWith('.json'))
          .flatMap((name) => {
            const file = path.join(folder, region, 'machines', name);
            return [{ region, record: readRecord(file) }];
          }),
      ),
    saveMapRun: (arn: string, record: object): void => {
      const file = mapRunFile(arn);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(record));
      renameSync(`${file}.new`, file);
    },
    loadMapRuns: (): JsonObject[] =>
      regions().flatMap((region) => {
        const root = path.join(folder, region, 'mapRuns');
        return list(root)
          .filter((name) => name.endsWith('.json'))
          .map((name) => readRecord(path.join(root, name)));
      }),
    /** Makes the folder of an execution; returns the journal's place. */
    makeExecution: (region: string, machine: string, name: string): string => {
      mkdirSync(executionFolder(region, machine, name), { recursive: true });
      return journalFile(region, machine, name);
    },
    removeExecution: (region: string, machine: string, name: string): void => {
      rmSync(executionFolder(region, machine, name), { recursive: true, force: true });
    },
    /** Journals of all executions, in no order that means anything. */
    journals: (): string[] =>
      regions().flatMap((region) => {
        const root = path.join(folder, region, 'executions');
        return list(root).flatMap((machine) =>
          list(path.join(root, machine))
            .map((name) => path.join(root, machine, name, 'journal.jsonl'))
            .filter((file) => existsSync(file)),
        );
      }),
  };
};

export type Store = ReturnType<typeof createStore>;
