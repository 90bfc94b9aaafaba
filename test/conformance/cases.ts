import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const event = z.looseObject({
  id: z.union([z.number(), z.array(z.number())]),
  previousEventId: z.number(),
  type: z.string(),
});

const execution = z.object({
  id: z.string(),
  definition: z.record(z.string(), z.unknown()),
  input: z.unknown(),
  expected: z.looseObject({ get_execution_history: z.object({ events: z.array(event) }) }),
});

/** One event of a recorded history. An id of 0 or [0] stands for one the recording leaves out. */
export type RecordedEvent = z.infer<typeof event>;
/** One execution that was recorded on AWS. */
export type Case = z.infer<typeof execution>;

const DEFAULT_FILE = path.resolve(import.meta.dirname, '../../../shared/conformance/asl.json');

/** Where the recorded cases are looked for. */
export const casesFile = (): string => process.env['ASL_CASES'] ?? DEFAULT_FILE;

/** Reads the cases, or undefined when the file is not there. Throws when it is of another form. */
export const readCases = (file: string): Case[] | undefined => {
  if (!existsSync(file)) return undefined;
  return z.array(execution).parse(JSON.parse(readFileSync(file, 'utf8')));
};

/** The details of an event, whatever their key. */
export const detailsOf = (of: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const key = Object.keys(of).find((name) => name.endsWith('EventDetails'));
  const found = key === undefined ? undefined : of[key];
  return typeof found === 'object' && found !== null ? { ...found } : {};
};
