// Goal: the database probe tells lost writes from late ones, and keeps staleness out of the latency.
// Method: stores in memory that lag, lose, fail or hang.
import { describe, expect, it } from 'vitest';
import { databaseProbe, databaseTarget, type TokenStore } from '../../../probes/database.ts';

const options = (timeoutMs = 30_000) => ({ timeoutMs, signal: new AbortController().signal });
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const memoryStore = (extra: Partial<TokenStore> = {}) => {
  const written: string[] = [];
  const store: TokenStore = {
    write: async (token) => {
      written.push(token);
    },
    read: async () => written.at(-1),
    ...extra,
  };
  return { store, written };
};

describe('the database probe', () => {
  it('writes a new token each time and reads it back', async () => {
    const { store, written } = memoryStore();
    const target = databaseTarget(store, 'drill-1');
    const first = await databaseProbe(target, options());
    await databaseProbe(target, options());
    expect(written).toEqual(['drill-1/0', 'drill-1/1']);
    if (!first.ok) throw new Error(first.detail);
    expect(Object.keys(first.phases)).toEqual(['writeMs', 'readMs']);
    expect(first.apart).toBeUndefined();
  });

  it.each([
    ['nothing', undefined, /wrote "drill-1\/0", read nothing/],
    ['a token of another run', 'drill-2/0', /read "drill-2\/0"/],
    ['a token never written', 'drill-1/7', /read "drill-1\/7"/],
  ])('calls it a mismatch to read %s', async (_what, found, detail) => {
    const { store } = memoryStore({ read: async () => found });
    expect(await databaseProbe(databaseTarget(store, 'drill-1'), options())).toMatchObject({
      ok: false,
      reason: 'mismatch',
      detail: expect.stringMatching(detail),
    });
  });

  it('calls it a mismatch to read an older token once its successor is written', async () => {
    const { store, written } = memoryStore({ read: async () => written[0] });
    const target = databaseTarget(store, 'drill-1');
    expect(await databaseProbe(target, options())).toMatchObject({ ok: true });
    await pause(2);
    expect(await databaseProbe(target, options())).toMatchObject({ reason: 'mismatch' });
  });

  it('accepts either of two tokens that were written at once', async () => {
    const { store, written } = memoryStore({
      write: async (token) => {
        await pause(5);
        written.unshift(token);
      },
    });
    const target = databaseTarget(store, 'drill-1');
    const both = await Promise.all([
      databaseProbe(target, options()),
      databaseProbe(target, options()),
    ]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
  });

  it('measures how stale a replica is, apart from the latency', async () => {
    const { store, written } = memoryStore();
    const shown = 0;
    const target = databaseTarget({ ...store, readReplica: async () => written[shown] }, 'drill-1');
    const fresh = await databaseProbe(target, options());
    await pause(2);
    await databaseProbe(target, options());
    await pause(1_000);
    const stale = await databaseProbe(target, options());
    if (!fresh.ok || !stale.ok) throw new Error('both probes pass');
    expect(fresh.apart?.['staleMs']).toBe(0);
    expect(stale.apart?.['staleMs']).toBeGreaterThan(995);
    expect(stale.totalMs).toBeLessThan(995);
  });

  it('passes when the replica cannot be read, and then says nothing of it', async () => {
    const { store } = memoryStore({ readReplica: () => Promise.reject(new Error('gone')) });
    const outcome = await databaseProbe(databaseTarget(store, 'drill-1'), options());
    expect(outcome.ok).toBe(true);
    expect(outcome).not.toHaveProperty('apart');
  });

  it('names the call that failed or hung', async () => {
    const failing = memoryStore({ write: () => Promise.reject(new Error('throttled')) });
    expect(await databaseProbe(databaseTarget(failing.store, 'a'), options())).toMatchObject({
      reason: 'store',
      detail: 'write: throttled',
    });
    const hanging = memoryStore({ read: () => new Promise(() => {}) });
    expect(await databaseProbe(databaseTarget(hanging.store, 'a'), options(30))).toMatchObject({
      reason: 'timeout',
      detail: 'read took over 30 ms',
    });
  });
});
