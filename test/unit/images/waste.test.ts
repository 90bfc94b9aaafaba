// Goal: bytes that are pulled and never seen are counted at the layer that holds them, once.
import { describe, expect, it } from 'vitest';
import type { TarEntry } from '../../../core/images/tar.ts';
import { wasteOf } from '../../../core/images/waste.ts';

const file = (path: string, bytes: number): TarEntry => ({ path, kind: 'file', bytes });
const folder = (path: string): TarEntry => ({ path, kind: 'folder', bytes: 0 });
const link = (path: string): TarEntry => ({ path, kind: 'other', bytes: 0 });

const lost = (...layers: TarEntry[][]): number[] =>
  wasteOf(layers).layers.map(({ wastedBytes }) => wastedBytes);

describe('a file', () => {
  it('that stays is no waste', () => {
    const waste = wasteOf([[folder('app'), file('app/a', 10)], [file('app/b', 5)]]);
    expect(waste).toMatchObject({ wastedBytes: 0, efficiency: 1, wasted: [] });
    expect(waste.layers).toEqual([
      { files: 1, fileBytes: 10, wastedBytes: 0 },
      { files: 1, fileBytes: 5, wastedBytes: 0 },
    ]);
  });

  it('that is overwritten is waste of the layer below', () => {
    const waste = wasteOf([[file('a', 10)], [file('a', 30)], [file('a', 20)]]);
    expect(waste.layers.map(({ wastedBytes }) => wastedBytes)).toEqual([10, 30, 0]);
    expect(waste.efficiency).toBeCloseTo(20 / 60, 12);
    expect(waste.wasted).toEqual([
      { path: 'a', bytes: 30, layer: 2, hiddenBy: 3, how: 'overwritten' },
      { path: 'a', bytes: 10, layer: 1, hiddenBy: 2, how: 'overwritten' },
    ]);
  });

  it('that is removed is waste, and comes back without being waste twice', () => {
    const waste = wasteOf([[file('v/a', 10)], [file('v/.wh.a', 0)], [file('v/a', 4)]]);
    expect(waste.layers.map(({ wastedBytes }) => wastedBytes)).toEqual([10, 0, 0]);
    expect(waste.wasted[0]).toMatchObject({ how: 'removed', layer: 1, hiddenBy: 2 });
    // The whiteout itself is no file.
    expect(waste.layers[1]?.files).toBe(0);
  });

  it('that the same layer holds twice is seen once', () => {
    expect(lost([file('a', 3), file('a', 5)])).toEqual([3]);
  });
});

describe('a folder', () => {
  const tree = [folder('c'), file('c/a', 1), folder('c/d'), file('c/d/b', 2), file('other', 4)];

  it('that is removed takes all that is in it along', () => {
    expect(lost(tree, [file('.wh.c', 0)])).toEqual([3, 0]);
  });

  it('that is made opaque loses what lower layers had in it, not what its own layer puts there', () => {
    expect(lost(tree, [folder('c'), file('c/new', 8), file('c/.wh..wh..opq', 0)])).toEqual([3, 0]);
    expect(lost(tree, [file('.wh..wh..opq', 0)])).toEqual([7, 0]);
  });

  it('in whose place a file or link comes is gone', () => {
    expect(lost(tree, [file('c', 9)])).toEqual([3, 0]);
    expect(lost(tree, [link('c')])).toEqual([3, 0]);
  });

  it('in the place of a file hides it', () => {
    expect(lost([file('x', 6)], [folder('x'), file('x/y', 1)])).toEqual([6, 0]);
    expect(lost([file('x', 6)], [file('x/y', 1)])).toEqual([6, 0]);
  });

  it('that comes again changes nothing', () => {
    expect(lost(tree, [folder('c'), folder('c/d')])).toEqual([0, 0]);
  });
});

it('removing what is not there changes nothing', () => {
  expect(
    lost([file('a', 1)], [file('.wh.b', 0), file('x/.wh.y', 0), file('z/.wh..wh..opq', 0)]),
  ).toEqual([0, 0]);
});

it('an image without files is efficient', () => {
  expect(wasteOf([])).toMatchObject({ efficiency: 1, wastedBytes: 0 });
  expect(wasteOf([[], [folder('a')]]).efficiency).toBe(1);
});

it('lists the twenty largest, and counts all', () => {
  const many = Array.from({ length: 40 }, (_, at) => file(`f${at}`, at));
  const waste = wasteOf([many, many]);
  expect(waste.wasted).toHaveLength(20);
  expect(waste.wasted[0]).toMatchObject({ path: 'f39', bytes: 39 });
  expect(waste.wastedBytes).toBe((39 * 40) / 2);
});
