// Goal: nothing that a simulated run does can see or touch the real world, whoever wrote the code.
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { createVirtualClock, type VirtualClock } from '../../../local/virtualClock.ts';
import { enterProcess, IN_PROCESS, type VirtualProcess } from '../../../sim/system/process.ts';

const START_MS = Date.UTC(2030, 0, 1);
let clock: VirtualClock;
let inside: VirtualProcess;

const enter = (): void => {
  clock = createVirtualClock(START_MS);
  inside = enterProcess({ clock, random: seededRandom('process test') });
};
beforeEach(enter);
afterEach(() => inside.leave());

describe('in a simulated process', () => {
  it('dates, durations and timers are those of its clock', async () => {
    expect(Date.now()).toBe(START_MS);
    expect(new Date().toISOString()).toBe('2030-01-01T00:00:00.000Z');
    expect(new Date(0).getTime()).toBe(0);
    expect(new Date() instanceof Date).toBe(true);
    expect(Date()).toBe(new Date(START_MS).toString());
    expect([Date.UTC(2030, 0), Date.length, Date.name]).toEqual([START_MS, 7, 'Date']);
    expect(new (class Later extends Date {})().getTime()).toBe(START_MS);
    const fired: string[] = [];
    setTimeout(() => fired.push('timer'), 3_600_000);
    const cancelled = setTimeout(() => fired.push('cancelled'), 1_000);
    clearTimeout(cancelled);
    void sleep(7_200_000).then(() => fired.push('sleep'));
    const signal = AbortSignal.timeout(5_000);
    await clock.advance(3_600_000);
    expect(fired).toEqual(['timer']);
    expect(signal.aborted).toBe(true);
    await clock.advance(3_600_000);
    expect(fired).toEqual(['timer', 'sleep']);
    expect(performance.now()).toBe(7_200_000);
  });

  it('time stands still for what is put off to the next tick or turn', async () => {
    clock = createVirtualClock(START_MS, IN_PROCESS);
    inside.leave();
    inside = enterProcess({ clock, random: seededRandom('process test') });
    const seen: number[] = [];
    const turns = async (): Promise<void> => {
      for (let n = 0; n < 5; n++) {
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => process.nextTick(resolve));
      }
      seen.push(Date.now() - START_MS);
    };
    setTimeout(() => void turns(), 1_000);
    setTimeout(() => {}, 2_000);
    await clock.advance(3_000);
    expect(seen).toEqual([1_000]);
  });

  it('random numbers repeat', () => {
    const draw = () => [Math.random(), randomUUID(), crypto.randomUUID(), Math.random()];
    const first = draw();
    inside.leave();
    enter();
    expect(draw()).toEqual(first);
    expect(first[1]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('sockets and processes are refused, also where the refusal is caught', async () => {
    expect(() => net.connect(80)).toThrow('reached for the real world: node:net connect');
    await Promise.resolve()
      .then(() => fetch('http://127.0.0.1'))
      .catch(() => undefined);
    expect(inside.touched).toEqual(['node:net connect', 'fetch']);
  });

  it('files of the machine are not there', async () => {
    await expect(readFile('/etc/hostname', 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('what is written at once is on the disk of its folder', async () => {
    await mkdir('/simulated-at-once');
    writeFileSync('/simulated-at-once/file.draft', 'text');
    renameSync('/simulated-at-once/file.draft', '/simulated-at-once/file');
    expect(await readFile('/simulated-at-once/file', 'utf8')).toBe('text');
    expect(existsSync('/simulated-at-once')).toBe(false);
  });
});

it('gives the process back as it was', async () => {
  inside.leave();
  expect(Date.now()).toBeLessThan(Date.UTC(2029, 0, 1) + 100 * 365 * 86_400_000);
  const before = performance.now();
  await sleep(5);
  expect(performance.now() - before).toBeLessThan(60_000);
  expect(await readFile(import.meta.filename, 'utf8')).toContain('gives the process back');
});
