// Goal: what the target does never moves a sample, so that a stall shows in full.
// Method: a simulated server on a virtual clock, held against the closed form; then the real clock.
import { describe, expect, it } from 'vitest';
import { failure, type ProbeOutcome } from '../../../probes/probe.ts';
import { isLate, realSampleClock, runOpenLoop, type Sample } from '../../../probes/sampleClock.ts';
import { createVirtualClock } from './virtualClock.ts';

const never = () => new AbortController().signal;
const passed = (totalMs: number): ProbeOutcome => ({ ok: true, totalMs, phases: {} });

const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN;
};

const WINDOW_MS = 5_000;
const STALL = { fromMs: 2_000, toMs: 3_000 };
const RATE_PER_S = 200;

/** Samples of a server that answers at once, but for the stall, in which it answers nothing. */
const throughStall = async (inFlightMax?: number): Promise<Sample[]> => {
  const { clock, run, sleepUntil } = createVirtualClock();
  const samples: Sample[] = [];
  const loop = runOpenLoop({
    count: (WINDOW_MS / 1_000) * RATE_PER_S,
    ratePerS: RATE_PER_S,
    signal: never(),
    clock,
    ...(inFlightMax === undefined ? {} : { inFlightMax }),
    onSample: (sample) => samples.push(sample),
    send: async () => {
      const sentMs = clock.nowMs();
      const stalled = sentMs >= STALL.fromMs && sentMs < STALL.toMs;
      await sleepUntil(stalled ? STALL.toMs : sentMs);
      return passed(clock.nowMs() - sentMs);
    },
  });
  await run(loop);
  return samples;
};

describe('the open loop', () => {
  it('sees a stall S in a window T as quantiles S - (1 - q) T', async () => {
    const samples = await throughStall();
    expect(samples).toHaveLength(1_000);
    const responses = samples.map(({ responseMs }) => responseMs);
    // The distance between samples bounds what can be told apart.
    const toleranceMs = 1_000 / RATE_PER_S;
    for (const [q, truthMs] of [
      [0.9, 500],
      [0.95, 750],
      [0.99, 950],
    ] as const) {
      expect(Math.abs(quantile(responses, q) - truthMs)).toBeLessThanOrEqual(toleranceMs);
    }
    expect(samples.filter(({ late }) => late)).toHaveLength(0);
  });

  it('sees it as well when too many samples would be under way, and marks those late', async () => {
    const samples = await throughStall(20);
    const responses = samples.map(({ responseMs }) => responseMs);
    expect(Math.abs(quantile(responses, 0.95) - 750)).toBeLessThanOrEqual(5);
    // The probe's own time says nothing of the wait: that is what a closed loop would report.
    expect(
      quantile(
        samples.map(({ serviceMs }) => serviceMs),
        0.95,
      ),
    ).toBeLessThan(5);
    expect(samples.filter(({ late }) => late).length).toBeGreaterThan(150);
  });

  it('sends sample i at i / rate, whatever the answers take', async () => {
    const { clock, run, sleepUntil } = createVirtualClock(1_000);
    const sentMs: number[] = [];
    const loop = runOpenLoop({
      count: 5,
      ratePerS: 20,
      signal: never(),
      clock,
      onSample: () => {},
      send: async (index) => {
        sentMs.push(clock.nowMs());
        await sleepUntil(clock.nowMs() + 70 * (index % 2));
        return failure('timeout', 70, 'late');
      },
    });
    await run(loop);
    expect(sentMs).toEqual([1_000, 1_050, 1_100, 1_150, 1_200]);
  });

  it('sends no more after an abort, and waits for what is under way', async () => {
    const { clock, run, sleepUntil } = createVirtualClock();
    const controller = new AbortController();
    const done: number[] = [];
    const loop = runOpenLoop({
      count: 100,
      ratePerS: 10,
      signal: controller.signal,
      clock,
      onSample: ({ index }) => done.push(index),
      send: async (index) => {
        if (index === 3) controller.abort();
        await sleepUntil(clock.nowMs() + 250);
        return passed(250);
      },
    });
    await run(loop);
    expect(done).toEqual([0, 1, 2, 3]);
  });

  it('rejects when a probe cannot be sent', async () => {
    const loop = runOpenLoop({
      count: 3,
      ratePerS: 1_000,
      signal: never(),
      onSample: () => {},
      send: () => Promise.reject(new RangeError('port 0')),
    });
    await expect(loop).rejects.toThrow('port 0');
  });

  it('ends at once when there is nothing to send or it was aborted before', async () => {
    const idle = { ratePerS: 1, onSample: () => {}, send: async () => passed(1) };
    await runOpenLoop({ ...idle, count: 0, signal: never() });
    await runOpenLoop({ ...idle, count: 9, signal: AbortSignal.abort() });
  });

  it.each([
    [1.0, 5, false],
    [1.01, 5, true],
    [4.0, 40, false],
    [4.1, 40, true],
  ])('sent %d ms late with a response of %d ms: late is %s', (sentAfterMs, responseMs, late) => {
    expect(isLate(sentAfterMs, responseMs)).toBe(late);
  });
});

describe('the real clock', () => {
  it('never calls back early, nor before it returns, and can be cancelled', async () => {
    for (const leftMs of [-1, 0, 0.3, 4]) {
      const dueMs = performance.now() + leftMs;
      let returned = false;
      await new Promise<void>((resolve) => {
        realSampleClock.at(dueMs, () => {
          expect(returned).toBe(true);
          resolve();
        });
        returned = true;
      });
      expect(performance.now()).toBeGreaterThanOrEqual(dueMs);
    }
    let called = false;
    const cancel = realSampleClock.at(performance.now() + 3, () => {
      called = true;
    });
    cancel();
    await new Promise((resolve) => setTimeout(resolve, 8));
    expect(called).toBe(false);
  });
});
