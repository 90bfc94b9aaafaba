// Goal: heartbeats are timed by one clock, each counts once, and what fails is counted, not hidden.
import { describe, expect, it } from 'vitest';
import { heartbeats } from '../../../probes/replication.ts';

const PLAN = { run: 'drill/1', beats: 5, everyMs: 30, timeoutMs: 120 };
const open = new AbortController().signal;

/** A value that is shown elsewhere so many milliseconds after it was written. */
const delayed = (lagMs: number) => {
  let shown: string | undefined;
  return {
    write: async (token: string) => {
      setTimeout(() => {
        shown = token;
      }, lagMs);
    },
    read: async () => shown,
  };
};

describe('heartbeats', () => {
  it('tell how long a value took, within the time between two reads', async () => {
    const { lagsMs, ...counts } = await heartbeats(delayed(60), PLAN, open);
    expect(counts).toEqual({ sent: 5, unseen: 0, failed: 0 });
    for (const lagMs of lagsMs) {
      expect(lagMs).toBeGreaterThan(55);
      expect(lagMs).toBeLessThan(160);
    }
  });

  it('that are written over before they are read count as seen with the next one', async () => {
    const value = delayed(0);
    const slow = {
      ...value,
      read: () =>
        new Promise<string | undefined>((done) => setTimeout(() => done(value.read()), 70)),
    };
    expect(await heartbeats(slow, PLAN, open)).toMatchObject({ sent: 5, unseen: 0 });
  });

  it('are unseen when only a token of another run is there', async () => {
    const link = { write: async () => {}, read: async () => 'drill/2/9' };
    expect(await heartbeats(link, PLAN, open)).toEqual({
      ...{ lagsMs: [], sent: 5, unseen: 5, failed: 0 },
    });
  });

  it('count calls that fail, and go on', async () => {
    let calls = 0;
    const value = delayed(0);
    const link = {
      write: async (token: string) => {
        calls += 1;
        if (calls === 2) throw new Error('throttled');
        await value.write(token);
      },
      read: value.read,
    };
    expect(await heartbeats(link, PLAN, open)).toMatchObject({ sent: 4, unseen: 0, failed: 1 });
  });

  it('stop with their caller', async () => {
    const stop = new AbortController();
    const found = heartbeats(delayed(10_000), { ...PLAN, timeoutMs: 60_000 }, stop.signal);
    setTimeout(() => stop.abort(new Error('over')), 40);
    await expect(found).rejects.toThrow('over');
  });
});
