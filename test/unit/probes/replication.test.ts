// Goal: heartbeats are timed by one clock, each counts once, and what fails is counted, not hidden.
// Method: a virtual clock, so that lags are exact whatever else the machine does.
import { describe, expect, it } from 'vitest';
import { sleep } from '../../../local/clock.ts';
import { createVirtualClock } from '../../../local/virtualClock.ts';
import { heartbeats, type Pace, type ReplicatedValue } from '../../../probes/replication.ts';

const PLAN = { run: 'drill/1', beats: 5, everyMs: 30, timeoutMs: 120 };
const open = new AbortController().signal;

const world = () => {
  const clock = createVirtualClock(0);
  const wait = (ms: number, signal?: AbortSignal) => sleep(clock, ms, signal);
  const pace: Pace = { monotonicMs: clock.monotonicMs, sleep: wait };
  /** A value that is shown elsewhere so many milliseconds after it was written. */
  const delayed = (lagMs: number): ReplicatedValue => {
    let shown: string | undefined;
    return {
      write: async (token) => {
        clock.after(lagMs, () => {
          shown = token;
        });
      },
      read: async () => shown,
    };
  };
  const measure = (link: ReplicatedValue, plan = PLAN, signal = open) =>
    clock.until(heartbeats(link, plan, pace, signal));
  return { clock, wait, delayed, measure };
};

describe('heartbeats', () => {
  it('tell how long a value took, up to the next read', async () => {
    const { delayed, measure } = world();
    // Read every 20 ms: what is shown after 61 ms is seen by the next read.
    expect(await measure(delayed(61))).toEqual({
      lagsMs: [80, 70, 80, 70, 80],
      ...{ sent: 5, unseen: 0, failed: 0 },
    });
  });

  it('count from the middle of a write to the middle of the read that shows them', async () => {
    const { delayed, measure, wait } = world();
    const value = delayed(0);
    const slow: ReplicatedValue = {
      write: async (token, signal) => {
        await wait(10);
        await value.write(token, signal);
        await wait(10);
      },
      read: async (signal) => {
        const shown = await value.read(signal);
        await wait(40);
        return shown;
      },
    };
    const { lagsMs } = await measure(slow, { ...PLAN, beats: 1 });
    // Written from 0 to 20 ms, read from 60 to 100.
    expect(lagsMs).toEqual([70]);
  });

  it('that are written over before they are read count as seen with the next one', async () => {
    const { delayed, measure, wait } = world();
    const value = delayed(0);
    const slow: ReplicatedValue = {
      ...value,
      read: async (signal) => {
        await wait(70);
        return value.read(signal);
      },
    };
    expect(await measure(slow)).toMatchObject({ sent: 5, unseen: 0 });
  });

  it('are unseen when they come after the limit', async () => {
    const { clock, delayed, measure } = world();
    expect(await measure(delayed(200))).toMatchObject({ sent: 5, unseen: 2, failed: 0 });
    expect(clock.now()).toBe(5 * 30 + 120);
  });

  it('are unseen when only a token of another run is there', async () => {
    const link = { write: async () => {}, read: async () => 'drill/2/9' };
    expect(await world().measure(link)).toEqual({
      ...{ lagsMs: [], sent: 5, unseen: 5, failed: 0 },
    });
  });

  it('count calls that fail, and go on', async () => {
    const { delayed, measure } = world();
    let calls = 0;
    const value = delayed(0);
    const link: ReplicatedValue = {
      write: async (token, signal) => {
        calls += 1;
        if (calls === 2) throw new Error('throttled');
        await value.write(token, signal);
      },
      read: value.read,
    };
    expect(await measure(link)).toMatchObject({ sent: 4, unseen: 0, failed: 1 });
  });

  it('stop with their caller', async () => {
    const { clock, delayed, measure } = world();
    const stop = new AbortController();
    clock.after(40, () => stop.abort(new Error('over')));
    const found = measure(delayed(10_000), { ...PLAN, timeoutMs: 60_000 }, stop.signal);
    await expect(found).rejects.toThrow('over');
    expect(clock.now()).toBe(40);
  });
});
