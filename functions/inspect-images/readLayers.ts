/** Reads the archives of layers as streams, each once, within bounds of time and size. */
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ImageRegistry, RegistryLayer } from '../../aws/imageRegistry.ts';
import { DrillError } from '../../core/errors.ts';
import type { ReadLayer } from '../../core/images/content.ts';
import { openTar, type TarEntry } from '../../core/images/tar.ts';

/** Together for all layers of a drill: far above real images, so that a broken one cannot hold a function. */
export type Bounds = {
  readonly entriesMax: number;
  readonly uncompressedBytesMax: number;
  readonly readMsMax: number;
};

export const BOUNDS: Bounds = {
  entriesMax: 600_000,
  uncompressedBytesMax: 24_000_000_000,
  readMsMax: 200_000,
};

const AT_ONCE = 3;

type Budget = { entries: number; bytes: number };

const tooMuch = (what: string): DrillError =>
  new DrillError('DataCorrupt', `the layers hold more than ${what}: the rest was not read`);

/** By the media type: OCI writes `+gzip` and `+zstd`, docker `.gzip`. */
const decompressorOf = (mediaType: string) => {
  if (/[+.]gzip$/.test(mediaType)) return [createGunzip()];
  return mediaType.endsWith('+zstd') ? [createZstdDecompress()] : [];
};

const readOne = async (
  bytes: AsyncIterable<Uint8Array>,
  mediaType: string,
  budget: Budget,
  bounds: Bounds,
): Promise<ReadLayer> => {
  const entries: TarEntry[] = [];
  let uncompressedBytes = 0;
  const tar = openTar((entry) => {
    entries.push(entry);
    budget.entries += 1;
    if (budget.entries > bounds.entriesMax) throw tooMuch(`${bounds.entriesMax} entries`);
  });
  const take = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) {
      uncompressedBytes += chunk.length;
      budget.bytes += chunk.length;
      if (budget.bytes > bounds.uncompressedBytesMax) {
        throw tooMuch(`${bounds.uncompressedBytesMax / 1e9} GB`);
      }
      tar.push(chunk);
    }
    tar.end();
  };
  const [decompressor] = decompressorOf(mediaType);
  await (decompressor ? pipeline(bytes, decompressor, take) : take(bytes));
  return { entries, uncompressedBytes };
};

export type LayerReading = {
  readonly read: ReadonlyMap<string, ReadLayer>;
  /** Why a layer was not read, by digest. */
  readonly failed: ReadonlyMap<string, string>;
};

type Registry = Pick<ImageRegistry, 'open'>;

const whyOf = (error: unknown, signal: AbortSignal, bounds: Bounds): string => {
  if (signal.aborted) return `reading the layers took longer than ${bounds.readMsMax / 1000} s`;
  return error instanceof Error ? error.message : String(error);
};

/** What is no archive, or beyond the bounds, is so the next time too. */
const isLasting = (error: unknown): boolean =>
  error instanceof DrillError && error.name === 'DataCorrupt';

/** Reads every distinct layer, a second time when the first broke off. One that cannot be read says why, and the others are read all the same. */
export const readLayers = async (
  registry: Registry,
  repository: string,
  layers: readonly RegistryLayer[],
  outer: AbortSignal,
  bounds: Bounds = BOUNDS,
): Promise<LayerReading> => {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(bounds.readMsMax)]);
  const waiting = [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
  const read = new Map<string, ReadLayer>();
  const failed = new Map<string, string>();
  const budget: Budget = { entries: 0, bytes: 0 };
  const readLayer = async ({ digest, mediaType }: RegistryLayer): Promise<ReadLayer> => {
    const bytes = await registry.open(repository, digest, signal);
    return readOne(bytes, mediaType, budget, bounds);
  };
  const work = async (): Promise<void> => {
    for (let layer = waiting.shift(); layer; layer = waiting.shift()) {
      const own = layer;
      try {
        const again = (error: unknown) => {
          if (signal.aborted || isLasting(error)) throw error;
          return readLayer(own);
        };
        read.set(own.digest, await readLayer(own).catch(again));
      } catch (error) {
        failed.set(own.digest, whyOf(error, signal, bounds));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  outer.throwIfAborted();
  return { read, failed };
};
