import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { corruptFile, isMissingFile, writeFailure } from '../state/failures.ts';

const message = z.strictObject({
  id: z.string(),
  receivedAtMs: z.number(),
  payload: z.looseObject({ text: z.string().optional() }),
});

export type SlackMessage = z.infer<typeof message>;

const readLog = async (file: string): Promise<{ messages: SlackMessage[]; bytes: number }> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissingFile(error)) return { messages: [], bytes: 0 };
    throw error;
  }
  // A last line without an end was cut by a crash; its sender never heard "ok".
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const messages = whole
    .split('\n')
    .slice(0, -1)
    .map((line, at) => {
      try {
        return message.parse(JSON.parse(line));
      } catch (error) {
        throw corruptFile(file, `has a line ${at + 1} that is no message`, error);
      }
    });
  return { messages, bytes: Buffer.byteLength(whole) };
};

/**
 * Messages as JSON lines; `add` resolves when the line is on disk. Throws DataCorrupt, DiskFull.
 */
export const openMessageLog = async (file: string) => {
  await mkdir(path.dirname(file), { recursive: true });
  const { messages, bytes } = await readLog(file);
  const handle = await open(file, 'a', 0o600);
  await handle.truncate(bytes);
  let goodBytes = bytes;
  let writing: Promise<void> = Promise.resolve();

  const write = async (added: SlackMessage) => {
    const line = `${JSON.stringify(added)}\n`;
    try {
      await handle.appendFile(line);
      await handle.datasync();
    } catch (error) {
      // Half a line must not spoil the next one. Where even that fails, the next start repairs it.
      await handle.truncate(goodBytes).catch(() => undefined);
      throw writeFailure(file, error);
    }
    goodBytes += Buffer.byteLength(line);
    messages.push(added);
  };
  return {
    messages: (): readonly SlackMessage[] => messages,
    add: (added: SlackMessage): Promise<void> => {
      writing = writing.then(
        () => write(added),
        () => write(added),
      );
      return writing;
    },
    close: async () => {
      await writing.catch(() => undefined);
      await handle.close();
    },
  };
};
