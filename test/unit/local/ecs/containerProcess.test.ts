// Goal: a container's command, environment and user are put together as docker and ECS do it.
// Method: small images on disk, looked up by name and by number.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commandLine,
  environmentOf,
  identityOf,
} from '../../../../local/ecs/runners/containerProcess.ts';
import { StartError } from '../../../../local/ecs/runners/types.ts';

describe('commandLine', () => {
  const image = { entrypoint: ['entry'], cmd: ['serve', '--fast'] };
  it.each([
    [undefined, undefined, ['entry', 'serve', '--fast']],
    [undefined, ['check'], ['entry', 'check']],
    [['sh', '-c'], undefined, ['sh', '-c']],
    [['sh', '-c'], ['exit'], ['sh', '-c', 'exit']],
  ])('with entry point %j and command %j is %j', (entryPoint, command, args) => {
    expect(commandLine(image, { entryPoint, command })).toEqual(args);
  });

  it('must not be empty', () => {
    const none = { entrypoint: [], cmd: [] };
    expect(() => commandLine(none, { entryPoint: undefined, command: undefined })).toThrow(
      StartError,
    );
  });
});

describe('environmentOf', () => {
  it('puts the task over the image, and the image over the defaults', () => {
    const env = environmentOf(['PATH=/opt', 'A=1', 'B=x=y', 'broken'], { A: '2', C: '' }, '/root');
    expect(env).toEqual(['PATH=/opt', 'HOME=/root', 'A=2', 'B=x=y', 'C=']);
  });
});

describe('identityOf', () => {
  let rootfs: string;
  beforeAll(() => {
    rootfs = mkdtempSync(path.join(os.tmpdir(), 'failover-identity-'));
    mkdirSync(path.join(rootfs, 'etc'));
    writeFileSync(
      path.join(rootfs, 'etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
    );
    writeFileSync(
      path.join(rootfs, 'etc/group'),
      'root:x:0:\nnode:x:1000:\nweb:x:33:node,other\ndisk:x:6:other\n',
    );
  });
  afterAll(() => rmSync(rootfs, { recursive: true }));

  it.each([
    ['', { uid: 0, gid: 0, additionalGids: [], home: '/root' }],
    ['node', { uid: 1000, gid: 1000, additionalGids: [33], home: '/home/node' }],
    ['1000', { uid: 1000, gid: 1000, additionalGids: [33], home: '/home/node' }],
    ['node:web', { uid: 1000, gid: 33, additionalGids: [], home: '/home/node' }],
    ['4711', { uid: 4711, gid: 0, additionalGids: [], home: '/' }],
    ['4711:4712', { uid: 4711, gid: 4712, additionalGids: [], home: '/' }],
  ])('reads user "%s"', (user, identity) => {
    expect(identityOf(rootfs, user)).toEqual(identity);
  });

  it.each([
    ['nobody', "no user 'nobody'"],
    ['node:staff', "no group 'staff'"],
  ])('refuses "%s", which the image does not have', (user, message) => {
    expect(() => identityOf(rootfs, user)).toThrow(message);
  });

  it('needs no passwd file for numbers', () => {
    expect(identityOf(path.join(rootfs, 'empty'), '65532').uid).toBe(65_532);
  });
});
