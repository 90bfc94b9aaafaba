// Goal: what the machine says is read rightly: names of images, libraries, system, users, recipes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recipeFor } from '../../../../local/containers/bases/recipes.ts';
import { parseImageName } from '../../../../local/containers/bases/reference.ts';
import { parseLdd } from '../../../../local/containers/hostFiles.ts';
import { installObstacle } from '../../../../local/containers/install.ts';
import { findUser } from '../../../../local/containers/processes/users.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'failover-unit-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['node', 'docker.io/library/node:latest'],
  ['node:24-slim', 'docker.io/library/node:24-slim'],
  ['grafana/k6:1', 'docker.io/grafana/k6:1'],
  ['gcr.io/distroless/nodejs24-debian12', 'gcr.io/distroless/nodejs24-debian12:latest'],
  ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
  ['node:24@sha256:00ff', 'docker.io/library/node@sha256:00ff'],
])('%s is %s', (text, full) => {
  expect(parseImageName(text).full).toBe(full);
});

it('ldd output gives found and missing libraries', () => {
  expect(
    parseLdd(`	linux-vdso.so.1 (0x00007ffd)
	libpcre2-8.so.0 => not found
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f35)
	/lib64/ld-linux-x86-64.so.2 (0x00007f36)`),
  ).toEqual({
    found: ['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2'],
    missing: ['libpcre2-8.so.0'],
  });
});

describe('packages are installed', () => {
  it('as root on Debian, Ubuntu and what is like them', () => {
    expect(installObstacle(0, 'ID=debian\n')).toBeUndefined();
    expect(
      installObstacle(0, 'NAME="Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n'),
    ).toBeUndefined();
  });
  it('nowhere else', () => {
    expect(installObstacle(1000, 'ID=debian\n')).toBe('only root may install packages');
    expect(installObstacle(0, 'ID="fedora"\n')).toBe('this is fedora, not Debian or Ubuntu');
    expect(installObstacle(0, '')).toContain('an unknown system');
  });
});

it('users are found by name and number, with their own or the named group', () => {
  mkdirSync(path.join(folder, 'etc'));
  writeFileSync(path.join(folder, 'etc/passwd'), 'root:x:0:0::/:\nnode:x:1000:1001::/:\n');
  writeFileSync(path.join(folder, 'etc/group'), 'web:x:33:\n');
  expect(findUser(folder, '')).toEqual({ uid: 0, gid: 0 });
  expect(findUser(folder, 'node')).toEqual({ uid: 1000, gid: 1001 });
  expect(findUser(folder, '1000')).toEqual({ uid: 1000, gid: 1001 });
  expect(findUser(folder, '65532')).toEqual({ uid: 65532, gid: 65532 });
  expect(findUser(folder, 'node:web')).toEqual({ uid: 1000, gid: 33 });
  expect(() => findUser(folder, 'nobody')).toThrow('there is no user "nobody"');
});

describe('a base is assembled only when it can stand in honestly', () => {
  const major = process.versions.node.split('.')[0];
  it('node of a version this machine has', async () => {
    const recipe = await recipeFor(parseImageName(`node:${major}-slim`));
    expect(recipe).toMatchObject({ kind: 'node', node: { version: process.versions.node } });
    const bare = await recipeFor(parseImageName(`gcr.io/distroless/nodejs${major}:nonroot`));
    expect(bare).toMatchObject({ kind: 'distroless-node', nonroot: true });
  });
  it.each([
    ['node:6', 'it wants Node 6, and this machine has Node'],
    [`node:${major}-alpine`, 'an Alpine (musl) image cannot be assembled'],
    ['nginx:1-alpine', 'an Alpine (musl) image cannot be assembled'],
    ['python:3', 'only node, gcr.io/distroless/nodejs*, nginx, debian'],
    [`node@sha256:${'0'.repeat(64)}`, 'pinned by digest'],
  ])('not %s', async (name, why) => {
    await expect(recipeFor(parseImageName(name))).rejects.toThrow(why);
  });
});
