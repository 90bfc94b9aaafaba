// Goal: what builds images here really builds, pushes with real digests, and hands out root folders.
// Method: the engine found by detection on a data folder of its own, and a tiny two-stage Dockerfile.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSteps, type TimedLine } from '../../../core/build/steps.ts';
import { realClock } from '../../../local/clock.ts';
import { ensureBases } from '../../../local/containers/bases/resolve.ts';
import {
  type BuilderDetection,
  detectBuilder,
  openEngine,
} from '../../../local/containers/detect.ts';
import { readStages } from '../../../local/containers/dockerfile.ts';
import { buildProcessImage } from '../../../local/containers/processImage.ts';
import type { ContainerEngine } from '../../../local/containers/types.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'failover-images-'));
const context = mkdtempSync(path.join(tmpdir(), 'failover-context-'));
const dockerfile = path.join(context, 'Dockerfile');
const DOCKERFILE = `
ARG BASE=debian:bookworm-slim
FROM \${BASE} AS first
ARG WORD=none
WORKDIR /work
COPY hello.txt ./
RUN cat hello.txt > both.txt && echo "$WORD" >> both.txt && id -u nobody > uid.txt
FROM scratch AS last
COPY --from=first /work /out
ENV PORT=8080
USER 1000
EXPOSE 8080
CMD ["/out/run"]
`;
const WORD = `it's "$HOME" \`id\``;
const options = { dataDir: folder, log: () => {}, allowInstall: false };
let found: BuilderDetection;
let engine: ContainerEngine;

beforeAll(async () => {
  writeFileSync(dockerfile, DOCKERFILE);
  writeFileSync(path.join(context, 'hello.txt'), 'hello\n');
  found = await detectBuilder(options);
  if (found.choice) engine = openEngine(found.choice, folder);
});
afterAll(async () => {
  await engine?.cleanUp();
  rmSync(folder, { recursive: true, force: true });
  rmSync(context, { recursive: true, force: true });
});

describe('detection', () => {
  it('says why each tool was or was not taken', () => {
    expect(found.attempts.length).toBeGreaterThan(0);
    for (const { tool, reason } of found.attempts) expect(`${tool}: ${reason}`).toMatch(/: ./);
    expect(found.kind === 'none').toBe(found.choice === undefined);
  });

  it('proves the tool of an earlier run again instead of searching', async (test) => {
    test.skip(found.kind === 'none', found.reason);
    const again = await detectBuilder(options);
    expect(again.attempts).toEqual([
      { tool: found.kind, ok: true, reason: 'built a two-stage image again' },
    ]);
  });

  it('finds none, and installs none when it may not, where no tool is on the path', async () => {
    const before = process.env['PATH'];
    process.env['PATH'] = context;
    try {
      const dataDir = path.join(folder, 'bare');
      const none = await detectBuilder({ ...options, dataDir });
      expect(none.kind).toBe('none');
      expect(none.attempts.map(({ tool, reason }) => `${tool}: ${reason}`)).toEqual([
        'docker: not installed',
        'podman: not installed',
        'buildah: not installed',
        'apt-get: installing packages is forbidden (--no-install)',
      ]);
    } finally {
      process.env['PATH'] = before;
    }
  });

  it('does not take a tool that only prints a version', async () => {
    const before = process.env['PATH'];
    const fake = mkdtempSync(path.join(tmpdir(), 'failover-fake-'));
    writeFileSync(
      path.join(fake, 'podman'),
      '#!/bin/sh\n[ "$1" = --version ] && echo podman version 9.9 || { echo broken >&2; exit 1; }\n',
    );
    chmodSync(path.join(fake, 'podman'), 0o755);
    process.env['PATH'] = fake;
    try {
      const { attempts } = await detectBuilder({ ...options, dataDir: path.join(folder, 'fake') });
      const podman = attempts.find(({ tool }) => tool === 'podman');
      expect(podman).toMatchObject({ ok: false, reason: expect.stringContaining('broken') });
    } finally {
      process.env['PATH'] = before;
      rmSync(fake, { recursive: true });
    }
  });
});

describe('detection on a full disk', () => {
  const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

  it.skipIf(!isRoot)('is refused in a line, instead of going on without a builder', async () => {
    const before = process.env['PATH'];
    const disk = mkdtempSync(path.join(tmpdir(), 'failover-disk-'));
    const fake = mkdtempSync(path.join(tmpdir(), 'failover-fake-'));
    const script =
      '#!/bin/sh\n[ "$1" = --version ] && echo 9.9 || { echo "write: no space left on device" >&2; exit 1; }\n';
    writeFileSync(path.join(fake, 'podman'), script, { mode: 0o755 });
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]).status).toBe(0);
    process.env['PATH'] = fake;
    try {
      await expect(detectBuilder({ ...options, dataDir: disk })).rejects.toMatchObject({
        name: 'DiskFull',
        message: expect.stringContaining(`no space left on the disk of ${disk}`),
      });
    } finally {
      process.env['PATH'] = before;
      spawnSync('umount', [disk]);
      for (const each of [disk, fake]) rmSync(each, { recursive: true });
    }
  });
});

describe('a two-stage image', () => {
  const lines: TimedLine[] = [];
  const build = (tag: string, target?: string) =>
    engine.build({
      context,
      dockerfile,
      buildArgs: { WORD },
      tags: [tag],
      onLine: (text) => lines.push({ text, atMs: performance.now() }),
      ...(target === undefined ? {} : { target }),
    });

  it('is built on an assembled base, with its settings, steps and cache', async (test) => {
    test.skip(found.kind === 'none', found.reason);
    const graph = readStages(DOCKERFILE, {});
    const needs = { engine, dataDir: folder, clock: realClock, log: () => {} };
    const [base] = await ensureBases(graph, undefined, 'Dockerfile', needs);
    expect(base).toMatchObject({ name: 'debian:bookworm-slim' });
    await build('localhost/tiny:1');
    const facts = await engine.inspect('localhost/tiny:1');
    expect(facts?.config).toMatchObject({ user: '1000', cmd: ['/out/run'], exposedPorts: [8080] });
    expect(facts?.config.env).toContain('PORT=8080');
    const steps = parseSteps(lines);
    expect(steps.some(({ instruction }) => instruction.startsWith('RUN cat'))).toBe(true);
    lines.length = 0;
    const { imageId } = await build('localhost/tiny:2');
    expect(imageId).toBe(facts?.imageId);
    const cached = parseSteps(lines).filter((step) => step.cached);
    expect(cached.some(({ instruction }) => instruction.startsWith('RUN cat'))).toBe(true);
  });

  it('goes through an OCI layout with its digest, and comes out as a root folder', async (test) => {
    test.skip(found.kind === 'none', found.reason);
    const layout = path.join(folder, 'layout');
    const pushed = await engine.pushToLayout('localhost/tiny:1', layout, 'one');
    expect(pushed.manifestDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const digest = pushed.manifestDigest.slice('sha256:'.length);
    const blob = path.join(layout, 'blobs/sha256', digest);
    expect(spawnSync('sha256sum', [blob]).stdout.toString()).toMatch(new RegExp(`^${digest} `));
    expect(pushed.compressedBytes).toBeGreaterThan(0);
    await engine.loadFromLayout(layout, 'one', 'localhost/tiny:back');
    const { path: root, release } = await engine.rootfs('localhost/tiny:back');
    const text = spawnSync('cat', [path.join(root, 'out/both.txt')]).stdout.toString();
    expect(text).toBe(`hello\n${WORD}\n`);
    await release();
    expect(existsSync(path.join(root, 'out/both.txt'))).toBe(false);
    await engine.remove('localhost/tiny:back');
    expect(await engine.inspect('localhost/tiny:back')).toBeUndefined();
  });

  it('that fails says so with the last lines', async (test) => {
    test.skip(found.kind === 'none', found.reason);
    const broken = path.join(context, 'Broken');
    writeFileSync(broken, 'FROM debian:bookworm-slim\nRUN echo last-words && exit 3\n');
    const building = engine.build({
      ...{ context, dockerfile: broken, buildArgs: {}, tags: ['localhost/broken:1'] },
      onLine: () => {},
    });
    await expect(building).rejects.toMatchObject({
      name: 'BuildError',
      tail: expect.arrayContaining([expect.stringMatching(/last-words$/)]),
    });
  });

  it('with a base that cannot be had names the FROM line', async (test) => {
    test.skip(found.kind === 'none', found.reason);
    const graph = readStages('FROM scratch AS a\nFROM registry.invalid/some/thing:1\n', {});
    const needs = { engine, dataDir: folder, clock: realClock, log: () => {} };
    await expect(ensureBases(graph, undefined, 'app/Dockerfile', needs)).rejects.toThrow(
      'app/Dockerfile:2: base image registry.invalid/some/thing:1: its registry does not answer',
    );
  });
});

describe('without an engine', () => {
  it('a stage is carried out as processes, in a folder that stays as it was made', async () => {
    const said: string[] = [];
    const major = process.versions.node.split('.')[0];
    const file = path.join(context, 'Processes');
    writeFileSync(
      file,
      `FROM node:${major} AS first\nARG WORD\nWORKDIR /made\nCOPY hello.txt ./\n` +
        'RUN cat hello.txt > both.txt && echo "$WORD" >> both.txt\n' +
        `FROM node:${major}\nWORKDIR /app\nCOPY --from=first /made/both.txt ./\n` +
        `ENV GREETING=hi\nCMD ["node", "-e", "const f=require('fs');f.writeFileSync('seen','x');console.log(process.env.GREETING, f.readFileSync('both.txt','utf8'))"]\n`,
    );
    const request = {
      ...{ context, dockerfile: file, target: undefined, buildArgs: { WORD }, dataDir: folder },
      onLine: (line: string) => said.push(line),
    };
    const image = await buildProcessImage(request);
    const [program = '', ...args] = image.command;
    const run = () => spawnSync(program, args, { cwd: image.cwd, env: image.env });
    expect(run().stdout.toString()).toBe(`hi hello\n${WORD}\n\n`);
    expect(said.some((line) => line.startsWith('[1/2] STEP 5/5: RUN cat'))).toBe(true);
    expect(await buildProcessImage(request)).toEqual(image);
    expect(said.filter((line) => line === '--> Using cache').length).toBeGreaterThan(0);
    if (said[0]?.includes('namespace')) {
      expect(existsSync(path.join(image.folder, 'app/seen'))).toBe(false);
    }
  });
});
