// Goal: a burst discards its warm-up, counts failures instead of recording them, and knows when it
// was disturbed. Method: simulated probes on a virtual clock, and one burst on a real server.
import { describe, expect, it } from 'vitest';
import { type BurstPlan, runBurst } from '../../../probes/burst.ts';
import { httpProbe } from '../../../probes/http.ts';
import { failure, type Probe, type ProbeOutcome } from '../../../probes/probe.ts';
import type { SampleClock } from '../../../probes/sampleClock.ts';
import { openSelfNoise } from '../../../probes/selfNoise.ts';
import { answering } from './servers.ts';
import { createVirtualClock } from './virtualClock.ts';

const PLAN: BurstPlan = { kind: 'http', samples: 20, warmup: 5, ratePerS: 20, timeoutMs: 500 };

const recorder = () => {
  const values: Record<string, number[]> = {};
  const record = (metric: string, valueUs: number) => {
    values[metric] = [...(values[metric] ?? []), valueUs];
  };
  return { values, record };
};

/** Runs a burst whose probe number i has the outcome `outcomeOf(i)`. */
const burstOf = async (outcomeOf: (index: number) => ProbeOutcome, lateByMs = 0) => {
  const { clock, run } = createVirtualClock();
  let sent = 0;
  const probe: Probe<null> = async () => outcomeOf(sent++);
  const slow: SampleClock = {
    ...clock,
    at: (dueMs, callback) => clock.at(dueMs + lateByMs, callback),
  };
  const { values, record } = recorder();
  const { signal } = new AbortController();
  const burst = runBurst(probe, null, PLAN, { record }, { signal, clock: slow });
  await run(burst);
  return { counts: await burst, values };
};

describe('a burst', () => {
  it('records each sample after the warm-up, from due time, from sending, and by phase', async () => {
    const { counts, values } = await burstOf((index) => ({
      ok: true,
      totalMs: index,
      phases: { waitMs: index - 1, transferMs: 1 },
      apart: { staleMs: 7 },
    }));
    expect(counts).toEqual({ warmup: 5, sent: 20, late: 0, errors: {}, valid: true });
    const expected = Array.from({ length: 20 }, (_, at) => (at + 5) * 1_000);
    expect(values['http.total']).toEqual(expected);
    expect(values['http.service']).toEqual(expected);
    expect(values['http.wait']).toEqual(expected.map((us) => us - 1_000));
    expect(values['http.transfer']).toHaveLength(20);
    expect(values['http.stale']).toEqual(Array.from({ length: 20 }, () => 7_000));
  });

  it('counts failures by reason and records nothing of them', async () => {
    const { counts, values } = await burstOf((index) => {
      if (index < 7) return failure('timeout', 500, '');
      if (index < 10) return failure('refused', 1, '');
      return { ok: true, totalMs: 1, phases: {} };
    });
    expect(counts.errors).toEqual({ timeout: 2, refused: 3 });
    expect(counts.sent).toBe(20);
    expect(values['http.total']).toHaveLength(15);
  });

  it('is invalid when more than 5 % were sent late', async () => {
    const { counts, values } = await burstOf(() => ({ ok: true, totalMs: 1, phases: {} }), 3);
    expect(counts).toMatchObject({ late: 20, valid: false });
    expect(values['http.total']?.[0]).toBeCloseTo(4_000, 6);
    expect(values['http.service']?.[0]).toBe(1_000);
  });

  it('is invalid when nothing was sent', async () => {
    const { record } = recorder();
    const signal = AbortSignal.abort();
    const probe: Probe<null> = async () => failure('aborted', 0, '');
    expect(await runBurst(probe, null, PLAN, { record }, { signal })).toMatchObject({
      sent: 0,
      valid: false,
    });
  });

  it('measures a real server', async () => {
    const server = await answering(['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok']);
    const target = { host: '127.0.0.1', port: server.port, path: '/', expectStatus: 200 };
    const { values, record } = recorder();
    const { signal } = new AbortController();
    const plan = { ...PLAN, ratePerS: 200 };
    const counts = await runBurst(httpProbe, target, plan, { record }, { signal });
    server.close();
    expect(counts).toMatchObject({ warmup: 5, sent: 20, errors: {} });
    expect(Object.keys(values).sort()).toEqual([
      'http.service',
      'http.tcp',
      'http.total',
      'http.transfer',
      'http.wait',
    ]);
  });
});

describe('the self-noise floor', () => {
  it('comes from real probes of a server of its own', async () => {
    const noise = await openSelfNoise();
    const { p50Us, p95Us } = await noise.measure(20, new AbortController().signal);
    noise.close();
    expect(p50Us).toBeGreaterThan(20);
    expect(p50Us).toBeLessThanOrEqual(p95Us);
  });

  it('says so when it cannot be measured', async () => {
    const noise = await openSelfNoise();
    noise.close();
    await expect(noise.measure(2, new AbortController().signal)).rejects.toThrow(
      'none of 2 loopback probes was answered: refused',
    );
  });
});
