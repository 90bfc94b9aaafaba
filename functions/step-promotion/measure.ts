/** Asks the old version and the new one in turn, each at its own task, past the load balancer. */
import type { Burst, Comparison } from '../../core/promotion/gate.ts';
import { emptySketch, insert, quantile, type Sketch } from '../../core/sketch/sketch.ts';
import type { PromotionPlan } from '../../events/promotion.ts';
import { runBurst } from '../../probes/burst.ts';
import { httpProbe } from '../../probes/http.ts';

export type Side = { readonly addresses: readonly string[]; readonly port: number };

const US_PER_MS = 1_000;
const TOTAL = 'http.total';

const quantileMs = (sketch: Sketch, q: number): number | null =>
  sketch.n === 0 ? null : quantile(sketch, q) / US_PER_MS;

const burstOn = async (
  { probe, sampling }: PromotionPlan,
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Burst> => {
  const sketch = emptySketch();
  const { path, expectStatus, timeoutMs } = probe;
  const { samples, warmup, ratePerS } = sampling;
  const counts = await runBurst(
    httpProbe,
    { host, port, path, expectStatus },
    { kind: 'http', samples, warmup, ratePerS, timeoutMs },
    { record: (metric, valueUs) => void (metric === TOTAL && insert(sketch, valueUs)) },
    { signal },
  );
  const failed = Object.values(counts.errors).reduce((sum, count) => sum + count, 0);
  return {
    sent: counts.sent,
    failed,
    p50Ms: quantileMs(sketch, 0.5),
    p95Ms: quantileMs(sketch, 0.95),
  };
};

/**
 * Comparisons number `from` and on. Who goes first alternates, and so do the tasks; none where either
 * side has no task.
 */
export const compare = async (
  plan: PromotionPlan,
  sides: { readonly old: Side; readonly fresh: Side },
  from: number,
  signal: AbortSignal,
): Promise<Comparison[]> => {
  const made: Comparison[] = [];
  for (let n = from; n < from + plan.sampling.perStep; n++) {
    const pick = ({ addresses, port }: Side) => {
      const host = addresses[n % Math.max(1, addresses.length)];
      return host === undefined ? undefined : { host, port };
    };
    const [old, fresh] = [pick(sides.old), pick(sides.fresh)];
    if (old === undefined || fresh === undefined) return made;
    if (n % 2 === 0) {
      const first = await burstOn(plan, old, signal);
      made.push({ old: first, fresh: await burstOn(plan, fresh, signal) });
    } else {
      const first = await burstOn(plan, fresh, signal);
      made.push({ old: await burstOn(plan, old, signal), fresh: first });
    }
  }
  return made;
};
