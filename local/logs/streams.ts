import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { isMissingFile } from '../state/failures.ts';

const logEvent = z.object({
  id: z.string(),
  timestamp: z.number(),
  ingestionTime: z.number(),
  message: z.string(),
});
export type LogEvent = z.infer<typeof logEvent>;

const groupInfo = z.object({
  name: z.string(),
  createdMs: z.number(),
  retentionDays: z.number().optional(),
});
export type GroupInfo = z.infer<typeof groupInfo>;

const streamInfo = z.object({ name: z.string(), createdMs: z.number() });

export type Stream = {
  readonly name: string;
  readonly createdMs: number;
  /** In the order of their timestamps. */
  readonly events: LogEvent[];
};

export type Group = { info: GroupInfo; readonly streams: Map<string, Stream> };

/** Kept for each stream: at least this many bytes of the newest events, at most twice as many. */
const STREAM_BYTES_MAX = 4 * 1024 * 1024;
const PRIVATE = { mode: 0o600 };

// Names hold slashes and are longer than file names may be.
const fileName = (name: string): string => createHash('sha256').update(name).digest('hex');

const replaceFile = (file: string, text: string): void => {
  writeFileSync(`${file}.draft`, text, PRIVATE);
  renameSync(`${file}.draft`, file);
};

const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
};

/** Reads JSON lines; a last line that a crash cut short is left out. */
const readLines = (file: string): LogEvent[] => {
  const text = readText(file) ?? '';
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  if (complete.length < text.length) replaceFile(file, complete);
  return complete
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => logEvent.parse(JSON.parse(line)));
};

/** Reads a description, or nothing where a crash came before it was written. */
const readJson = <T>(file: string, schema: z.ZodType<T>): T | undefined => {
  const text = readText(file);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
};

const foldersIn = (folder: string): string[] => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return readdirSync(folder).map((name) => path.join(folder, name));
};

type Place = Pick<LogEvent, 'timestamp' | 'id'>;

/** Events go by their timestamps; of one millisecond, by their arrival. */
export const byPlace = (a: Place, b: Place): number =>
  a.timestamp - b.timestamp || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1);

const inOrder = (events: LogEvent[]): LogEvent[] => events.sort(byPlace);

const readStream = (folder: string): Stream | undefined => {
  const info = readJson(path.join(folder, 'stream.json'), streamInfo);
  if (!info) return undefined;
  const older = readLines(path.join(folder, 'older.jsonl'));
  const newer = readLines(path.join(folder, 'newer.jsonl'));
  return { ...info, events: inOrder([...older, ...newer]) };
};

const readGroup = (folder: string): Group | undefined => {
  const info = readJson(path.join(folder, 'group.json'), groupInfo);
  if (!info) return undefined;
  const streams = new Map<string, Stream>();
  for (const sub of foldersIn(path.join(folder, 'streams'))) {
    const stream = readStream(sub);
    if (stream) streams.set(stream.name, stream);
  }
  return { info, streams };
};

/** The log groups of one region: JSON lines on disk, newest kept when a stream grows too long. */
export const openGroups = (folder: string) => {
  const groups = new Map<string, Group>();
  for (const sub of foldersIn(folder)) {
    const group = readGroup(sub);
    if (group) groups.set(group.info.name, group);
  }
  const groupFolder = (group: string) => path.join(folder, fileName(group));
  const streamFolder = (group: string, stream: string) =>
    path.join(groupFolder(group), 'streams', fileName(stream));

  const makeRoom = (own: string, stream: Stream): void => {
    const newer = path.join(own, 'newer.jsonl');
    if (statSync(newer).size < STREAM_BYTES_MAX) return;
    renameSync(newer, path.join(own, 'older.jsonl'));
    const kept = readLines(path.join(own, 'older.jsonl'));
    stream.events.splice(0, stream.events.length, ...inOrder(kept));
  };

  return {
    groups: groups as ReadonlyMap<string, Group>,
    saveGroup(info: GroupInfo): void {
      mkdirSync(groupFolder(info.name), { recursive: true, mode: 0o700 });
      replaceFile(path.join(groupFolder(info.name), 'group.json'), JSON.stringify(info));
      const group = groups.get(info.name) ?? { info, streams: new Map() };
      group.info = info;
      groups.set(info.name, group);
    },
    dropGroup(name: string): void {
      rmSync(groupFolder(name), { recursive: true, force: true });
      groups.delete(name);
    },
    addStream(group: Group, name: string, createdMs: number): void {
      const own = streamFolder(group.info.name, name);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      replaceFile(path.join(own, 'stream.json'), JSON.stringify({ name, createdMs }));
      group.streams.set(name, { name, createdMs, events: [] });
    },
    dropStream(group: Group, name: string): void {
      rmSync(streamFolder(group.info.name, name), { recursive: true, force: true });
      group.streams.delete(name);
    },
    append(group: Group, stream: Stream, events: readonly LogEvent[]): void {
      const own = streamFolder(group.info.name, stream.name);
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
      appendFileSync(path.join(own, 'newer.jsonl'), lines, PRIVATE);
      stream.events.push(...events);
      inOrder(stream.events);
      makeRoom(own, stream);
    },
  };
};

export type Groups = ReturnType<typeof openGroups>;
