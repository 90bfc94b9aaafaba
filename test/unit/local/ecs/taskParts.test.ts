// Goal: the small rules around a task: its size, its ending, its last words, its link, its signals.
// Method: values in, values out; the log writes to a folder of its own.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitEnding } from '../../../../local/ecs/endings.ts';
import { publishedPorts, runArguments } from '../../../../local/ecs/runners/containerCli.ts';
import { exitCodeOf, stopSignalOf } from '../../../../local/ecs/runners/signals.ts';
import { createLinks, linkOf } from '../../../../local/ecs/runners/veth.ts';
import { fargateSize } from '../../../../local/ecs/size.ts';
import { hideSecrets, openTaskLog } from '../../../../local/ecs/taskLog.ts';

describe('fargateSize', () => {
  it.each([
    ['256', '512', { cpu: 256, memory: 512 }],
    ['.25 vCPU', '0.5 GB', { cpu: 256, memory: 512 }],
    ['1 vcpu', '2GB', { cpu: 1024, memory: 2048 }],
    ['16384', '122880', { cpu: 16_384, memory: 122_880 }],
  ])('reads %s and %s', (cpu, memory, size) => {
    expect(fargateSize(cpu, memory)).toEqual(size);
  });

  it.each([
    ['128', '512'],
    ['256', '4096'],
    ['512', '1500'],
    [undefined, '512'],
    ['256', undefined],
    ['a lot', '512'],
  ])('refuses %s with %s', (cpu, memory) => {
    expect(() => fargateSize(cpu, memory)).toThrow(/cpu|Fargate configuration/);
  });
});

describe('exitEnding', () => {
  const exit = { exitCode: 1, outOfMemory: false };
  it('tells the exit code, the time and the last words', () => {
    expect(exitEnding({ exit, ranMs: 234, lastWords: 'no database' })).toEqual({
      stopCode: 'EssentialContainerExited',
      stoppedReason:
        'Essential container in task exited: exit code 1 after 0.2 s; last output: no database',
      exitCode: 1,
    });
  });

  it('tells of memory only when that was what ended the container', () => {
    const killed = { exit: { exitCode: 137, outOfMemory: true }, ranMs: 0, lastWords: undefined };
    const helperKilled = { ...killed, exit: { exitCode: 0, outOfMemory: true } };
    expect(exitEnding(killed).containerReason).toMatch(/^OutOfMemoryError: /);
    expect(exitEnding(helperKilled)).not.toHaveProperty('containerReason');
  });
});

describe('hideSecrets', () => {
  const environment = { API_KEY: 'k3y-k3y', DB_PASSWORD: 'ab', GREETING: 'hello' };
  it('hides what is secret by its name, and passwords in URLs', () => {
    expect(hideSecrets('hello k3y-k3y postgres://app:pw@db/x', environment)).toBe(
      'hello *** postgres://app:***@db/x',
    );
  });

  it('leaves short values alone: they would hide everything', () => {
    expect(hideSecrets('about', environment)).toBe('about');
  });
});

describe('openTaskLog', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'failover-log-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const fail = (error: unknown) => {
    throw error;
  };

  it('keeps lines and tells the last one of standard error', async () => {
    const file = path.join(folder, 'a.log');
    const log = openTaskLog(file, {}, fail);
    log.write('stderr', Buffer.from('half a '));
    log.write('stdout', Buffer.from('out\n'));
    log.write('stderr', Buffer.from('line\n\n'));
    await log.end();
    expect(log.lastWords()).toBe('half a line');
    expect(readFileSync(file, 'utf8').split('\n').toSorted()).toEqual([
      '',
      '',
      'half a line',
      'out',
    ]);
  });

  it('stays below its bound, however much a task says', async () => {
    const file = path.join(folder, 'b.log');
    const log = openTaskLog(file, {}, fail);
    const chunk = Buffer.from(`${'x'.repeat(999)}\n`.repeat(400));
    for (let n = 0; n < 10; n += 1) {
      log.write('stdout', chunk);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await log.end();
    const kept = statSync(file).size + statSync(`${file}.1`).size;
    expect(kept).toBeGreaterThan(500_000);
    expect(kept).toBeLessThan(2_200_000);
  });

  it('tells a disk that does not take it, and goes on', async () => {
    const faults: unknown[] = [];
    const log = openTaskLog(path.join(folder, 'none', 'c.log'), {}, (error) => faults.push(error));
    log.write('stdout', Buffer.from('one\n'));
    await log.end();
    log.write('stdout', Buffer.from('two\n'));
    await log.end();
    expect(faults).toHaveLength(1);
    expect(log.lastWords()).toBe('two');
  });
});

describe('links', () => {
  it('have four addresses each, in the block reserved for benchmarks', () => {
    expect(linkOf(0)).toMatchObject({ hostAddress: '198.18.0.1', taskAddress: '198.18.0.2' });
    expect(linkOf(32_767)).toEqual({
      device: 'fdrill32767',
      hostAddress: '198.19.255.253',
      taskAddress: '198.19.255.254',
    });
  });

  it('are taken in turn, so that one just freed rests', () => {
    const links = createLinks(20_000);
    const first = links.take();
    first.release();
    const second = links.take();
    expect(second.device).not.toBe(first.device);
  });
});

describe('signals', () => {
  it.each([
    [undefined, 'SIGTERM'],
    ['SIGQUIT', 'SIGQUIT'],
    ['quit', 'SIGQUIT'],
    ['3', 'SIGQUIT'],
    ['nonsense', 'SIGTERM'],
  ])('STOPSIGNAL %s means %s', (text, signal) => {
    expect(stopSignalOf(text)).toBe(signal);
  });

  it('become exit codes as in a shell', () => {
    expect([exitCodeOf(3, null), exitCodeOf(null, 'SIGKILL'), exitCodeOf(null, 'SIGTERM')]).toEqual(
      [3, 137, 143],
    );
  });
});

describe('the run command of docker and podman', () => {
  const spec = {
    taskId: '0123456789abcdef0123456789abcdef',
    image: { kind: 'process', digest: undefined, cwd: '/', env: {}, command: [] },
    entryPoint: ['sh', '-c'],
    command: ['exit 0'],
    workingDirectory: undefined,
    user: '1000',
    environment: { TOKEN: 'secret' },
    readonlyRoot: true,
    cpuUnits: 512,
    memoryMb: 1024,
    ports: [8080],
  } as const;

  it('sets limits and ports, and shows no value of the environment', () => {
    const args = runArguments(spec, 'name', 'image').join(' ');
    expect(args).toContain('--memory 1024m --memory-swap 1024m --cpus 0.5');
    expect(args).toContain('--publish 127.0.0.1::8080');
    expect(args).toContain('--env TOKEN ');
    expect(args).not.toContain('secret');
    expect(args).toMatch(/--entrypoint sh .* image -c exit 0$/);
  });

  it('answers with the ports it published', () => {
    const ports = publishedPorts('8080/tcp -> 127.0.0.1:49153\n9090/tcp -> 127.0.0.1:49154\n');
    expect(ports.get(9090)).toEqual({ host: '127.0.0.1', port: 49_154 });
  });
});
