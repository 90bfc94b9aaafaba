/**
 * The files of a simulation: a disk in memory, with as much of `node:fs/promises` as the embedded
 * services use. There is nothing on it at first, and all of it answers within the same turn.
 */
import path from 'node:path';

/** What is appended is joined when somebody reads it: journals grow by a line at a time. */
type File = { parts: Buffer[]; version: number };

const missing = (call: string, file: string): Error =>
  Object.assign(new Error(`ENOENT: no such file or directory, ${call} '${file}'`), {
    code: 'ENOENT',
    syscall: call,
    path: file,
  });

const exists = (file: string): Error =>
  Object.assign(new Error(`EEXIST: file already exists, open '${file}'`), { code: 'EEXIST' });

const bytesOf = (data: unknown): Buffer =>
  typeof data === 'string'
    ? Buffer.from(data, 'utf8')
    : Buffer.from(data instanceof Uint8Array ? data : new Uint8Array(0));

const fileOf = (bytes: Buffer, version: number): File => ({ parts: [bytes], version });

const contentOf = (file: File): Buffer => {
  const [first = Buffer.alloc(0), ...more] = file.parts;
  if (more.length === 0) return first;
  const bytes = Buffer.concat(file.parts);
  file.parts = [bytes];
  return bytes;
};

export const createDisk = () => {
  const files = new Map<string, File>();
  const folders = new Set<string>(['/']);
  let versions = 0;

  const write = (file: File, bytes: Buffer): void => {
    file.parts = [bytes];
    file.version = ++versions;
  };
  const append = (file: File, bytes: Buffer): void => {
    file.parts.push(bytes);
    file.version = ++versions;
  };
  const stats = (file: File) => ({
    ino: 1n,
    mtimeNs: BigInt(file.version),
    size: BigInt(contentOf(file).length),
  });

  const handleOf = (file: File) => {
    let at = 0;
    return {
      writeFile: async (data: unknown) => write(file, bytesOf(data)),
      appendFile: async (data: unknown) => append(file, bytesOf(data)),
      writev: async (parts: readonly Uint8Array[]) => {
        const bytes = Buffer.concat([...parts]);
        write(file, Buffer.concat([contentOf(file).subarray(0, at), bytes]));
        at += bytes.length;
        return { bytesWritten: bytes.length };
      },
      read: async (buffer: Buffer, offset: number, length: number, position: number) => ({
        bytesRead: contentOf(file).copy(buffer, offset, position, position + length),
        buffer,
      }),
      stat: async () => stats(file),
      sync: async () => {},
      datasync: async () => {},
      close: async () => {},
    };
  };

  const found = (call: string, name: string): File => {
    const file = files.get(path.resolve(name));
    if (file) return file;
    throw missing(call, name);
  };

  return {
    mkdir: async (name: string) => {
      for (let at = path.resolve(name); !folders.has(at); at = path.dirname(at)) folders.add(at);
    },
    open: async (name: string, flags = 'r') => {
      const full = path.resolve(name);
      if (folders.has(full)) return handleOf(fileOf(Buffer.alloc(0), 0));
      if (flags.startsWith('r')) return handleOf(found('open', name));
      if (flags.includes('x') && files.has(full)) throw exists(name);
      const file = files.get(full) ?? fileOf(Buffer.alloc(0), ++versions);
      if (flags.startsWith('w')) write(file, Buffer.alloc(0));
      files.set(full, file);
      return handleOf(file);
    },
    readFile: async (name: string, encoding?: unknown) => {
      const bytes = contentOf(found('open', name));
      return encoding === undefined ? Buffer.from(bytes) : bytes.toString('utf8');
    },
    writeFile: async (name: string, data: unknown) => {
      const file = files.get(path.resolve(name)) ?? fileOf(Buffer.alloc(0), 0);
      write(file, bytesOf(data));
      files.set(path.resolve(name), file);
    },
    rename: async (from: string, to: string) => {
      files.set(path.resolve(to), found('rename', from));
      files.delete(path.resolve(from));
    },
    chmod: async () => {},
    stat: async (name: string) => stats(found('stat', name)),
    readdir: async (name: string) => {
      const full = path.resolve(name);
      if (!folders.has(full)) throw missing('scandir', name);
      const inside = [...files.keys(), ...folders].filter((each) => path.dirname(each) === full);
      return inside.filter((each) => each !== full).map((each) => path.basename(each));
    },
    rm: async (name: string) => {
      const full = path.resolve(name);
      for (const each of [...files.keys()]) {
        if (each === full || each.startsWith(`${full}/`)) files.delete(each);
      }
      for (const each of [...folders]) {
        if (each === full || each.startsWith(`${full}/`)) folders.delete(each);
      }
    },
  };
};
