import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { corruptFile } from '../state/failures.ts';

/** What is known of an object without reading its content. */
const objectInfo = z.object({
  key: z.string(),
  etag: z.string(),
  bytes: z.number(),
  modifiedMs: z.number(),
  contentType: z.string().optional(),
  /** Further headers that come back with the object, by the member name S3 gives them. */
  headers: z.record(z.string(), z.string()),
  metadata: z.record(z.string(), z.string()),
});
export type ObjectInfo = z.infer<typeof objectInfo>;

const bucketInfo = z.object({
  name: z.string(),
  region: z.string(),
  createdMs: z.number(),
  /** The bucket policy, as it was given. */
  policy: z.string().optional(),
});
export type BucketInfo = z.infer<typeof bucketInfo>;

export type Bucket = {
  readonly info: BucketInfo;
  readonly objects: ReadonlyMap<string, ObjectInfo>;
  put(info: ObjectInfo, content: Uint8Array): Promise<void>;
  /** Bytes `start` up to, not including, `end`. */
  read(info: ObjectInfo, start: number, end: number): Promise<Uint8Array>;
  remove(key: string): Promise<void>;
};

const HEAD_LENGTH_BYTES = 4;
/** Keys and metadata of S3 stay far below this. */
const HEAD_BYTES_MAX = 64 * 1024;
const PRIVATE = 0o600;

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Replaces a file whole: after a crash there is the old content or the new, never a part. */
const replaceFile = async (file: string, parts: readonly Uint8Array[]): Promise<void> => {
  const draft = `${file}.${randomUUID()}.draft`;
  const handle = await open(draft, 'wx', PRIVATE);
  try {
    await handle.writev([...parts]);
    await handle.sync();
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  await syncFolder(path.dirname(file));
};

// An object file is the length of its description, the description as JSON, then the content.
const headOf = (info: ObjectInfo): Buffer => {
  const text = Buffer.from(JSON.stringify(info), 'utf8');
  const length = Buffer.alloc(HEAD_LENGTH_BYTES);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
};

const fileOf = (folder: string, key: string): string =>
  path.join(folder, createHash('sha256').update(key).digest('hex'));

const readAt = async (file: string, start: number, bytes: number): Promise<Buffer> => {
  const handle = await open(file, 'r');
  try {
    // Only what has been read is given away.
    const buffer = Buffer.allocUnsafe(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

const readInfo = async (file: string): Promise<ObjectInfo> => {
  const head = await readAt(file, 0, HEAD_LENGTH_BYTES);
  const length = head.length < HEAD_LENGTH_BYTES ? 0 : head.readUInt32BE();
  if (length > HEAD_BYTES_MAX) throw corruptFile(file, 'does not begin with a description');
  const text = await readAt(file, HEAD_LENGTH_BYTES, length);
  return described(file, text, objectInfo);
};

const described = <T extends z.ZodType>(file: string, bytes: Buffer, schema: T): z.output<T> => {
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw corruptFile(file, 'does not hold the description it should', error);
  }
};

type OpenBucket = Bucket & { describe(info: BucketInfo): Promise<void> };

/** Finds once where the content of each object lies: an object is described anew when it is written. */
const placesIn = (contents: string) => {
  const known = new WeakMap<ObjectInfo, { readonly file: string; readonly from: number }>();
  return (object: ObjectInfo) => {
    const place = known.get(object) ?? {
      file: fileOf(contents, object.key),
      from: headOf(object).length,
    };
    known.set(object, place);
    return place;
  };
};

const openBucket = async (folder: string, opened: BucketInfo): Promise<OpenBucket> => {
  let info = opened;
  const objects = new Map<string, ObjectInfo>();
  const contents = path.join(folder, 'objects');
  const placeOf = placesIn(contents);
  await mkdir(contents, { recursive: true, mode: 0o700 });
  for (const name of await readdir(contents)) {
    const file = path.join(contents, name);
    if (name.endsWith('.draft')) await rm(file, { force: true });
    else {
      const object = await readInfo(file);
      objects.set(object.key, object);
    }
  }
  return {
    get info() {
      return info;
    },
    objects,
    async describe(next) {
      await replaceFile(path.join(folder, 'bucket.json'), [Buffer.from(JSON.stringify(next))]);
      info = next;
    },
    async put(object, content) {
      await replaceFile(fileOf(contents, object.key), [headOf(object), content]);
      objects.set(object.key, object);
    },
    read: (object, start, end) => {
      const { file, from } = placeOf(object);
      return readAt(file, from + start, end - start);
    },
    async remove(key) {
      await rm(fileOf(contents, key), { force: true });
      await syncFolder(contents);
      objects.delete(key);
    },
  };
};

/** Buckets on disk, one folder each; `folder` survives kill -9 and power loss. */
export const openStore = async (folder: string) => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const buckets = new Map<string, OpenBucket>();
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name, 'bucket.json');
    const bytes = await readAt(file, 0, 64 * 1024).catch(() => undefined);
    // A bucket that a crash left without its description was never promised to anyone.
    if (!bytes) continue;
    const info = described(file, bytes, bucketInfo);
    buckets.set(info.name, await openBucket(path.join(folder, name), info));
  }
  return {
    buckets: buckets as ReadonlyMap<string, Bucket>,
    async create(info: BucketInfo): Promise<void> {
      const own = path.join(folder, info.name);
      await mkdir(own, { recursive: true, mode: 0o700 });
      await replaceFile(path.join(own, 'bucket.json'), [Buffer.from(JSON.stringify(info))]);
      await syncFolder(folder);
      buckets.set(info.name, await openBucket(own, info));
    },
    async setPolicy(name: string, policy: string | undefined): Promise<void> {
      const bucket = buckets.get(name);
      if (!bucket) return;
      const { policy: _former, ...info } = bucket.info;
      await bucket.describe({ ...info, ...(policy !== undefined && { policy }) });
    },
    async remove(name: string): Promise<void> {
      await rm(path.join(folder, name), { recursive: true, force: true });
      buckets.delete(name);
    },
  };
};
