// Goal: what images share is known from their digests, and what is not known is null.
import { describe, expect, it } from 'vitest';
import { contentsOf, type ImageSource, type LayerSource } from '../../../core/images/content.ts';

const layer = (name: string, bytes: number, read = true): LayerSource => ({
  digest: `sha256:${name}`,
  compressedBytes: bytes,
  createdBy: `RUN make ${name}`,
  read: read
    ? {
        entries: [{ path: `usr/${name}`, kind: 'file', bytes: 3 * bytes }],
        uncompressedBytes: 4 * bytes,
      }
    : undefined,
});

const image = (
  variantId: string,
  layers: LayerSource[],
  more: Partial<ImageSource> = {},
): ImageSource => ({
  ...{ variantId, layers, ofBase: 1, notRead: null },
  ...more,
});

const IMAGES = [
  image('slim', [layer('base', 30), layer('deps', 20), layer('slim', 5)]),
  image('fat', [layer('base', 30), layer('deps', 20), layer('tools', 60)]),
  image('web', [layer('nginx', 8)]),
];

describe('the images of a drill', () => {
  const contents = contentsOf(IMAGES);

  it('share layers by digest', () => {
    expect(contents.get('slim')).toMatchObject({
      ...{ sharedBytes: 50, uniqueBytes: 5, largestLayerBytes: 30, bytesBeyondBase: 25 },
      bytesBeyond: { fat: 5, web: 55 },
    });
    expect(contents.get('fat')).toMatchObject({ bytesBeyond: { slim: 60, web: 110 } });
    expect(contents.get('web')).toMatchObject({ sharedBytes: 0, uniqueBytes: 8 });
    expect(contents.get('slim')?.layers.map(({ sharedWith }) => sharedWith)).toEqual([
      ['fat'],
      ['fat'],
      [],
    ]);
  });

  it('know which layers came with the base', () => {
    expect(contents.get('fat')?.layers.map(({ ofBase }) => ofBase)).toEqual([true, false, false]);
    const [untold] = contentsOf([image('x', [layer('a', 1)], { ofBase: undefined })]).values();
    expect(untold).toMatchObject({ bytesBeyondBase: null, layers: [{ ofBase: null }] });
  });

  it('are counted in bytes on the wire, unpacked and in files', () => {
    expect(contents.get('slim')).toMatchObject({
      ...{ uncompressedBytes: 220, wastedBytes: 0, efficiency: 1 },
      layers: [
        { files: 1, fileBytes: 90, uncompressedBytes: 120, createdBy: 'RUN make base' },
        {},
        {},
      ],
    });
  });
});

it('a layer that was not read leaves what needs it unknown, and nothing else', () => {
  const notRead = 'HTTP 403';
  const [content] = contentsOf([
    image('a', [layer('x', 7), layer('y', 9, false)], { notRead }),
  ]).values();
  expect(content).toMatchObject({
    ...{ uncompressedBytes: null, wastedBytes: null, efficiency: null, wasted: [], notRead },
    ...{ largestLayerBytes: 9, uniqueBytes: 16 },
    layers: [
      { uncompressedBytes: 28, files: null, wastedBytes: null },
      { uncompressedBytes: null, files: null },
    ],
  });
});

it('a layer that an image has twice is pulled once', () => {
  const twice = image('a', [layer('empty', 3), layer('x', 5), layer('empty', 3)]);
  const contents = contentsOf([twice, image('b', [layer('empty', 3)])]);
  expect(contents.get('a')).toMatchObject({ sharedBytes: 3, uniqueBytes: 5, bytesBeyondBase: 5 });
});
