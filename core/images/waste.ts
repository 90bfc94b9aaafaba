/**
 * What of an image's layers is pulled and never seen: files that a later layer overwrites or removes.
 * Removal is by the whiteouts of the OCI image layer specification (`.wh.<name>`, `.wh..wh..opq`).
 */
import type { TarEntry } from './tar.ts';

export type LayerWaste = { files: number; fileBytes: number; wastedBytes: number };

export type WastedFile = {
  path: string;
  bytes: number;
  /** Layers are counted from 1, lowest first. */
  layer: number;
  hiddenBy: number;
  how: 'overwritten' | 'removed';
};

export type Waste = {
  /** One for each layer, lowest first. */
  layers: LayerWaste[];
  wastedBytes: number;
  /** Share of the bytes in all layers that the finished file system shows; 1 when there are none. */
  efficiency: number;
  /** The largest ones. */
  wasted: WastedFile[];
};

const WASTED_MAX = 20;
/** Of a longer path only its end is kept. */
const PATH_CHARS_MAX = 300;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

type Node = {
  readonly children: Map<string, Node>;
  /** The file that is seen here, with the index of its layer; undefined for a folder. */
  file: { readonly layer: number; readonly bytes: number } | undefined;
};

const newNode = (): Node => ({ children: new Map(), file: undefined });

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

const find = (root: Node, parts: readonly string[]): Node | undefined => {
  let node: Node | undefined = root;
  for (const part of parts) node = node?.children.get(part);
  return node;
};

type Hide = (path: string, file: { layer: number; bytes: number }, how: WastedFile['how']) => void;

/** The node of a path; a file on the way to it gives way to a folder. */
const make = (root: Node, parts: readonly string[], hide: Hide): Node => {
  let node = root;
  parts.forEach((part, at) => {
    let next = node.children.get(part);
    if (!next) {
      next = newNode();
      node.children.set(part, next);
    }
    if (next.file && at < parts.length - 1) {
      hide(parts.slice(0, at + 1).join('/'), next.file, 'overwritten');
      next.file = undefined;
    }
    node = next;
  });
  return node;
};

const hideChildren = (node: Node, path: string, how: WastedFile['how'], hide: Hide): void => {
  for (const [name, child] of node.children) {
    const place = path === '' ? name : `${path}/${name}`;
    if (child.file) hide(place, child.file, how);
    hideChildren(child, place, how, hide);
  }
  node.children.clear();
};

/** Whiteouts act on lower layers only, so they come before what the same layer adds. */
const removeHidden = (root: Node, entries: readonly TarEntry[], hide: Hide): void => {
  for (const { path } of entries) {
    const parts = partsOf(path);
    const name = parts.pop() ?? '';
    if (!name.startsWith(WHITEOUT)) continue;
    const folder = find(root, parts);
    if (!folder) continue;
    if (name === OPAQUE) {
      hideChildren(folder, parts.join('/'), 'removed', hide);
      continue;
    }
    const removed = name.slice(WHITEOUT.length);
    const node = folder.children.get(removed);
    if (!node) continue;
    const place = [...parts, removed].join('/');
    if (node.file) hide(place, node.file, 'removed');
    hideChildren(node, place, 'removed', hide);
    folder.children.delete(removed);
  }
};

const addEntries = (
  root: Node,
  entries: readonly TarEntry[],
  layer: number,
  hide: Hide,
): LayerWaste => {
  const counted: LayerWaste = { files: 0, fileBytes: 0, wastedBytes: 0 };
  for (const { path, kind, bytes } of entries) {
    const parts = partsOf(path);
    if (parts.length === 0 || parts.at(-1)?.startsWith(WHITEOUT)) continue;
    const node = make(root, parts, hide);
    if (node.file) hide(path, node.file, 'overwritten');
    node.file = undefined;
    if (kind === 'folder') continue;
    // A file or link in the place of a folder hides all that was in it.
    hideChildren(node, path, 'overwritten', hide);
    node.file = { layer, bytes };
    counted.files += 1;
    counted.fileBytes += bytes;
  }
  return counted;
};

/** @param layers the entries of each layer, lowest first. */
export const wasteOf = (layers: readonly (readonly TarEntry[])[]): Waste => {
  const root = newNode();
  const wasted: WastedFile[] = [];
  const counted: LayerWaste[] = [];
  const lost = layers.map(() => 0);
  layers.forEach((entries, index) => {
    const hide: Hide = (path, { layer, bytes }, how) => {
      lost[layer] = (lost[layer] ?? 0) + bytes;
      if (bytes === 0) return;
      const shown = path.length > PATH_CHARS_MAX ? `…${path.slice(1 - PATH_CHARS_MAX)}` : path;
      wasted.push({ path: shown, bytes, layer: layer + 1, hiddenBy: index + 1, how });
    };
    removeHidden(root, entries, hide);
    counted.push(addEntries(root, entries, index, hide));
  });
  const all = counted.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  const wastedBytes = lost.reduce((sum, bytes) => sum + bytes, 0);
  return {
    layers: counted.map((layer, index) => ({ ...layer, wastedBytes: lost[index] ?? 0 })),
    wastedBytes,
    efficiency: all === 0 ? 1 : 1 - wastedBytes / all,
    wasted: wasted
      .sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
      .slice(0, WASTED_MAX),
  };
};
