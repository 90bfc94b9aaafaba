// Goal: virtual time jumps from timer to timer, keeps their order and lets everything they set off run first.
import { describe, expect, it } from 'vitest';
import { sleep } from '../../local/clock.ts';
import { createVirtualClock } from '../../local/virtualClock.ts';

describe('the virtual clock', () => {
  it('fires timers in order of time, then of setting', async () => {
    const clock = createVirtualClock(1_000);
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
    clock.after(50, note('late'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.after(30, note('never'))();
    await clock.advance(100);
    expect(seen).toEqual(['first@1010', 'second@1010', 'late@1050']);
    expect(clock.now()).toBe(1_100);
    expect(clock.monotonicMs()).toBe(100);
  });

  it('runs what a timer sets off before time goes on', async () => {
    const clock = createVirtualClock(0);
    const seen: number[] = [];
    const walk = async () => {
      for (let i = 0; i < 3; i += 1) {
        await sleep(clock, 86_400_000);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(clock.now());
      }
    };
    await clock.until(walk());
    expect(seen).toEqual([86_400_000, 172_800_000, 259_200_000]);
  });

  it('stands still while it is held', async () => {
    const clock = createVirtualClock(0);
    let fired = false;
    clock.after(5, () => {
      fired = true;
    });
    const release = clock.hold();
    const time = clock.advance(10);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fired).toBe(false);
    release();
    await time;
    expect(fired).toBe(true);
  });

  it('gives the value or the error of what it waited for', async () => {
    const clock = createVirtualClock(0);
    expect(await clock.until(sleep(clock, 5).then(() => 'v'))).toBe('v');
    await expect(clock.until(Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('keeps the order of many timers set at random', async () => {
    const clock = createVirtualClock(0);
    const seen: number[] = [];
    for (let i = 0; i < 500; i += 1) clock.after((i * 7_919) % 1_009, () => seen.push(clock.now()));
    await clock.advance(2_000);
    expect(seen).toHaveLength(500);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});
