// Goal: shared bytes and waste are laws of sets of layers, not of the order in which variants are listed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../core/drill/images.ts';
import { contentsOf, type ImageSource } from '../../core/images/content.ts';
import { openTar, type TarEntry } from '../../core/images/tar.ts';
import { wasteOf } from '../../core/images/waste.ts';
import { tarball } from '../support/tarball.ts';

/** Few digests, so that images share them; a digest has one size, as it has in the world. */
const sizeOf = (digest: number): number => 10 + 7 * digest;

const layer = fc.integer({ min: 0, max: 9 }).map((digest) => ({
  ...{ digest: `sha256:${digest}`, compressedBytes: sizeOf(digest) },
  ...{ createdBy: null, read: undefined },
}));

const images = fc
  .array(fc.array(layer, { maxLength: 8 }), { minLength: 1, maxLength: 5 })
  .map((all): ImageSource[] =>
    all.map((layers, at) => ({ variantId: `v${at}`, layers, ofBase: undefined, notRead: null })),
  );

const digestsOf = ({ layers }: ImageSource): Set<string> =>
  new Set(layers.map(({ digest }) => digest));

const bytesIn = (digests: Iterable<string>): number =>
  [...digests].reduce((sum, digest) => sum + sizeOf(Number(digest.slice(7))), 0);

describe('shared bytes', () => {
  it('and unique bytes make up the image', () => {
    fc.assert(
      fc.property(images, (all) => {
        const contents = contentsOf(all);
        for (const { variantId, layers } of all) {
          const { sharedBytes = -1, uniqueBytes = -1 } = contents.get(variantId) ?? {};
          expect(sharedBytes + uniqueBytes).toBe(bytesOf(layers));
          expect(Math.min(sharedBytes, uniqueBytes)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('are those of the digests that two images have: pulling one after the other pulls their union', () => {
    fc.assert(
      fc.property(images, (all) => {
        const contents = contentsOf(all);
        for (const one of all) {
          for (const other of all) {
            if (one === other) continue;
            const beyond = contents.get(one.variantId)?.bytesBeyond[other.variantId] ?? -1;
            const union = new Set([...digestsOf(one), ...digestsOf(other)]);
            expect(beyond + bytesOf(other.layers)).toBe(bytesIn(union));
          }
        }
      }),
    );
  });

  it('are seen from both sides, and do not depend on the order of the variants', () => {
    fc.assert(
      fc.property(images, (all) => {
        const contents = contentsOf(all);
        const turned = contentsOf(all.toReversed());
        for (const { variantId, layers } of all) {
          const content = contents.get(variantId);
          expect(turned.get(variantId)?.sharedBytes).toBe(content?.sharedBytes);
          content?.layers.forEach(({ sharedWith }, at) => {
            for (const other of sharedWith) {
              const there = contents.get(other)?.layers ?? [];
              const same = there.find(({ digest }) => digest === layers[at]?.digest);
              expect(same?.sharedWith).toContain(variantId);
            }
          });
        }
      }),
    );
  });
});

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

const entry: fc.Arbitrary<TarEntry> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ path, kind: fc.constant('file' as const), bytes: fc.nat(50) }),
  },
  path.map((place) => ({ path: place, kind: 'folder' as const, bytes: 0 })),
  path.map((place) => ({
    path: place.replace(/([^/]+)$/, '.wh.$1'),
    ...{ kind: 'file' as const, bytes: 0 },
  })),
  path.map((place) => ({ path: `${place}/.wh..wh..opq`, kind: 'file' as const, bytes: 0 })),
);

const layers = fc.array(fc.array(entry, { maxLength: 6 }), { maxLength: 5 });

/** What a person would see: a map of paths, applied entry by entry. */
const seenBytes = (all: readonly (readonly TarEntry[])[]): number => {
  const seen = new Map<string, number>();
  const drop = (place: string, itself: boolean): void => {
    for (const key of [...seen.keys()]) {
      if (key.startsWith(`${place}/`) || (itself && key === place)) seen.delete(key);
    }
  };
  for (const entries of all) {
    for (const { path: place } of entries) {
      const at = place.lastIndexOf('/');
      const folder = place.slice(0, Math.max(0, at));
      const last = place.slice(at + 1);
      if (last === '.wh..wh..opq') drop(folder, false);
      else if (last.startsWith('.wh.')) drop(`${folder}${folder ? '/' : ''}${last.slice(4)}`, true);
    }
    for (const { path: place, kind, bytes } of entries) {
      if (place.slice(place.lastIndexOf('/') + 1).startsWith('.wh.')) continue;
      seen.delete(place);
      for (let up = place; up.includes('/'); ) {
        up = up.slice(0, up.lastIndexOf('/'));
        seen.delete(up);
      }
      if (kind === 'folder') continue;
      drop(place, true);
      seen.set(place, bytes);
    }
  }
  return [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
};

describe('waste', () => {
  it('is what is in the layers and not in the finished file system', () => {
    fc.assert(
      fc.property(layers, (all) => {
        const waste = wasteOf(all);
        const fileBytes = waste.layers.reduce((sum, one) => sum + one.fileBytes, 0);
        expect(fileBytes - waste.wastedBytes).toBe(seenBytes(all));
        for (const one of waste.layers) expect(one.wastedBytes).toBeLessThanOrEqual(one.fileBytes);
      }),
      { numRuns: 300 },
    );
  });

  it('never grows smaller with another layer', () => {
    fc.assert(
      fc.property(layers, (all) => {
        expect(wasteOf(all).wastedBytes).toBeGreaterThanOrEqual(
          wasteOf(all.slice(0, -1)).wastedBytes,
        );
      }),
    );
  });
});

describe('an archive', () => {
  const members = fc.array(
    fc.record({
      path: fc.stringMatching(/^[a-z]{1,12}(\/[a-z]{1,40}){0,5}$/),
      content: fc.nat(3_000),
      nameIn: fc.constantFrom('pax' as const, 'gnu' as const),
    }),
    { maxLength: 8 },
  );

  it('is read alike however it is cut', () => {
    fc.assert(
      fc.property(
        members,
        fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1 }),
        (some, cuts) => {
          const archive = tarball(some);
          const found: TarEntry[] = [];
          const tar = openTar((one) => found.push(one));
          for (let at = 0, turn = 0; at < archive.length; turn++) {
            const next = at + (cuts[turn % cuts.length] ?? 1);
            tar.push(archive.subarray(at, next));
            at = next;
          }
          tar.end();
          expect(found).toEqual(
            some.map(({ path: place, content }) => ({ path: place, kind: 'file', bytes: content })),
          );
        },
      ),
    );
  });

  it('or whatever else comes is read or refused, and never read past its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (bytes) => {
        const tar = openTar(() => {});
        try {
          tar.push(bytes);
          tar.end();
        } catch (error) {
          expect(error).toMatchObject({ name: 'DataCorrupt' });
        }
      }),
    );
  });
});
