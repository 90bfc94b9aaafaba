// Goal: no source, however made, writes outside its folder; good ones keep bits and links.
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { strToU8, type Zippable, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackSource } from '../../../../local/codebuild/source.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'failover-source-'));
});
afterEach(() => rmSync(base, { recursive: true }));

const UNIX = 3;
const entry = (text: string, mode: number): Zippable[string] => [
  strToU8(text),
  { os: UNIX, attrs: mode << 16 },
];
const unpack = (files: Zippable) => unpackSource(zipSync(files), path.join(base, 'src'));
const at = (name: string) => path.join(base, 'src', name);

it('keeps folders, executable bits and links, and gives every file the same time', async () => {
  await unpack({
    'a/b.txt': strToU8('hello'),
    'run.sh': entry('#!/bin/sh', 0o100755),
    link: entry('a/b.txt', 0o120777),
  });
  expect(readFileSync(at('a/b.txt'), 'utf8')).toBe('hello');
  expect(statSync(at('run.sh')).mode & 0o111).toBe(0o111);
  expect(statSync(at('a/b.txt')).mode & 0o111).toBe(0);
  expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
  expect(statSync(at('a/b.txt')).mtimeMs).toBe(statSync(at('run.sh')).mtimeMs);
});

describe('refuses', () => {
  it.each([
    ['a path upwards', { '../evil': strToU8('x') }],
    ['a path upwards inside', { 'a/../../evil': strToU8('x') }],
    ['an absolute path', { '/tmp/failover-evil': strToU8('x') }],
    ['a backslash', { '..\\evil': strToU8('x') }],
    ['a link upwards', { link: entry('../evil', 0o120777) }],
    ['an absolute link', { link: entry('/etc/passwd', 0o120777) }],
  ])('%s', async (_name, files) => {
    await expect(unpack(files)).rejects.toThrow(/leaves its folder/);
    expect(existsSync(path.join(base, 'evil'))).toBe(false);
    expect(existsSync('/tmp/failover-evil')).toBe(false);
  });

  it('a file that is written through a link of the same source', async () => {
    const files = { d: entry('..', 0o120777), 'd/evil': strToU8('x') };
    await expect(unpack(files)).rejects.toThrow();
    expect(existsSync(path.join(base, 'evil'))).toBe(false);
  });

  it('what is no zip file', async () => {
    await expect(unpackSource(strToU8('hello'), at(''))).rejects.toThrow('no zip file');
  });
});
