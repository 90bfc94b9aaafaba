// Goal: what was promised to be on disk is there, and a broken file is reported, not guessed at.
// Method: real files in a temporary folder, read back by a second opening as after a crash.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { holdDataFolder } from '../../../../local/assembly/dataFolder.ts';
import { writeFailure } from '../../../../local/state/failures.ts';
import { openJournal } from '../../../../local/state/journal.ts';
import { openStateFile } from '../../../../local/state/stateFile.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'state-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const schema = z.strictObject({ count: z.number() });

describe('a state file', () => {
  it('starts with the initial value and is found again', async () => {
    const file = path.join(folder, 'deep', 'a.json');
    const first = await openStateFile(file, schema, { count: 0 });
    expect(first.value).toEqual({ count: 0 });
    await Promise.all([1, 2, 3].map((count) => first.save({ count })));
    expect((await openStateFile(file, schema, { count: 0 })).value).toEqual({ count: 3 });
  });

  it('takes over what somebody else wrote, once, and keeps its value beside a broken file', async () => {
    const file = path.join(folder, 'edited.json');
    const state = await openStateFile(file, schema, { count: 0 });
    expect(await state.refresh()).toBe(false);
    await state.save({ count: 1 });
    expect(await state.refresh()).toBe(false);
    writeFileSync(file, '{"count":7}');
    expect(await state.refresh()).toBe(true);
    expect(await state.refresh()).toBe(false);
    expect(state.value).toEqual({ count: 7 });
    writeFileSync(file, '{"count":');
    await expect(state.refresh()).rejects.toMatchObject({ name: 'DataCorrupt' });
    expect(state.value).toEqual({ count: 7 });
    rmSync(file);
    expect(await state.refresh()).toBe(false);
    await state.save({ count: 8 });
    expect(readFileSync(file, 'utf8')).toBe('{"count":8}');
  });

  it('names a broken file and what is wrong with it', async () => {
    const file = path.join(folder, 'b.json');
    writeFileSync(file, '{"count":');
    await expect(openStateFile(file, schema, { count: 0 })).rejects.toMatchObject({
      name: 'DataCorrupt',
      message: expect.stringContaining(`${file} is not JSON`),
    });
    writeFileSync(file, '{"count":"x"}');
    await expect(openStateFile(file, schema, { count: 0 })).rejects.toThrow('expected number');
  });
});

describe('a journal', () => {
  const item = z.string();
  const three = ['1', '2', '3'].map((id) => ({ id, item: `item ${id}` }));

  it('keeps what is not done, in order', async () => {
    const file = path.join(folder, 'c.log');
    const first = await openJournal(file, item);
    await first.add(three);
    await first.done('2');
    const again = await openJournal(file, item);
    expect([...again.pending]).toEqual([
      ['1', 'item 1'],
      ['3', 'item 3'],
    ]);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    await Promise.all([first.close(), again.close()]);
  });

  it('forgets a line that a crash cut, and refuses a broken one', async () => {
    const file = path.join(folder, 'd.log');
    const first = await openJournal(file, item);
    await first.add(three);
    await first.close();
    appendFileSync(file, '{"id":"4","it');
    const again = await openJournal(file, item);
    expect([...again.pending.keys()]).toEqual(['1', '2', '3']);
    await again.close();
    appendFileSync(file, 'garbage\n');
    await expect(openJournal(file, item)).rejects.toThrow(`${file} has a line 4 that is not JSON`);
    writeFileSync(file, '{"id":"1","item":5}\n');
    await expect(openJournal(file, item)).rejects.toMatchObject({ name: 'DataCorrupt' });
  });

  it('shrinks when most of it is done', async () => {
    const file = path.join(folder, 'e.log');
    const journal = await openJournal(file, item);
    for (let round = 0; round < 6; round += 1) {
      const ids = Array.from({ length: 1_000 }, (_, i) => `${round}-${i}`);
      await journal.add(ids.map((id) => ({ id, item: id })));
      await Promise.all(ids.map((id) => journal.done(id)));
    }
    await journal.add([{ id: 'last', item: 'kept' }]);
    await journal.close();
    expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThan(10_000);
    const again = await openJournal(file, item);
    expect([...again.pending]).toEqual([['last', 'kept']]);
    await again.close();
  });
});

describe('a data folder', () => {
  it.each([
    ['EROFS', 'InputInvalid', 'a.json cannot be written (EROFS)'],
    ['EACCES', 'InputInvalid', 'a.json cannot be written (EACCES)'],
    ['ENOSPC', 'DiskFull', 'no space left to write a.json'],
  ])('that takes no writes (%s) is told as such', (code, name, message) => {
    const named = writeFailure('a.json', Object.assign(new Error(code), { code }));
    expect(named).toMatchObject({ name, message: expect.stringContaining(message) });
  });

  // Linux only: other systems have no file system that refuses like this. In a process of its own, as the fault hangs it.
  it.runIf(existsSync('/proc/self'))(
    'on /proc is refused at once',
    () => {
      const module = path.join(import.meta.dirname, '../../../../local/assembly/dataFolder.ts');
      const code = `import { holdDataFolder } from ${JSON.stringify(module)};
      try { holdDataFolder('/proc/x/data'); } catch (error) { console.log(error.name, error.message); }`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        ...{ encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
      });
      expect(stdout.trim()).toBe(
        'InputInvalid the data folder /proc/x/data cannot be made: that file system takes no folders (ENOENT at /proc/x). Name another with --data',
      );
    },
    90_000,
  );

  it('that cannot be made is told with the reason, and with the place if that is above', () => {
    const file = path.join(folder, 'file');
    const long = path.join(folder, 'a'.repeat(300));
    writeFileSync(file, '');
    expect(() => holdDataFolder(path.join(file, 'data'))).toThrow(
      `${file}/data cannot be made: something else has that name (EEXIST at ${file}). Name another with --data`,
    );
    expect(() => holdDataFolder(long)).toThrow(
      `${long} cannot be made: a name in it is too long (ENAMETOOLONG). Name another with --data`,
    );
  });

  it('is made with those above it, for its user alone', () => {
    const data = path.join(folder, 'new', 'data');
    holdDataFolder(data).release();
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  it('whose lock cannot be opened or is damaged is not said to be in use', () => {
    const hidden = path.join(folder, 'hidden');
    mkdirSync(path.join(hidden, 'lock.sqlite'), { recursive: true });
    expect(() => holdDataFolder(hidden)).toThrow(/lock\.sqlite cannot be written/);
    const damaged = path.join(folder, 'damaged');
    mkdirSync(damaged);
    writeFileSync(path.join(damaged, 'lock.sqlite'), 'no database at all, but long enough');
    expect(() => holdDataFolder(damaged)).toThrow(/lock\.sqlite is no SQLite database/);
  });
});
