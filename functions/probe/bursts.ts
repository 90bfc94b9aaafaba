/** The bursts of one cell: which probe meets which target, and what came of it. */
import { emptySketch, insert, type Sketch } from '../../core/sketch/sketch.ts';
import { encode } from '../../core/sketch/wire.ts';
import type { ProbeSpec } from '../../events/probeSpec.ts';
import { type BurstCounts, runBurst } from '../../probes/burst.ts';
import { databaseProbe, databaseTarget, type TokenStore } from '../../probes/database.ts';
import { dnsProbe } from '../../probes/dns.ts';
import { httpProbe } from '../../probes/http.ts';
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
  timeoutMs: {},
  notAvailable: {},
  valid: true,
});

export const encodedSketches = ({ sketches }: Collected): Record<string, Uint8Array> =>
  Object.fromEntries([...sketches].map(([metric, sketch]) => [metric, encode(sketch)]));

const PROXIED = 'a proxy on the way accepts connections itself, so connect times say nothing here';

/** Metrics that mean nothing where connections are accepted on the way. */
const CONNECT_METRICS = new Set(['http.tcp']);

type Target = { readonly host: string; readonly port: number };

export type BurstRunner = {
  readonly sampling: Sampling;
  readonly connectPath: 'direct' | 'proxied';
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

/** Probes one arm with one kind that depends on its image. */
export const burstOnArm = async (
  runner: BurstRunner,
  spec: ProbeSpec,
  { host, port }: Target,
  collected: Collected,
): Promise<void> => {
  const { sampling, connectPath, signal } = runner;
  const plan = { ...sampling, kind: spec.kind, timeoutMs: spec.timeoutMs };
  const recorder = recorderOf(collected, runner);
  if (spec.kind === 'http') {
    const target = { host, port, path: spec.path, expectStatus: spec.expectStatus };
    add(collected, spec, await runBurst(httpProbe, target, plan, recorder, { signal }));
  } else if (spec.kind === 'tcp' && connectPath === 'proxied') {
    collected.notAvailable['tcp'] = PROXIED;
  } else if (spec.kind === 'tcp') {
    add(collected, spec, await runBurst(tcpProbe, { host, port }, plan, recorder, { signal }));
  }
};

/** Probes what a cell has in common for all arms: the record, or the data store. */
export const burstOnCell = async (
  runner: BurstRunner,
  spec: ProbeSpec,
  store: { readonly tokens: TokenStore; readonly run: string } | undefined,
  collected: Collected,
): Promise<void> => {
  const { sampling, signal } = runner;
  const plan = { ...sampling, kind: spec.kind, timeoutMs: spec.timeoutMs };
  const recorder = recorderOf(collected, runner);
  if (spec.kind === 'dns') {
    const target = { name: spec.name, type: 'A' as const };
    add(collected, spec, await runBurst(dnsProbe, target, plan, recorder, { signal }));
  } else if (spec.kind === 'database' && store) {
    const target = databaseTarget(store.tokens, store.run);
    add(collected, spec, await runBurst(databaseProbe, target, plan, recorder, { signal }));
  }
};
