import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { unzipSync } from 'fflate';

const ENTRIES_MAX = 50_000;
const BYTES_MAX = 1024 ** 3;
const DOWNLOAD_BYTES_MAX = 512 * 1024 ** 2;

/** One time for all files: what a layer cache sees must not depend on when the source was unpacked. */
const FILE_TIME = new Date('2000-01-01T00:00:00Z');

const TYPE_MASK = 0o170000;
const TYPE_LINK = 0o120000;
const EXECUTABLE = 0o111;

/** The source cannot be had or unpacked. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_LENGTH = 22;
const ENTRY_LENGTH = 46;

/** The Unix modes in a zip's directory; names without one are left out. */
const zipModes = (zip: Uint8Array): Map<string, number> => {
  const view = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
  const modes = new Map<string, number>();
  let end = view.length - END_LENGTH;
  while (end >= 0 && view.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new SourceError('the source is no zip file');
  let at = view.readUInt32LE(end + 16);
  while (at + ENTRY_LENGTH <= view.length && view.readUInt32LE(at) === DIRECTORY_ENTRY) {
    const nameLength = view.readUInt16LE(at + 28);
    const name = view.toString('utf8', at + ENTRY_LENGTH, at + ENTRY_LENGTH + nameLength);
    const mode = view.readUInt32LE(at + 38) >>> 16;
    if (mode !== 0) modes.set(name, mode);
    at += ENTRY_LENGTH + nameLength + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32);
  }
  return modes;
};

/** Where an entry goes below `folder`. @throws SourceError when it would go elsewhere. */
const placeOf = (folder: string, name: string): string => {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || name.includes('\\') || name.includes('\0') || parts.includes('..')) {
    throw new SourceError(
      `the source names the path ${JSON.stringify(name)}, which leaves its folder`,
    );
  }
  return path.join(folder, ...parts);
};

const unzip = (zip: Uint8Array): Record<string, Uint8Array> => {
  let entries = 0;
  let bytes = 0;
  try {
    return unzipSync(zip, {
      filter: ({ originalSize }) => {
        entries += 1;
        bytes += originalSize;
        if (entries > ENTRIES_MAX)
          throw new SourceError(`the source has more than ${ENTRIES_MAX} files`);
        if (bytes > BYTES_MAX)
          throw new SourceError(`the source unpacks to more than ${BYTES_MAX} bytes`);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(`the source is no zip file that can be read: ${error}`, { cause: error });
  }
};

/** Unpacks a zip file below `folder`, keeping executable bits and links that stay inside. */
export const unpackSource = async (zip: Uint8Array, folder: string): Promise<void> => {
  const modes = zipModes(zip);
  const links: [string, string][] = [];
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(unzip(zip))) {
    const target = placeOf(folder, name);
    const mode = modes.get(name) ?? 0;
    if (name.endsWith('/')) {
      await mkdir(target, { recursive: true });
    } else if ((mode & TYPE_MASK) === TYPE_LINK) {
      links.push([target, Buffer.from(content).toString()]);
    } else {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, content, { mode: mode & EXECUTABLE ? 0o755 : 0o644 });
      await utimes(target, FILE_TIME, FILE_TIME);
    }
  }
  // Links come last, so that no file is ever written through one.
  for (const [target, to] of links) {
    const inside = path.relative(folder, path.resolve(path.dirname(target), to));
    if (path.isAbsolute(to) || inside.startsWith('..')) {
      throw new SourceError(
        `the source has a link to ${JSON.stringify(to)}, which leaves its folder`,
      );
    }
    await mkdir(path.dirname(target), { recursive: true });
    await symlink(to, target);
  }
};

/** Fetches `bucket/key` with a real S3 client. @throws SourceError when it cannot be had. */
export const fetchSource = async (
  client: S3Client,
  location: string,
  signal: AbortSignal,
): Promise<Uint8Array> => {
  const slash = location.indexOf('/');
  const [Bucket, Key] = [location.slice(0, slash), location.slice(slash + 1)];
  if (slash <= 0 || Key === '') {
    throw new SourceError(`the source location "${location}" is not bucket/key`);
  }
  try {
    const command = new GetObjectCommand({ Bucket, Key });
    const { Body, ContentLength } = await client.send(command, { abortSignal: signal });
    if ((ContentLength ?? 0) > DOWNLOAD_BYTES_MAX) {
      throw new SourceError(`the source is larger than ${DOWNLOAD_BYTES_MAX} bytes`);
    }
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  } catch (error) {
    if (error instanceof SourceError) throw error;
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new SourceError(`cannot read s3://${Bucket}/${Key}: ${why}`, { cause: error });
  }
};
