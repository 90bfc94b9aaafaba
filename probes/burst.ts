/** One burst: warm-up, then samples of one kind of probe on one target, open loop. */
import type { Phases, Probe } from './probe.ts';
import { runOpenLoop, type Sample, type SampleClock } from './sampleClock.ts';

export type BurstPlan = {
  /** First part of the names of its metrics, as `http` in `http.total`. */
  readonly kind: string;
  readonly samples: number;
  /** Sent before them at the same rate; counted and otherwise forgotten. */
  readonly warmup: number;
  readonly ratePerS: number;
  readonly timeoutMs: number;
};

/** Takes measured values, in microseconds. */
export type Recorder = { readonly record: (metric: string, valueUs: number) => void };

export type BurstCounts = {
  readonly warmup: number;
  readonly sent: number;
  readonly late: number;
  /** Failures by reason, as `timeout`. They are recorded nowhere: ranking censors them at the timeout. */
  readonly errors: Readonly<Record<string, number>>;
  /** False when more than 5 % of the samples were late: the burst says more of this machine. */
  readonly valid: boolean;
};

const LATE_SHARE_MAX = 0.05;
const US_PER_MS = 1_000;

/** Names of metrics are put together once per kind, not once per sample. */
const namesOf = (kind: string): ((part: string) => string) => {
  const names = new Map<string, string>();
  return (part) => {
    let name = names.get(part);
    if (name === undefined) {
      name = `${kind}.${part.replace(/Ms$/, '')}`;
      names.set(part, name);
    }
    return name;
  };
};

/**
 * Records of every sample that is ok `<kind>.total` (from the due time), `<kind>.service` (from sending),
 * one metric per phase (`http.wait`), and what was measured apart (`database.stale`).
 */
export const runBurst = async <Target>(
  probe: Probe<Target>,
  target: Target,
  plan: BurstPlan,
  recorder: Recorder,
  { signal, clock }: { signal: AbortSignal; clock?: SampleClock },
): Promise<BurstCounts> => {
  const options = { timeoutMs: plan.timeoutMs, signal };
  const nameOf = namesOf(plan.kind);
  const errors: Record<string, number> = {};
  let warmup = 0;
  let sent = 0;
  let late = 0;

  const recordAll = (phases: Phases): void => {
    for (const part in phases) recorder.record(nameOf(part), (phases[part] ?? 0) * US_PER_MS);
  };
  const onSample = ({ index, late: isLate, outcome, responseMs, serviceMs }: Sample): void => {
    if (index < plan.warmup) {
      warmup += 1;
      return;
    }
    sent += 1;
    if (isLate) late += 1;
    if (!outcome.ok) {
      errors[outcome.reason] = (errors[outcome.reason] ?? 0) + 1;
      return;
    }
    recorder.record(nameOf('total'), responseMs * US_PER_MS);
    recorder.record(nameOf('service'), serviceMs * US_PER_MS);
    recordAll(outcome.phases);
    if (outcome.apart) recordAll(outcome.apart);
  };

  await runOpenLoop({
    count: plan.warmup + plan.samples,
    ratePerS: plan.ratePerS,
    send: () => probe(target, options),
    onSample,
    signal,
    ...(clock ? { clock } : {}),
  });
  return { warmup, sent, late, errors, valid: sent > 0 && late <= LATE_SHARE_MAX * sent };
};
