/** The bursts of one cell: which probe meets which target, and what came of it. */
import { emptySketch, insert, type Sketch } from '../../core/sketch/sketch.ts';
import { encode } from '../../core/sketch/wire.ts';
import type { ProbeSpec } from '../../events/probeSpec.ts';
import { type BurstCounts, runBurst } from '../../probes/burst.ts';
import { databaseProbe, databaseTarget, type TokenStore } from '../../probes/database.ts';
import { dnsProbe } from '../../probes/dns.ts';
import { httpProbe } from '../../probes/http.ts';
import type { Probe } from '../../probes/probe.ts';
import type { Heartbeats } from '../../probes/replication.ts';
import { tcpProbe } from '../../probes/tcp.ts';

export type Sampling = {
  readonly samples: number;
  readonly warmup: number;
  readonly ratePerS: number;
};

/** All that the bursts of one arm add up to. */
export type Collected = {
  readonly sketches: Map<string, Sketch>;
  readonly sent: Record<string, number>;
  readonly late: Record<string, number>;
  readonly warmup: Record<string, number>;
  readonly errors: Record<string, number>;
  /** Bursts sent again because they were late, as `http.repeated`. */
  readonly counters: Record<string, number>;
  readonly timeoutMs: Record<string, number>;
  readonly notAvailable: Record<string, string>;
  valid: boolean;
};

export const newCollection = (): Collected => ({
  sketches: new Map(),
  sent: {},
  late: {},
  warmup: {},
  errors: {},
  counters: {},
  timeoutMs: {},
  notAvailable: {},
  valid: true,
});

export const encodedSketches = ({ sketches }: Collected): Record<string, Uint8Array> =>
  Object.fromEntries([...sketches].map(([metric, sketch]) => [metric, encode(sketch)]));

const PROXIED = 'a proxy on the way accepts connections itself, so connect times say nothing here';

const US_PER_MS = 1_000;

/** Metrics that mean nothing where connections are accepted on the way. */
const CONNECT_METRICS = new Set(['http.tcp']);

type Target = { readonly host: string; readonly port: number };

export type BurstRunner = {
  readonly sampling: Sampling;
  readonly connectPath: 'direct' | 'proxied';
  /** Tells the drill that this vantage is alive, where it is time to. Called before each burst. */
  readonly beat: () => Promise<void>;
  readonly signal: AbortSignal;
};

const add = (collected: Collected, spec: ProbeSpec, counts: BurstCounts): void => {
  const { kind } = spec;
  const plus = (to: Record<string, number>, key: string, count: number): void => {
    to[key] = (to[key] ?? 0) + count;
  };
  plus(collected.sent, kind, counts.sent);
  plus(collected.late, kind, counts.late);
  plus(collected.warmup, kind, counts.warmup);
  for (const [reason, count] of Object.entries(counts.errors)) {
    plus(collected.errors, `${kind}.${reason}`, count);
  }
  collected.timeoutMs[kind] = spec.timeoutMs;
  collected.valid &&= counts.valid;
};

const recorderOf = (collected: Collected, { connectPath }: BurstRunner) => ({
  record: (metric: string, valueUs: number): void => {
    if (connectPath === 'proxied' && CONNECT_METRICS.has(metric)) {
      collected.notAvailable[metric] = PROXIED;
      return;
    }
    let sketch = collected.sketches.get(metric);
    if (!sketch) {
      sketch = emptySketch();
      collected.sketches.set(metric, sketch);
    }
    insert(sketch, valueUs);
  },
});

/** A burst that was late says more of this machine than of the target, so it is sent again, this often at most. */
const REPEATS_MAX = 2;

/** Runs a burst until it kept its clock; what the last one found is added to `collected`. */
const keepingTime = async <Target>(
  runner: BurstRunner,
  spec: ProbeSpec,
  probe: Probe<Target>,
  targetOf: (attempt: number) => Target,
  collected: Collected,
): Promise<void> => {
  const { sampling, signal } = runner;
  const plan = { ...sampling, kind: spec.kind, timeoutMs: spec.timeoutMs };
  for (let attempt = 0; ; attempt++) {
    await runner.beat();
    const fresh = newCollection();
    const recorder = recorderOf(fresh, runner);
    const counts = await runBurst(probe, targetOf(attempt), plan, recorder, { signal });
    if (!counts.valid && attempt < REPEATS_MAX && !signal.aborted) {
      collected.counters[`${spec.kind}.repeated`] = attempt + 1;
      continue;
    }
    for (const [metric, sketch] of fresh.sketches) collected.sketches.set(metric, sketch);
    Object.assign(collected.notAvailable, fresh.notAvailable);
    add(collected, spec, counts);
    return;
  }
};

/** Probes one arm with one kind that depends on its image. */
export const burstOnArm = async (
  runner: BurstRunner,
  spec: ProbeSpec,
  { host, port }: Target,
  collected: Collected,
): Promise<void> => {
  if (spec.kind === 'http') {
    const target = { host, port, path: spec.path, expectStatus: spec.expectStatus };
    await keepingTime(runner, spec, httpProbe, () => target, collected);
  } else if (spec.kind === 'tcp' && runner.connectPath === 'proxied') {
    collected.notAvailable['tcp'] = PROXIED;
  } else if (spec.kind === 'tcp') {
    await keepingTime(runner, spec, tcpProbe, () => ({ host, port }), collected);
  }
};

/** Lags of heartbeats in milliseconds, and how many never came. */
export const addHeartbeats = (
  collected: Collected,
  { lagsMs, sent, unseen, failed }: Heartbeats,
  timeoutMs: number,
): void => {
  const sketch = emptySketch();
  for (const lagMs of lagsMs) insert(sketch, lagMs * US_PER_MS);
  if (lagsMs.length > 0) collected.sketches.set('replication.lag', sketch);
  collected.sent['replication'] = sent;
  collected.timeoutMs['replication'] = timeoutMs;
  if (unseen > 0) collected.errors['replication.unseen'] = unseen;
  if (failed > 0) collected.errors['replication.store'] = failed;
};

/** Probes what a cell has in common for all arms: the record, or the data store. */
export const burstOnCell = async (
  runner: BurstRunner,
  spec: ProbeSpec,
  store: { readonly tokens: TokenStore; readonly run: string } | undefined,
  collected: Collected,
): Promise<void> => {
  if (spec.kind === 'dns') {
    const target = { name: spec.name, type: 'A' as const };
    await keepingTime(runner, spec, dnsProbe, () => target, collected);
  } else if (spec.kind === 'database' && store) {
    const { tokens, run } = store;
    const targetOf = (attempt: number) => databaseTarget(tokens, `${run}/${attempt}`);
    await keepingTime(runner, spec, databaseProbe, targetOf, collected);
  }
};
