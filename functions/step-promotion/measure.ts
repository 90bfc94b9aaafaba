/** Asks the old version and the new one in turn, each through its load balancer by the header that names it. */
import type { ListenerShares } from '../../aws/listenerShares.ts';
import { DrillError } from '../../core/errors.ts';
import type { Burst, Comparison } from '../../core/promotion/gate.ts';
import { VERSION_HEADER, versionHeaderOf } from '../../core/promotion/versions.ts';
import { emptySketch, insert, quantile, type Sketch } from '../../core/sketch/sketch.ts';
import type { PromotionPlace, PromotionPlan } from '../../events/promotion.ts';
import { runBurst } from '../../probes/burst.ts';
import { type HttpTarget, httpProbe } from '../../probes/http.ts';
import type { Probe } from '../../probes/probe.ts';
import { httpTargetOf } from '../_httpTarget.ts';

/** One version: a target group of a load balancer. */
type Side = {
  readonly region: string;
  readonly balancer: PromotionPlace['balancer'];
  readonly group: string;
};

export type Sides = { readonly old: Side; readonly fresh: Side };

export const sideOf = (
  { region, balancer }: PromotionPlace,
  which: keyof PromotionPlace['balancer']['groups'],
): Side => ({ region, balancer, group: balancer.groups[which] });

const US_PER_MS = 1_000;
const ANSWER = 'http.answer';

/** A request, and how long its answer took: lookup, connection and handshake are the load balancer's, not a version's. */
const answerProbe: Probe<HttpTarget> = async (target, options) => {
  const outcome = await httpProbe(target, options);
  if (!outcome.ok) return outcome;
  const { waitMs = 0, transferMs = 0 } = outcome.phases;
  return { ...outcome, apart: { answerMs: waitMs + transferMs } };
};

/**
 * A request that no rule sends to its version goes where the weights send it: then one version would be compared
 * with itself, and be found no worse.
 * @throws DrillError `InputInvalid`
 */
const checkRule = async (
  { byHeader }: Pick<ListenerShares, 'byHeader'>,
  { region, balancer: { listener }, group }: Side,
  signal: AbortSignal,
): Promise<void> => {
  const value = versionHeaderOf(group);
  if ((await byHeader(listener, VERSION_HEADER, signal)).get(value) === group) return;
  throw new DrillError(
    'InputInvalid',
    `${listener} in ${region} has no rule that sends requests with ${VERSION_HEADER}: ${value} there and nowhere else: deploy the service again`,
  );
};

const targetOf = ({ probe }: PromotionPlan, { balancer, group }: Side): HttpTarget => {
  const { origin } = new URL(balancer.url);
  const target = httpTargetOf(`${origin}${probe.path}`, balancer.serverName);
  return {
    ...target,
    expectStatus: probe.expectStatus,
    headers: { ...target.headers, [VERSION_HEADER]: versionHeaderOf(group) },
  };
};

const quantileMs = (sketch: Sketch, q: number): number | null =>
  sketch.n === 0 ? null : quantile(sketch, q) / US_PER_MS;

const burstOn = async (
  { probe, sampling }: PromotionPlan,
  target: HttpTarget,
  signal: AbortSignal,
): Promise<Burst> => {
  const sketch = emptySketch();
  const { samples, warmup, ratePerS } = sampling;
  const counts = await runBurst(
    answerProbe,
    target,
    { kind: 'http', samples, warmup, ratePerS, timeoutMs: probe.timeoutMs },
    { record: (metric, valueUs) => void (metric === ANSWER && insert(sketch, valueUs)) },
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

/** Comparisons number `from` and on. Who goes first alternates. */
export const compare = async (
  sharesIn: (region: string) => Pick<ListenerShares, 'byHeader'>,
  plan: PromotionPlan,
  sides: Sides,
  from: number,
  signal: AbortSignal,
): Promise<Comparison[]> => {
  for (const side of [sides.old, sides.fresh]) {
    await checkRule(sharesIn(side.region), side, signal);
  }
  const [old, fresh] = [targetOf(plan, sides.old), targetOf(plan, sides.fresh)];
  const made: Comparison[] = [];
  for (let n = from; n < from + plan.sampling.perStep; n++) {
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
