// Goal: the entries of a layer are read from its archive, however it is cut into chunks and names are written.
// Method: archives made by hand, and one by the tar of this machine, pushed whole and byte by byte.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTar, type TarEntry } from '../../../core/images/tar.ts';
import { tarball } from '../../support/tarball.ts';

const read = (archive: Uint8Array, chunk = archive.length): TarEntry[] => {
  const found: TarEntry[] = [];
  const tar = openTar((entry) => found.push(entry));
  for (let at = 0; at < archive.length; at += chunk) tar.push(archive.subarray(at, at + chunk));
  tar.end();
  return found;
};

const LONG = `usr/lib/${'a-folder-with-a-long-name/'.repeat(8)}index.js`;

const ARCHIVE = tarball([
  { path: './app/', type: '5' },
  { path: '/app/server.js', content: 'listen()' },
  { path: LONG, content: 700, nameIn: 'pax' },
  { path: `${LONG}.map`, content: 1, nameIn: 'gnu' },
  { path: 'app/link.js', type: '1', linkTo: 'app/server.js' },
  { path: 'app/to', type: '2', linkTo: 'server.js' },
  { path: 'old/', content: '' },
  { path: '.wh.gone', content: '' },
]);

const ENTRIES: TarEntry[] = [
  { path: 'app', kind: 'folder', bytes: 0 },
  { path: 'app/server.js', kind: 'file', bytes: 8 },
  { path: LONG, kind: 'file', bytes: 700 },
  { path: `${LONG}.map`, kind: 'file', bytes: 1 },
  { path: 'app/link.js', kind: 'other', bytes: 0 },
  { path: 'app/to', kind: 'other', bytes: 0 },
  { path: 'old', kind: 'folder', bytes: 0 },
  { path: '.wh.gone', kind: 'file', bytes: 0 },
];

describe('an archive', () => {
  it.each([ARCHIVE.length, 1, 511, 512, 513, 4_096])('in chunks of %d bytes', (chunk) => {
    expect(read(ARCHIVE, chunk)).toEqual(ENTRIES);
  });

  it('that is empty has no entries', () => {
    expect(read(tarball([]))).toEqual([]);
    expect(read(new Uint8Array(0))).toEqual([]);
  });

  it('may go on after its end with anything', () => {
    const more = new Uint8Array(ARCHIVE.length + 10_240).fill(7);
    more.set(ARCHIVE);
    expect(read(more, 1_000)).toEqual(ENTRIES);
  });

  it('reads sizes in base 256, which GNU tar writes from 8 GB on', () => {
    const archive = tarball([{ path: 'big', content: '' }]);
    archive.set([0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0], 124);
    const sum = archive.subarray(0, 512).reduce((total, byte, at) => {
      return total + (at >= 148 && at < 156 ? 0x20 : byte);
    }, 0);
    archive.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    const found: TarEntry[] = [];
    openTar((entry) => found.push(entry)).push(archive.subarray(0, 512));
    expect(found).toEqual([{ path: 'big', kind: 'file', bytes: 2 * 2 ** 32 }]);
  });

  it('of the tar of this machine', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tar-'));
    try {
      mkdirSync(path.join(folder, 'tree', 'é'), { recursive: true });
      writeFileSync(path.join(folder, 'tree', 'é', 'x'.repeat(180)), 'four');
      symlinkSync('nowhere', path.join(folder, 'tree', 'link'));
      for (const format of ['gnu', 'pax']) {
        const args = ['-C', folder, `--format=${format}`, '-cf', '-', 'tree'];
        const entries = read(execFileSync('tar', args), 100);
        expect(entries.map((entry) => entry.path).sort()).toEqual(
          ['tree', 'tree/link', 'tree/é', `tree/é/${'x'.repeat(180)}`].sort(),
        );
        expect(entries.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(4);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('what is no archive', () => {
  const said = (archive: Uint8Array): string => {
    try {
      read(archive);
      return 'nothing';
    } catch (error) {
      return String(error);
    }
  };

  it('is refused with what is wrong', () => {
    expect(said(new Uint8Array(512).fill(65))).toContain('not octal');
    const flipped = ARCHIVE.slice();
    flipped[0] = 0x7a;
    expect(said(flipped)).toContain('DataCorrupt: no tar archive: a header has a wrong checksum');
    expect(said(ARCHIVE.subarray(0, 1_030))).toContain('ends in the middle');
    expect(said(tarball([{ path: 'x', type: 'x', content: '12 path=' }]))).toContain(
      'a pax record has a wrong length',
    );
    expect(said(tarball([{ path: 'x', type: 'L', content: 2_000_000 }]))).toContain('1 MiB');
  });
});
