/**
 * The files of a simulation: a disk in memory, with as much of `node:fs/promises` as the embedded
 * services use, and what they replace at once. There is nothing on it at first, and all of it answers
 * within the same turn.
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

const write = (file: File, bytes: Buffer, version: number): void => {
  file.parts = [bytes];
  file.version = version;
};

const stats = (file: File) => ({
  ino: 1n,
  mtimeNs: BigInt(file.version),
  size: BigInt(contentOf(file).length),
});

/** An open file. One of them is opened with each read of an object. */
class Handle {
  readonly #file: File;
  readonly #nextVersion: () => number;
  #at = 0;
  constructor(file: File, nextVersion: () => number) {
    this.#file = file;
    this.#nextVersion = nextVersion;
  }
  async writeFile(data: unknown) {
    write(this.#file, bytesOf(data), this.#nextVersion());
  }
  async appendFile(data: unknown) {
    this.#file.parts.push(bytesOf(data));
    this.#file.version = this.#nextVersion();
  }
  async writev(parts: readonly Uint8Array[]) {
    const bytes = Buffer.concat([...parts]);
    const before = contentOf(this.#file).subarray(0, this.#at);
    write(this.#file, Buffer.concat([before, bytes]), this.#nextVersion());
    this.#at += bytes.length;
    return { bytesWritten: bytes.length };
  }
  async read(buffer: Buffer, offset: number, length: number, position: number) {
    const bytesRead = contentOf(this.#file).copy(buffer, offset, position, position + length);
    return { bytesRead, buffer };
  }
  async stat() {
    return stats(this.#file);
  }
  async sync() {}
  async datasync() {}
  async close() {}
}

export const createDisk = () => {
  const files = new Map<string, File>();
  const folders = new Set<string>(['/']);
  let versions = 0;
  const nextVersion = (): number => ++versions;

  const found = (call: string, name: string): File => {
    // Most names are whole already.
    const file = files.get(name) ?? files.get(path.resolve(name));
    if (file) return file;
    throw missing(call, name);
  };

  const writeNow = (name: string, data: unknown): void => {
    const full = path.resolve(name);
    const file = files.get(full) ?? fileOf(Buffer.alloc(0), 0);
    write(file, bytesOf(data), nextVersion());
    files.set(full, file);
  };
  const renameNow = (from: string, to: string): void => {
    files.set(path.resolve(to), found('rename', from));
    files.delete(path.resolve(from));
  };

  const promised = {
    mkdir: async (name: string) => {
      for (let at = path.resolve(name); !folders.has(at); at = path.dirname(at)) folders.add(at);
    },
    open: async (name: string, flags = 'r') => {
      const there = flags === 'r' ? files.get(name) : undefined;
      if (there) return new Handle(there, nextVersion);
      const full = path.resolve(name);
      if (folders.has(full)) return new Handle(fileOf(Buffer.alloc(0), 0), nextVersion);
      if (flags.startsWith('r')) return new Handle(found('open', name), nextVersion);
      if (flags.includes('x') && files.has(full)) throw exists(name);
      const file = files.get(full) ?? fileOf(Buffer.alloc(0), nextVersion());
      if (flags.startsWith('w')) write(file, Buffer.alloc(0), nextVersion());
      files.set(full, file);
      return new Handle(file, nextVersion);
    },
    readFile: async (name: string, encoding?: unknown) => {
      const bytes = contentOf(found('open', name));
      return encoding === undefined ? Buffer.from(bytes) : bytes.toString('utf8');
    },
    writeFile: async (name: string, data: unknown) => writeNow(name, data),
    rename: async (from: string, to: string) => renameNow(from, to),
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
  /** Whether a file of this name would be on this disk: journals are in a folder of the machine. */
  const isOn = (name: unknown): boolean =>
    typeof name === 'string' && folders.has(path.dirname(path.resolve(name)));
  return { promised, isOn, writeNow, renameNow };
};
