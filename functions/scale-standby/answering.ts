/** Whether a region answers in time, by requests of our own: tasks that run may still be of no use. */
import type { HealthSettings } from '../../core/health/settings.ts';
import type { WatchTarget } from '../../events/watchPlan.ts';
import type { httpProbe } from '../../probes/http.ts';
import type { Clock } from '../_entry.ts';
import { httpTargetOf } from '../_httpTarget.ts';

export type ProbeHealth = typeof httpProbe;

export type Answering = {
  readonly ok: boolean;
  readonly why: string;
  readonly budgetMs: number;
  /** In the order asked; null for one that failed. */
  readonly tookMs: readonly (number | null)[];
};

/** Of ten answers, the slowest is the 95th percentile. */
const PROBES = 10;
const PROBE_EVERY_MS = 10;

export const asksHealth = async (
  { clock, probe }: { readonly clock: Clock; readonly probe: ProbeHealth },
  { url, serverName, region }: WatchTarget,
  { slow, timeoutMs }: HealthSettings,
  signal: AbortSignal,
): Promise<Answering> => {
  const budgetMs = slow?.p95Ms ?? timeoutMs;
  const target = httpTargetOf(url, serverName);
  const tookMs: (number | null)[] = [];
  for (let n = 0; n < PROBES; n++) {
    const outcome = await probe(target, { timeoutMs, signal });
    if (!outcome.ok) {
      const why = `a request to ${region} failed: ${outcome.reason}, ${outcome.detail}`;
      return { ok: false, why, budgetMs, tookMs: [...tookMs, null] };
    }
    tookMs.push(outcome.totalMs);
    await clock.sleep(PROBE_EVERY_MS, signal);
  }
  const slowestMs = Math.round(Math.max(...tookMs.map(Number)));
  const ok = slowestMs <= budgetMs;
  const why = `the slowest of ${PROBES} requests took ${slowestMs} ms of ${budgetMs} ms`;
  return { ok, why, budgetMs, tookMs };
};
